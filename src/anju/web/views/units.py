"""Units as staff see them: search, the unit with everybody it concerns, its people page by page, its agents' powers.

Names of persons are masked; a look at a unit's people is recorded, and what its record held before needs a reason.
"""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from anju.cases.form_fields import IdentityField
from anju.contributions.models import Bill, Receipt, Relief
from anju.kernel.errors import AnjuError
from anju.kernel.identity import mask_name
from anju.ledger.queries import account_balance
from anju.platform import audit
from anju.registry.agents import add_agent, remove_agent, set_powers
from anju.registry.code_lists import code_list
from anju.registry.models import AgentPower, Member, Unit, UnitAgent, UnitTerms
from anju.registry.moves import moves, sums
from anju.registry.search import LIMIT, Members, find_members, find_units
from anju.web import access
from anju.web.access import viewer
from anju.web.change_view import changes_of
from anju.web.desk_forms import ReasonForm
from anju.web.forms import PeopleSearchForm, PeriodForm, UnitSearchForm
from anju.web.paging import page_number, pager
from anju.web.unit_duties import standing
from anju.web.unit_month import member_rows
from anju.web.views.desk_sheets import serves
from anju.web.wording import move_kind

_PAGE, _LATEST = 50, 12


class NewAgentForm(forms.Form):
    """Who is to act for the unit: the sign-in, the identity card that lies on the counter, the powers."""

    username = forms.CharField(
        label=gettext_lazy("登录名"), max_length=150, help_text=gettext_lazy("本人在单位网厅开通账号时所设"),
        error_messages={"required": gettext_lazy("请填写此项")},
    )  # fmt: skip
    identity_number = IdentityField(label=gettext_lazy("身份证号码"), help_text=gettext_lazy("核对本人身份证原件"))
    powers = forms.MultipleChoiceField(
        label=gettext_lazy("经办权限"), required=False, choices=AgentPower.choices, widget=forms.CheckboxSelectMultiple,
        initial=AgentPower.values, help_text=gettext_lazy("凭单位加盖公章的授权书；都不选的只能查看"),
        error_messages={"invalid_choice": gettext_lazy("没有这项权限，请从列表中选择")},
    )  # fmt: skip


class PowersForm(forms.Form):
    """What one agent of the unit may do besides looking; or that it acts for the unit no more."""

    ends = forms.BooleanField(
        label=gettext_lazy("撤销授权"), required=False,
        help_text=gettext_lazy("离职或不再经办的勾选：立即不能查看和办理该单位的业务，已提交的业务不受影响"),
    )  # fmt: skip
    powers = forms.MultipleChoiceField(
        label=gettext_lazy("经办权限"), required=False, choices=AgentPower.choices, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("凭单位加盖公章的授权书变更；都不选的只能查看"),
        error_messages={"invalid_choice": gettext_lazy("没有这项权限，请从列表中选择")},
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def units(request: HttpRequest) -> HttpResponse:
    """Search by number, credit code, name or pinyin; without a search the units page by page."""
    form = UnitSearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "limit": LIMIT}
    if request.method == "POST":
        if form.is_valid():
            found = find_units(form.cleaned_data["text"])
            context |= {"units": found.rows, "more": found.more, "searched": True}
        return render(request, "anju/units.html", context)
    page, total = page_number(request), Unit.objects.count()
    context["pager"] = pager(request, page=page, total=total, size=_PAGE)
    context["units"] = list(Unit.objects.order_by("number")[(page - 1) * _PAGE : page * _PAGE])
    return render(request, "anju/units.html", context)


@require_safe
def unit(request: HttpRequest, number: str) -> HttpResponse:
    """The unit: facts, agents, terms, reliefs, latest bills and receipts, the list of its changes."""
    shown = get_object_or_404(Unit, number=number)
    agents = UnitAgent.objects.filter(unit=shown).select_related("user").order_by("id")
    form = _period(request)
    context = {
        "unit": shown, "kinds": _kinds(shown),
        "agents": [(agent, mask_name(agent.user.display_name), _labels(agent.powers)) for agent in agents],
        "terms": list(UnitTerms.objects.filter(unit=shown).order_by("-first_month")),
        "reliefs": list(Relief.objects.filter(unit=shown).order_by("-first_month")),
        "bills": list(Bill.objects.filter(unit=shown).order_by("-id")[:_LATEST]),
        "receipts": list(Receipt.objects.filter(unit=shown).order_by("-id")[:_LATEST]),
        "changes": changes_of(number, opened=False),
        "members": Member.objects.filter(unit=shown, closed_date=None).count(),
        "suspense": account_balance(account=shown.suspense_id) if shown.suspense_id else 0,
        "duties": standing(shown, timezone.localdate(), reliefs=False),
        "sees_arrears": access.own_office(viewer(request)) in ("", shown.office),
        "gives_powers": access.may_open(viewer(request), "unit-powers"),
        "takes_lists": access.may_open(viewer(request), "desk-sheets") and serves(viewer(request), shown),
        "form": form, "period": form.period if form.is_valid() else None,
        "moved": sums(unit=shown, start=form.period[0], end=form.period[1]) if form.is_valid() else {},
    }  # fmt: skip
    return render(request, "anju/unit.html", context)


@require_safe
def unit_moves(request: HttpRequest, number: str) -> HttpResponse:
    """Who came to the unit and who left it in a period, names masked."""
    shown, form, page = get_object_or_404(Unit, number=number), _period(request), page_number(request)
    context: dict[str, Any] = {"unit": shown, "form": form}
    if form.is_valid():
        start, end = form.period
        moved = sums(unit=shown, start=start, end=end)
        rows = moves(unit=shown, start=start, end=end, first=(page - 1) * _PAGE, limit=_PAGE)
        total = moved["incoming"].members + moved["outgoing"].members
        context |= {
            "rows": [(row, mask_name(row.name), move_kind(row.kind)) for row in rows], "moved": moved,
            "pager": pager(request, page=page, total=total, size=_PAGE),
        }  # fmt: skip
        _record(request, shown, "unit.moves", {"shown": len(rows)})
    return render(request, "anju/unit_moves.html", context)


@sensitive_post_parameters("number")
@require_http_methods(["GET", "POST"])
def unit_people(request: HttpRequest, number: str) -> HttpResponse:
    """The unit's members page by page, with a search among them."""
    shown = get_object_or_404(Unit, number=number)
    form = PeopleSearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"unit": shown, "form": form, "limit": LIMIT}
    if request.method == "POST":
        found = find_members(form.cleaned_data["number"], unit=number) if form.is_valid() else Members([], more=False)
        context |= {"rows": member_rows(found.rows), "more": found.more, "searched": form.is_valid()}
    else:
        page, members = page_number(request), Member.objects.filter(unit=shown)
        context["pager"] = pager(request, page=page, total=members.count(), size=_PAGE)
        context["rows"] = member_rows(list(members.order_by("number")[(page - 1) * _PAGE : page * _PAGE]))
    detail = {"page": "unit-people", "searched": request.method == "POST", "shown": len(context["rows"])}
    _record(request, shown, "unit.people", detail)
    return render(request, "anju/unit_people.html", context)


@sensitive_post_parameters("identity_number")
@require_http_methods(["GET", "POST"])
def unit_agent(request: HttpRequest, number: str) -> HttpResponse:
    """Let one more sign-in act for the unit."""
    shown = get_object_or_404(Unit, number=number)
    form = NewAgentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            add_agent(
                unit_number=number, **form.cleaned_data, business_date=timezone.localdate(),
                actor=viewer(request).username, at=timezone.now(),
            )  # fmt: skip
        except AnjuError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("经办人已增加，立即生效"))
            return redirect("unit", number=number)
    return render(request, "anju/unit_agent.html", {"unit": shown, "form": form})


@require_http_methods(["GET", "POST"])
def unit_powers(request: HttpRequest, number: str, agent: int) -> HttpResponse:
    """Give an agent of the unit other powers, or end that it is one, as the unit wrote."""
    shown = get_object_or_404(UnitAgent.objects.select_related("user", "unit"), pk=agent, unit__number=number)
    form = PowersForm(request.POST if request.method == "POST" else None, initial={"powers": shown.powers})
    if request.method == "POST" and form.is_valid():
        try:
            _change_agent(request, shown, form.cleaned_data)
        except AnjuError as error:
            form.add_error("powers", error.message)
        else:
            messages.success(request, _("经办权限已变更，立即生效"))
            return redirect("unit", number=number)
    context = {"unit": shown.unit, "agent": shown, "name": mask_name(shown.user.display_name), "form": form}
    return render(request, "anju/unit_powers.html", context)


def _change_agent(request: HttpRequest, agent: UnitAgent, told: dict[str, Any]) -> None:
    number, username, today = agent.unit.number, agent.user.username, timezone.localdate()
    by, at = viewer(request).username, timezone.now()
    if told["ends"]:
        remove_agent(unit_number=number, username=username, business_date=today, actor=by, at=at)
    else:
        set_powers(
            unit_number=number, username=username, powers=told["powers"], business_date=today, actor=by, at=at
        )  # fmt: skip


@sensitive_post_parameters("reason")
@require_http_methods(["GET", "POST"])
def unit_changes(request: HttpRequest, number: str) -> HttpResponse:
    """What the unit's record held before and after each change, for a reason that is recorded."""
    shown = get_object_or_404(Unit, number=number)
    return changes_page(request, number=number, title=shown.name, kind="unit")


def changes_page(request: HttpRequest, *, number: str, title: str, kind: str) -> HttpResponse:
    """The changes of an account with their values, once a reason is given and recorded."""
    form = ReasonForm(request.POST if request.method == "POST" else None, use_required_attribute=False)
    context = {"number": number, "title": title, "back": reverse(kind, args=[number]), "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "anju/changes_reason.html", context)
    audit.record(
        actor=viewer(request).username, action=f"{kind}.changes", object_kind=kind, object_reference=number,
        detail={"reason": form.cleaned_data["reason"]}, at=timezone.now(),
    )  # fmt: skip
    return render(request, "anju/changes.html", {**context, "changes": changes_of(number, opened=True), "opened": True})


def _period(request: HttpRequest) -> PeriodForm:
    """The days asked for; this year's to begin with."""
    today = timezone.localdate()
    return PeriodForm.read(request.GET, (date(today.year, 1, 1), today))


def _kinds(unit: Unit) -> list[tuple[str, str]]:
    """What the unit is by the code lists, as far as it told; (title, words)."""
    told = (("industry", _("所属行业")), ("economic_type", _("经济类型")), ("affiliation", _("隶属关系")))
    return [(title, dict(code_list(name)).get(code, code)) for name, title in told if (code := getattr(unit, name))]


def _labels(powers: list[str]) -> str:
    return _("、").join(str(AgentPower(power).label) for power in AgentPower.values if power in powers) or _("仅查看")


def _record(request: HttpRequest, shown: Unit, action: str, detail: dict[str, Any]) -> None:
    audit.record(
        actor=viewer(request).username, action=action, object_kind="unit", object_reference=shown.number, detail=detail,
        at=timezone.now(),
    )  # fmt: skip
