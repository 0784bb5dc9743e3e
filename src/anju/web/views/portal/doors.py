"""The two portals and who visits them. A case is reached through `Visit.case` only: what is not the visitor's is not there."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from anju.cases import catalogue, queries
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel, ServiceItem
from anju.cases.errors import UnknownCaseError
from anju.cases.models import Case
from anju.cases.states import State
from anju.platform.people.models import Kind, User
from anju.registry.agents import require_power
from anju.registry.models import Member, Unit
from anju.registry.queries import member_of, units_of
from anju.web.access import PREFIXES, viewer


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal: who signs in, where its pages are, as what applications come in, and whose cases it shows."""

    kind: Kind
    channel: Channel
    applicant: ApplicantKind
    shows: Collection[ApplicantKind]
    title: Any

    @property
    def prefix(self) -> str:
        """First part of every address and URL name."""
        return PREFIXES[self.kind]

    def url(self, page: str, *args: str) -> str:
        """Address of one of the portal's pages."""
        return reverse(f"{self.prefix}-{page}", args=args)

    def offers(self, item: ServiceItem) -> bool:
        """Whether the item can be applied for here."""
        return self.channel in item.channels and self.applicant in item.applicants


EMPLOYER = Portal(Kind.UNIT, Channel.EMPLOYER, ApplicantKind.UNIT, {ApplicantKind.UNIT}, _("单位网厅"))
MEMBER = Portal(
    Kind.MEMBER, Channel.MEMBER, ApplicantKind.MEMBER, {ApplicantKind.MEMBER, ApplicantKind.PERSON}, _("个人网厅")
)


class Visit:
    """A request to a portal: the user, the accounts that they act for, and the actor that they are in cases."""

    def __init__(self, request: HttpRequest, portal: Portal) -> None:
        self.request, self.portal = request, portal
        self.user: User = viewer(request)

    @cached_property
    def units(self) -> list[Unit]:
        """The units that the user acts for; none in the members' portal."""
        return units_of(self.user) if self.portal.kind == Kind.UNIT else []

    @cached_property
    def member(self) -> Member | None:
        """The user's own account; None in the employers' portal."""
        return member_of(self.user) if self.portal.kind == Kind.MEMBER else None

    @property
    def accounts(self) -> list[str]:
        """Numbers of the accounts that the user may apply for."""
        return [self.member.number] if self.member else [unit.number for unit in self.units]

    def unit(self, number: str) -> Unit:
        """One of the visitor's units. Raises Http404."""
        for unit in self.units:
            if unit.number == number:
                return unit
        raise Http404

    @cached_property
    def actor(self) -> Actor:
        """Who acts in cases."""
        return Actor.of(self.user, [(self.portal.applicant, number) for number in self.accounts])

    def offered(self) -> Iterator[ServiceItem]:
        """The items that the user can apply for; without an account only those that need none."""
        for item in catalogue.items(channel=self.portal.channel, applicant=self.portal.applicant):
            if self.accounts or not item.needs_reference:
                yield item

    def require_power(self, item: ServiceItem, reference: str) -> None:
        """Raise PowerMissingError when the unit has not given the user what the item needs."""
        if self.portal.kind == Kind.UNIT:
            require_power(user=self.user, unit_number=reference, item=item)

    def case(self, number: str) -> Case:
        """One of the visitor's cases. Raises Http404."""
        try:
            case = queries.visible_case(number=number, actor=self.actor)
        except UnknownCaseError:
            raise Http404 from None
        if case.applicant_kind not in self.portal.shows:
            raise Http404
        return case

    def cases(self, *, limit: int, offset: int = 0) -> list[Case]:
        """The visitor's cases, the latest first."""
        return queries.own_cases(actor=self.actor, kinds=self.portal.shows, limit=limit, offset=offset)

    def url(self, page: str, *args: str) -> str:
        """Address of one of the portal's pages."""
        return self.portal.url(page, *args)

    def go(self, page: str, *args: str) -> HttpResponseRedirect:
        """Lead to one of the portal's pages."""
        return redirect(self.url(page, *args))

    def page(self, template: str, **context: Any) -> HttpResponse:
        """A page of the portal, in its shell."""
        return render(
            self.request,
            f"anju/portal/{template}.html",
            {"portal": self.portal, "shell": f"anju/shells/{self.portal.prefix}.html", **context},
        )


def living_item(visit: Visit, case: Case) -> ServiceItem | None:
    """The item of a case that can still be worked on here; None for one that was withdrawn from the catalogue.

    A draft needs an item that this portal offers; a case once accepted goes on wherever it came in.
    """
    item = catalogue.find(case.item)
    if item is None or (case.state == State.DRAFT and not visit.portal.offers(item)):
        return None
    return item
