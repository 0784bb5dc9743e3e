"""Freezes of courts (司法冻结): placed, extended, lifted, expired; several on one account wait in a queue (轮候冻结).

The ledger keeps the holds and derives what each covers; here stands whose they are. A frozen account still takes
contributions and interest. A year at most, as courts freeze bank deposits (最高人民法院民诉法解释 2022 Art. 485); then 续冻.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.ledger import holds
from anju.registry.accounts import Deed, locked
from anju.registry.changes import keep
from anju.registry.errors import FreezeRefusedError
from anju.registry.models import Change, ChangeKind, Employment, Member, MemberState
from anju.registry.models_accounts import Freeze, FreezeState

#: What a whole-account freeze demands: more than any account will hold, so that money to come is covered too.
WHOLE: Fen = 10**14


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A court's demand (协助执行通知书). `amount` in fen; None: the whole account."""

    document: str
    court: str
    officer: str
    amount: Fen | None
    last_day: date


@dataclass(frozen=True, slots=True)
class Standing:
    """An active freeze with its place in the queue, from 1, and what it covers now in fen."""

    freeze: Freeze
    place: int
    covered: Fen


def freeze_fault(member: Member, order: Order, on: date) -> str:
    """Why the order cannot be carried out; empty: it can."""
    if member.closed_date is not None:
        return _("账户已销户，无可冻结")
    if order.amount is not None and not 0 < order.amount < WHOLE:
        return _("冻结金额应为正数")
    return last_day_fault(on, order.last_day)


def last_day_fault(on: date, last_day: date) -> str:
    """Why a freeze cannot run to this day: it lies behind, or more than a year ahead; empty: it can."""
    anniversary = date(on.year + 1, on.month, 28 if (on.month, on.day) == (2, 29) else on.day)
    return "" if on <= last_day <= anniversary else _("到期日期应在今日之后、一年之内；期满前可以续冻")


@transaction.atomic
def freeze(*, number: str, order: Order, deed: Deed, checker: str | None = None) -> Freeze:
    """Freeze an account on a court's order; behind earlier ones it waits. The same case again gives its freeze.

    Raises FreezeRefusedError, UnknownMemberError and what `ledger.holds.place` raises.
    """
    (member,) = locked(units=[], numbers=[number])
    known = Freeze.objects.filter(case_number=deed.case).first()
    if known is not None:
        return known
    fault = freeze_fault(member, order, deed.business_date)
    if fault:
        raise FreezeRefusedError(fault, field="last_day")
    placed = holds.place(
        key=f"freeze/{deed.case}", account=member.account_id, kind="freeze", amount=order.amount or WHOLE,
        business_date=deed.business_date, maker=deed.actor, checker=checker, reference=deed.case,
        expires=order.last_day + timedelta(days=1),
    )  # fmt: skip
    made = Freeze.objects.create(
        member=member, hold_id=placed.hold_id, amount=order.amount, document=order.document, court=order.court,
        officer=order.officer, first_day=deed.business_date, last_day=order.last_day, case_number=deed.case,
    )  # fmt: skip
    after = {"freeze": deed.case, "document": order.document, "last_day": str(order.last_day)}
    _keep_state(member, after, deed)
    return made


@transaction.atomic
def extend(*, case_number: str, last_day: date, document: str, deed: Deed, checker: str | None = None) -> Freeze:
    """Let a freeze run longer (续冻); its place stays. Raises FreezeRefusedError."""
    found = _locked_freeze(case_number)
    if _done(found, deed):
        return found
    fault = last_day_fault(deed.business_date, last_day)
    if fault or last_day <= found.last_day or found.state != FreezeState.ACTIVE:
        raise FreezeRefusedError(fault or _("冻结已结束，或新的到期日期不晚于原日期"), field="last_day")
    holds.extend(
        hold_id=found.hold_id, key=f"freeze-extend/{deed.case}", expires=last_day + timedelta(days=1),
        business_date=deed.business_date, maker=deed.actor, checker=checker,
    )  # fmt: skip
    found.last_day = last_day
    found.save(update_fields=["last_day"])
    _keep_state(found.member, {"freeze": case_number, "document": document, "last_day": str(last_day)}, deed)
    return found


@transaction.atomic
def lift(*, case_number: str, document: str, deed: Deed, checker: str | None = None) -> Freeze:
    """End a freeze (解冻); those behind it move up. Raises FreezeRefusedError when it has ended already."""
    found = _locked_freeze(case_number)
    if _done(found, deed):
        return found
    if found.state != FreezeState.ACTIVE:
        raise FreezeRefusedError(_("冻结已结束，不必再解除"), field="freeze")
    holds.release(
        hold_id=found.hold_id, key=f"freeze-lift/{deed.case}", business_date=deed.business_date, maker=deed.actor,
        checker=checker,
    )  # fmt: skip
    _end(found, FreezeState.LIFTED, deed)
    _keep_state(found.member, {"freeze": case_number, "document": document, "state": FreezeState.LIFTED}, deed)
    return found


@transaction.atomic
def expire(*, deed: Deed) -> int:
    """Morning: end the freezes whose last day has passed, and with them the state of their members. How many."""
    due = Freeze.objects.filter(state=FreezeState.ACTIVE, last_day__lt=deed.business_date)
    members = list(Member.objects.select_for_update().filter(freezes__in=due).order_by("pk"))
    holds.expire(business_date=deed.business_date, maker=deed.actor)
    ended = list(due.filter(member__in=members).select_related("member__unit"))
    for each in ended:
        _end(each, FreezeState.EXPIRED, deed)
        _keep_state(each.member, {"freeze": each.case_number, "state": FreezeState.EXPIRED}, deed)
    return len(ended)


def queue(*, member: Member) -> Sequence[Standing]:
    """The active freezes of an account in their order, each with what it covers."""
    covered = {hold.hold_id: hold.covered for hold in holds.active(account=member.account_id)}
    active = Freeze.objects.filter(member=member, state=FreezeState.ACTIVE).order_by("hold_id")
    return [Standing(each, place, covered.get(each.hold_id, 0)) for place, each in enumerate(active, 1)]


def in_force(
    *, on: date, within: int | None = None, first: int = 0, limit: int = 50
) -> tuple[Sequence[Standing], int]:  # fmt: skip
    """The active freezes of all accounts, the next to expire first, and how many there are.

    `within`: only those that expire in so many days, or should have; `first` counts from 0. A freeze ends by itself on
    the morning after its last day (see `nightly`); nobody is reminded.
    """
    parameters = {"before": None if within is None else on + timedelta(within), "first": first, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, parameters)
        found = cursor.fetchall()
        cursor.execute(
            "SELECT count(*) FROM registry_freeze WHERE state = 'active'"
            " AND (%(before)s::date IS NULL OR last_day <= %(before)s)",
            parameters,
        )
        total = int(cursor.fetchone()[0])
    rows = Freeze.objects.select_related("member__unit").in_bulk([pk for pk, _place, _covered in found])
    return [Standing(rows[pk], place, covered) for pk, place, covered in found], total


_IN_FORCE = """
SELECT f.id, f.place, coalesce((SELECT h.covered FROM ledger_holds(f.account_id) h WHERE h.hold_id = f.hold_id), 0)
  FROM (SELECT f.id, f.hold_id, f.last_day, m.account_id,
               row_number() OVER (PARTITION BY f.member_id ORDER BY f.hold_id) AS place
          FROM registry_freeze f JOIN registry_member m ON m.id = f.member_id WHERE f.state = 'active') AS f
 WHERE %(before)s::date IS NULL OR f.last_day <= %(before)s
 ORDER BY f.last_day, f.id LIMIT %(limit)s OFFSET %(first)s
"""


def _locked_freeze(case_number: str) -> Freeze:
    number = Freeze.objects.filter(case_number=case_number).values_list("member__number", flat=True).first()
    if number is None:
        raise FreezeRefusedError(_("没有这份冻结，请核对冻结的业务流水号"), field="freeze")
    locked(units=[], numbers=[number])
    return Freeze.objects.select_related("member__unit").get(case_number=case_number)


def _end(found: Freeze, state: FreezeState, deed: Deed) -> None:
    found.state, found.ended_date = state, deed.business_date
    found.save(update_fields=["state", "ended_date"])


def _done(found: Freeze, deed: Deed) -> bool:
    changes = Change.objects.filter(kind=ChangeKind.MEMBER_FROZEN, number=found.member.number)
    return bool(deed.case) and changes.filter(case_number=deed.case).exists()


def _keep_state(member: Member, after: dict[str, str], deed: Deed) -> None:
    """FROZEN while a freeze of the whole account stands, else what the member's spells say; the change on file."""
    whole = Freeze.objects.filter(member=member, state=FreezeState.ACTIVE, amount=None).exists()
    works = Employment.objects.filter(member=member, last_month=None).exists()
    state = MemberState.FROZEN if whole else MemberState.NORMAL if works else MemberState.SEALED
    Member.objects.filter(pk=member.pk).update(state=state)
    before = {"member_state": str(member.state)}
    after = {"member_state": str(state), **{name: str(value) for name, value in after.items()}}
    keep(ChangeKind.MEMBER_FROZEN, member.number, before, after, deed.business_date, deed.actor, deed.at, deed.case)
