"""Staff accounts, by the two administrators: one opens and closes them, the other gives posts. Neither does both.

Every step asks for a reason where it takes something away, and none is taken on an account of one's own.
"""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from anju.kernel.errors import AnjuError
from anju.kernel.identity import mask_identity_number, mask_name, mask_phone
from anju.platform.models import Department, Kind, Office, Role, User
from anju.platform.people import operations, second_factor
from anju.web.access import viewer
from anju.web.paging import page_number, pager
from anju.web.sign_in_forms import PersonForm, refuse, username_field

_SHOWN = 50


class StaffForm(PersonForm):
    """A new account of staff, without a post yet."""

    username = username_field()
    department = forms.ModelChoiceField(
        Department.objects.all(),
        label=gettext_lazy("部室"),
        required=False,
        empty_label=gettext_lazy("（不属于任何部室）"),
        error_messages={"invalid_choice": gettext_lazy("没有这个部室，请从列表中选择")},
    )


class PostForm(forms.Form):
    """Role and office."""

    role = forms.ChoiceField(
        label=gettext_lazy("岗位"),
        required=False,
        choices=[("", gettext_lazy("（无岗位）")), *Role.choices],
        error_messages={"invalid_choice": gettext_lazy("没有这个岗位，请从列表中选择")},
    )
    office = forms.ModelChoiceField(
        Office.objects.all(),
        label=gettext_lazy("数据范围"),
        required=False,
        empty_label=gettext_lazy("全中心"),
        error_messages={"invalid_choice": gettext_lazy("没有这个管理部，请从列表中选择")},
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        help_text=gettext_lazy("记入审计日志，请勿填写证件号码、手机号码"),
        error_messages={"required": gettext_lazy("请写明原因"), "max_length": gettext_lazy("原因最长 200 字")},
    )


def people(request: HttpRequest) -> HttpResponse:
    """The accounts of staff."""
    page, found = page_number(request), _staff().order_by("username")
    rows = found[(page - 1) * _SHOWN : page * _SHOWN]
    shown = [(user, mask_name(user.display_name)) for user in rows]
    turner = pager(request, page=page, total=found.count(), size=_SHOWN)
    return render(request, "anju/people.html", {"people": shown, "pager": turner})


def staff_account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: whose it is, masked, and what may be done."""
    return render(request, "anju/staff_account.html", _facts(request, pk))


@sensitive_post_parameters("name", "identity_number", "phone")
@require_http_methods(["GET", "POST"])
def staff_open(request: HttpRequest) -> HttpResponse:
    """Open an account; its first password is shown this once."""
    form = StaffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = operations.open_staff_account(
                **form.cleaned_data, by=viewer(request).username, at=timezone.now()
            )
        except AnjuError as error:
            refuse(form, error)
        else:
            return render(request, "anju/staff_password.html", {"account": user, "password": password})
    return render(request, "anju/staff_open.html", {"form": form})


@require_http_methods(["GET", "POST"])
def staff_post(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a role and a scope of data."""
    facts = _facts(request, pk)
    user: User = facts["account"]  # type: ignore[assignment]
    form = PostForm(
        request.POST if request.method == "POST" else None, initial={"role": user.role, "office": user.office}
    )
    if request.method == "POST" and form.is_valid():
        role = Role(form.cleaned_data["role"]) if form.cleaned_data["role"] else None
        try:
            operations.change_post(
                user=user, role=role, office=form.cleaned_data["office"], by=viewer(request).username, at=timezone.now()
            )
        except AnjuError as error:
            refuse(form, error)
        else:
            messages.success(request, _("岗位已变更"))
            return redirect("staff-account", pk=pk)
    return render(request, "anju/staff_post.html", {**facts, "form": form})


def staff_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account."""
    return _with_reason(request, pk, _("停用账号"), _("停用后立即退出所有登录，不能再登录。"), operations.close_account)


def staff_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a closed account work again, without a post."""
    return _with_reason(
        request, pk, _("恢复账号"), _("恢复后没有岗位，由安全管理员重新授予。"), operations.reopen_account
    )


def staff_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A new first password for who forgot theirs."""
    lead = _("新口令只显示一次，本人首次登录须更换；现有登录立即退出。")
    return _with_reason(request, pk, _("重置口令"), lead, operations.give_first_password)


def staff_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Unbind a lost device."""
    lead = _("解除绑定的身份验证器与恢复码，现有登录立即退出；本人下次登录时重新绑定。请先当面核实本人。")
    return _with_reason(request, pk, _("重置第二因素"), lead, second_factor.reset)


@require_http_methods(["GET", "POST"])
def _with_reason(request: HttpRequest, pk: int, title: str, lead: str, act: Callable[..., str | None]) -> HttpResponse:
    facts = _facts(request, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            password = act(
                user=facts["account"],
                reason=form.cleaned_data["reason"],
                by=viewer(request).username,
                at=timezone.now(),
            )
        except AnjuError as error:
            refuse(form, error)
        else:
            if password is not None:
                return render(request, "anju/staff_password.html", {**facts, "password": password})
            messages.success(request, _("已办理：{title}").format(title=title))
            return redirect("staff-account", pk=pk)
    return render(request, "anju/staff_reason.html", {**facts, "form": form, "title": title, "lead": lead})


def _staff() -> QuerySet[User]:
    return User.objects.filter(kind=Kind.STAFF).select_related("department", "office", "person")


def _facts(request: HttpRequest, pk: int) -> dict[str, object]:
    account = get_object_or_404(_staff(), pk=pk)
    person = account.person
    identity, phone = (person.identity, person.phone) if person else (None, None)
    return {
        "account": account,
        "name": mask_name(account.display_name),
        "identity": mask_identity_number(identity) if identity else "",
        "phone": mask_phone(phone) if phone else "",
        "bound": second_factor.has_second_factor(account),
        "own": account.pk == viewer(request).pk or (person is not None and person.pk == viewer(request).person_id),
    }
