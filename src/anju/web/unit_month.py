"""What the pages of a unit's month show, at the counter and in the employers' portal alike."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from anju.cases import catalogue
from anju.cases.declarations import Channel
from anju.contributions.bills import REMITTING, next_billed
from anju.contributions.differences import Change, Comparison, compare
from anju.contributions.models import Bill, BillState, Contribution, Remittance
from anju.contributions.rules import due_day, latest_month
from anju.kernel.identity import mask_identity_number, mask_name
from anju.kernel.money import Fen
from anju.ledger.queries import account_balance
from anju.registry.models import Member, Unit

#: What a unit's clerk does about its members, in the order of the buttons.
MEMBER_ITEMS = ("P01", "P03", "P04", "P05", "U04", "C02")
#: Differences shown at once; the count is told.
SHOWN = 50
WORDS = {Change.JOINED: ("增加", "good"), Change.LEFT: ("减少", "warn"), Change.CHANGED: ("变更", "quiet")}


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit's month: what is due next and by when, how it differs, and which notices wait for their money."""

    unit: Unit
    compared: Comparison
    due: date
    late: bool
    may_confirm: bool
    open_bills: list[Bill]
    suspense: Fen

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The first differences, names masked."""
        return [
            {"word": _(WORDS[each.change][0]), "tone": WORDS[each.change][1], "number": each.number,
             "name": mask_name(each.name), "base_before": each.base_before, "base": each.base,
             "amount_before": each.amount_before, "amount": each.amount}
            for each in self.compared.differences[:SHOWN]
        ]  # fmt: skip

    @property
    def more(self) -> int:
        """Differences that are not shown."""
        return max(0, len(self.compared.differences) - SHOWN)


def standing(unit: Unit, today: date) -> Standing:
    """The unit's month as of today."""
    month = next_billed(unit)
    due = due_day(unit.payday, month)
    compared = compare(unit=unit, month=month, on=today)
    return Standing(
        unit=unit, compared=compared, due=due, late=due < today,
        may_confirm=month <= latest_month(today) and unit.state in REMITTING and compared.members > 0,
        open_bills=list(Bill.objects.filter(unit=unit, state=BillState.OPEN).order_by("id")),
        suspense=account_balance(account=unit.suspense_id) if unit.suspense_id else 0,
    )  # fmt: skip


def remittances(unit: Unit) -> QuerySet[Remittance]:
    """The unit's months, the latest first."""
    return Remittance.objects.filter(unit=unit).select_related("bill").order_by("-month")


def contribution_rows(rows: list[Contribution]) -> list[dict[str, Any]]:
    """Lines of a remittance, names masked."""
    return [
        {"number": row.member.number, "name": mask_name(row.member.name), "base": row.base, "unit": row.unit_amount,
         "person": row.person_amount, "amount": row.unit_amount + row.person_amount}
        for row in rows
    ]  # fmt: skip


def member_rows(rows: list[Member]) -> list[dict[str, Any]]:
    """Members of a unit, names and numbers masked."""
    return [
        {"number": row.number, "name": mask_name(row.name), "identity": mask_identity_number(row.identity),
         "base": row.base, "state": row.get_state_display(), "opened": row.opened_date}
        for row in rows
    ]  # fmt: skip


def member_items(channel: Channel) -> list[Any]:
    """The items about members that this center offers through the channel."""
    found = (catalogue.find(code) for code in MEMBER_ITEMS)
    return [item for item in found if item is not None and channel in item.channels]
