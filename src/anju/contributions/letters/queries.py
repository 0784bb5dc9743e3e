"""Reads of letters: what stands in the way of one, months paid here and elsewhere, lists."""

from datetime import date

from django.db.models import QuerySet

from anju.contributions.models import BillState, Contribution
from anju.contributions.models_letters import Direction, Letter, LetterState
from anju.contributions.obstacles import obstacles_of
from anju.contributions.queries import awaited
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.ledger.holds import available
from anju.ledger.queries import account_balance
from anju.registry.models import Member


def obstacles(letter: Letter, on: date) -> list[str]:
    """Why the account of a letter may not leave on a day; what its own hold keeps is none."""
    if letter.member is None:
        return [_("没有该职工的账户")]
    account = letter.member.account_id
    free: Fen = available(account=account)
    balance = account_balance(account=account)
    found = [_("账户有冻结或预留金额")] if free != balance and letter.hold_id is None else []
    return found + awaited(letter.member) + obstacles_of(letter.member, on)


def months_paid(member: Member) -> int:
    """How many months have been paid for the member here."""
    return Contribution.objects.filter(member=member, remittance__bill__state=BillState.PAID).count()


def months_elsewhere(member: Member) -> int:
    """Months that other centers say were paid there, from opening to paid-to, of accounts that were moved here."""
    done = Letter.objects.filter(
        member=member, direction=Direction.IN, state__in=[LetterState.DONE, LetterState.NEGOTIATED],
        opened_date__isnull=False, paid_to__isnull=False,
    )  # fmt: skip
    return sum(
        max(0, (paid_to // 100 - opened.year) * 12 + paid_to % 100 - opened.month + 1)
        for opened, paid_to in done.values_list("opened_date", "paid_to")
        if opened is not None and paid_to is not None
    )


def letters(*, direction: str = "", state: str = "") -> QuerySet[Letter]:
    """Letters of a direction and a state, or all, the latest first."""
    found = Letter.objects.select_related("member").order_by("-id")
    found = found.filter(direction=direction) if direction else found
    return found.filter(state=state) if state else found
