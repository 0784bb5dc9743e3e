"""Applying: the catalogue of what this portal offers, an item in plain words, and the start of an application."""

import uuid
from collections.abc import Sequence

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from anju.cases import catalogue, operations
from anju.cases.declarations import ApplicantKind, ServiceItem, Source
from anju.cases.models import Case
from anju.cases.states import State
from anju.kernel.errors import AnjuError
from anju.platform.people.models import Kind
from anju.web.plain_forms import PlainForm
from anju.web.views.catalogue import term_in_words
from anju.web.views.portal.doors import Portal, Visit

#: For a unit's clerk who applies for none of the units that they act for.
NO_ACCOUNT = "none"


class StartForm(PlainForm):
    """For which account. `key` makes a second press of the button open no second application."""

    key = forms.CharField(max_length=40, widget=forms.HiddenInput)
    account = forms.ChoiceField(label=gettext_lazy("为哪个单位办理？"), widget=forms.RadioSelect)

    def __init__(self, *args: object, choices: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        account = self.fields["account"]
        assert isinstance(account, forms.ChoiceField)
        account.choices = choices
        if len(choices) == 1:
            account.widget, account.initial = forms.HiddenInput(), choices[0][0]


@require_safe
def items(request: HttpRequest, portal: Portal) -> HttpResponse:
    """What can be applied for here."""
    visit, today = Visit(request, portal), timezone.localdate()
    rows = [
        (item, visit.url("item", item.code), term_in_words(catalogue.term_of(item, today))) for item in visit.offered()
    ]
    return visit.page("items", rows=rows, without_account=not visit.accounts)


@require_safe
def item(request: HttpRequest, portal: Portal, code: str) -> HttpResponse:
    """One item: what it is, for whom, how long, which papers, the law; and its beginning."""
    visit = Visit(request, portal)
    offered = _offered(visit, code)
    form = StartForm(choices=_choices(visit, offered), initial={"key": uuid.uuid4().hex})
    return _page(visit, offered, form)


@require_POST
def start(request: HttpRequest, portal: Portal, code: str) -> HttpResponse:
    """Open a draft and lead to its task list."""
    visit = Visit(request, portal)
    offered = _offered(visit, code)
    form = StartForm(request.POST, choices=_choices(visit, offered))
    if not form.is_valid():
        return _page(visit, offered, form)
    account = form.cleaned_data["account"]
    reference = "" if account == NO_ACCOUNT else account
    try:
        visit.require_power(offered, reference)
        case = operations.open_draft(
            item=offered.code, channel=portal.channel, applicant_kind=portal.applicant, reference=reference,
            actor=visit.actor, at=timezone.now(), business_date=timezone.localdate(), applicant_person=visit.user.person_id,
            key=f"{offered.code}:{form.cleaned_data['key']}",
        )  # fmt: skip
    except AnjuError as error:
        form.add_error(None, error.message)
        return _page(visit, offered, form)
    return visit.go("case", case.number)


def _offered(visit: Visit, code: str) -> ServiceItem:
    for each in visit.offered():
        if each.code == code:
            return each
    raise Http404


def _choices(visit: Visit, offered: ServiceItem) -> list[tuple[str, str]]:
    """The accounts to choose from; a clerk may also apply for none where the item allows, as a new unit does."""
    if visit.portal.kind == Kind.MEMBER:
        return [(visit.member.number if visit.member else NO_ACCOUNT, "")]
    units = [(unit.number, f"{unit.name}（{unit.number}）") for unit in visit.units]
    if offered.needs_reference:
        return units
    return [*units, (NO_ACCOUNT, _("不涉及以上单位（例如新设立的单位）"))]


def _page(visit: Visit, offered: ServiceItem, form: StartForm) -> HttpResponse:
    return visit.page(
        "item", item=offered, form=form, start=visit.url("start", offered.code), drafts=_drafts(visit, offered),
        term=term_in_words(catalogue.term_of(offered, timezone.localdate())), back=visit.url("items"),
        applicants=_("、").join(str(kind.label) for kind in ApplicantKind if kind in offered.applicants),
        papers=[(each, _("或").join(str(Source(source).label) for source in each.sources)) for each in offered.materials],
        questions=[group.title for group in offered.groups],
    )  # fmt: skip


def _drafts(visit: Visit, offered: ServiceItem) -> list[tuple[Case, str]]:
    """Applications for the same item that were begun and not handed in."""
    begun = [case for case in visit.cases(limit=50) if case.item == offered.code and case.state == State.DRAFT]
    return [(case, visit.url("tasks", case.number)) for case in begun[:3]]
