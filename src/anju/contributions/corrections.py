"""错缴更正: months that were paid for the wrong person, too much, or under the wrong month are set right.

What was paid stays as it is; a correction is rows beside it. Money goes where it belonged from the day on which it was
paid, so interest comes out as if nothing had been wrong; interest that was settled meanwhile is made good by the ledger's
own linked journal. What has been withdrawn meanwhile cannot be taken back.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from anju.contributions.back_payments import FIRST_MONTH, claimed, month_cap
from anju.contributions.bills import unpaid_from
from anju.contributions.errors import CorrectionRefusedError
from anju.contributions.models_repair import Correction, CorrectionKind, CorrectionLine
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.ledger.errors import AccountUnavailableError, FrozenError, InsufficientBalanceError
from anju.ledger.models import Account
from anju.ledger.operations import JournalRequest, Posted, credit, debit
from anju.ledger.operations import correct as book
from anju.registry.models import Employment, Member, Unit, UnitKind, UnitState
from anju.registry.operations import month_number

#: Journal kind of this module.
CORRECTION = "contribution-correction"
_SOURCES = {"contribution": "contribution_id", "back_payment": "back_payment_id", "correction": "earlier_id"}


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line of `contributions_paid`: what is still paid by one line for a person (id) and a month (yyyymm)."""

    source: str
    source_id: int
    member: int
    month: int
    unit: int
    unit_amount: Fen
    person_amount: Fen
    paid_date: date

    @property
    def amount(self) -> Fen:
        return self.unit_amount + self.person_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Why, when and by whom something is corrected. `case_number` makes it happen once."""

    reason: str
    business_date: date
    maker: str
    case_number: str
    checker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be corrected: a person's month, and to whom, to which month, or how much goes back.

    REASSIGN: all of it to the person `to_member` (an account number) for the same month. MONTH: all of it to `to_month`.
    TAKE_BACK: `unit_amount` and `person_amount` to the unit; both 0: all of it.
    """

    kind: CorrectionKind
    unit: str
    member: str
    month: Month
    to_member: str = ""
    to_month: Month | None = None
    unit_amount: Fen = 0
    person_amount: Fen = 0


def paid(*, member: int, month: Month | None = None) -> list[PaidLine]:
    """What is paid for a person (id), in a month or in all, as it now stands, latest first."""
    number = None if month is None else month_number(month)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source, source_id, member_id, month, unit_id, unit_amount, person_amount, paid_date"
            "  FROM contributions_paid WHERE member_id = %s AND (%s::int IS NULL OR month = %s)"
            " ORDER BY paid_date DESC, source, source_id DESC",
            [member, number, number],
        )
        return [PaidLine(*row) for row in cursor.fetchall()]


def problem(*, wish: Wish, on: date) -> tuple[str, str]:
    """(field, what is wrong and what to do); two empty texts when the correction can be made."""
    unit = Unit.objects.filter(number=wish.unit, kind=UnitKind.EMPLOYER).exclude(state=UnitState.CLOSED).first()
    giver = Member.objects.filter(number=wish.member).first()
    if unit is None or giver is None or not _here(giver, unit):
        return "member", _("个人账号不属于本单位，请核对")
    lines = [line for line in paid(member=giver.pk, month=wish.month) if line.unit == unit.pk]
    if not lines:
        return "month", _("本单位该月没有为此职工入账的缴存，请核对月份")
    match wish.kind:
        case CorrectionKind.REASSIGN:
            return _reassign_problem(wish, unit, giver, lines, on)
        case CorrectionKind.MONTH:
            return _target_problem(unit, giver, wish.to_month, lines, on, "to_month")
        case _:
            short = wish.unit_amount > sum(each.unit_amount for each in lines) or wish.person_amount > sum(
                each.person_amount for each in lines
            )
            words = _("退回额超过该月已缴：单位 {unit} 元，个人 {person} 元").format(
                unit=format_yuan(sum(each.unit_amount for each in lines)),
                person=format_yuan(sum(each.person_amount for each in lines)),
            )
            return ("unit_amount", words) if short else ("", "")


@transaction.atomic
def correct(*, wish: Wish, act: Act) -> Correction:
    """Make a correction; a case that comes again gets its correction. One ledger call books all of it.

    Money keeps the day on which it was paid; for an account that was opened later, its first day. Raises
    CorrectionRefusedError, also when what was paid has been withdrawn or frozen meanwhile.
    """
    unit = Unit.objects.select_for_update(no_key=True).filter(number=wish.unit).first()
    known = Correction.objects.filter(case_number=act.case_number).first()
    if known is not None:
        return known
    members = {
        member.number: member
        for member in Member.objects.filter(number__in=[wish.member, wish.to_member])
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    }
    field, message = problem(wish=wish, on=act.business_date)
    if unit is None or message:
        raise CorrectionRefusedError(message or _("没有此单位，请核对"), field=field)
    giver = members[wish.member]
    taken = _taken(wish, [line for line in paid(member=giver.pk, month=wish.month) if line.unit == unit.pk])
    taker = {CorrectionKind.REASSIGN: members.get(wish.to_member), CorrectionKind.MONTH: giver}.get(wish.kind)
    booked = {} if taker == giver else _book(unit, giver, taker, taken, act)
    correction = Correction.objects.create(
        kind=wish.kind, unit=unit, reason=act.reason, business_date=act.business_date, maker=act.maker,
        case_number=act.case_number,
    )  # fmt: skip
    target = None if taker is None else month_number(wish.to_month or wish.month)
    for line in taken:
        source: dict[str, Any] = {_SOURCES[line.source]: line.source_id}
        CorrectionLine.objects.create(
            correction=correction, **source, member=giver, month=line.month, to_member=taker, to_month=target,
            unit_amount=line.unit_amount, person_amount=line.person_amount,
            value_date=line.paid_date, journal_id=booked.get(line.paid_date),
        )  # fmt: skip
    return correction


def _reassign_problem(
    wish: Wish, unit: Unit, giver: Member, lines: Sequence[PaidLine], on: date
) -> tuple[str, str]:  # fmt: skip
    taker = Member.objects.filter(number=wish.to_member).first()
    if taker is None or taker == giver or not _here(taker, unit):
        return "to_member", _("应记入的个人账号须为本单位另一名职工，请核对")
    if taker.closed_date is not None:
        return "to_member", _("应记入的个人账户已销户，不能更正；请办理多缴退回")
    return _target_problem(unit, taker, wish.month, lines, on, "to_member")


def _target_problem(
    unit: Unit, taker: Member, month: Month | None, lines: Sequence[PaidLine], on: date, field: str
) -> tuple[str, str]:
    """Where the money goes the month must be free, past, remitted by its employer, and not above what a month may bring."""
    if month is None or not FIRST_MONTH <= month <= Month.of(on):
        return field, _("更正后的年月应在 {first} 至 {last} 之间").format(first=FIRST_MONTH, last=Month.of(on))
    if claimed(member=taker.pk, month=month):
        return field, _("该职工该月已缴存或已开具缴款通知，一个月不能缴两次")
    number = month_number(month)
    spell = Employment.objects.filter(member=taker, first_month__lte=number).order_by("-first_month").first()
    employer = spell.unit if spell and (spell.last_month or number) >= number else unit
    if employer.paid_to is not None and month >= unpaid_from(employer):
        return field, _("该月尚未汇缴入账，请办理汇缴")
    cap = month_cap(month)
    if cap is not None and sum(line.amount for line in lines) > cap:
        return field, _("该月合计超过上限 {cap} 元").format(cap=format_yuan(cap))
    return "", ""


def _here(member: Member, unit: Unit) -> bool:
    return member.unit_id == unit.pk or Employment.objects.filter(member=member, unit=unit).exists()


def _taken(wish: Wish, lines: Sequence[PaidLine]) -> list[PaidLine]:
    """The lines of which something is taken, each with what is taken of it: all, or the wished parts, latest first."""
    if wish.kind != CorrectionKind.TAKE_BACK or not wish.unit_amount + wish.person_amount:
        return list(lines)
    unit_left, person_left, taken = wish.unit_amount, wish.person_amount, []
    for line in lines:
        unit, person = min(unit_left, line.unit_amount), min(person_left, line.person_amount)
        unit_left, person_left = unit_left - unit, person_left - person
        if unit + person:
            taken.append(
                PaidLine(
                    line.source, line.source_id, line.member, line.month, line.unit, unit, person, line.paid_date
                )
            )  # fmt: skip
    return taken


def _book(unit: Unit, giver: Member, taker: Member | None, taken: Sequence[PaidLine], act: Act) -> dict[date, int]:
    """借201 错记职工 贷201 应记职工, or 贷219 该单位: one journal for each day of payment; journal by day."""
    account = unit.suspense_id if taker is None else taker.account_id
    if account is None:
        raise CorrectionRefusedError(_("单位没有暂收账户，请联系中心"), field="unit")
    opened = max(Account.objects.filter(pk__in=[account, giver.account_id]).values_list("opened_date", flat=True))
    sums: dict[date, Fen] = defaultdict(int)
    for line in taken:
        sums[line.paid_date] += line.amount
    days = sorted(sums)
    requests = [
        JournalRequest(
            key=f"{CORRECTION}:{act.case_number}:{day}", kind=CORRECTION, reference=act.case_number,
            narrative=act.reason, business_date=act.business_date, value_date=max(day, opened), maker=act.maker,
            checker=act.checker, lines=[debit(giver.account_id, sums[day]), credit(account, sums[day])],
        )
        for day in days
    ]  # fmt: skip
    posted = _posted(requests)
    return {day: journal.journal_id for day, journal in zip(days, posted, strict=True)}


def _posted(requests: Sequence[JournalRequest]) -> list[Posted]:
    """Book; what the ledger refuses is told in the words of a correction."""
    try:
        return book(journals=requests)
    except (InsufficientBalanceError, FrozenError):
        message = _("错记的金额已提取、冻结或保留，账户余额不足，不能更正；请先追回款项")
        raise CorrectionRefusedError(message, field="member") from None
    except AccountUnavailableError:
        raise CorrectionRefusedError(_("个人账户已销户，不能更正"), field="member") from None
