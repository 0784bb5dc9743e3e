"""补缴: a past month, or what was short of it, is paid now: per person and month, on a bill that is paid like every bill.

Amounts are given, or derived: what should have been paid for the month (base and ratios in force in it, or the true ones)
less what is paid or billed already. So one month is never asked for twice, whatever the reason.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from anju.contributions.bills import new_number, unpaid_from
from anju.contributions.errors import BackPaymentRefusedError
from anju.contributions.models import BackPayment, BackPaymentReason, Bill, BillKind, Method
from anju.contributions.rules import base_bounds, monthly_part, round_unit
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm
from anju.registry.models import Member, Unit, UnitKind, UnitState
from anju.registry.operations import month_number, month_of
from anju.registry.rules import ratio_bounds

#: The first month for which anybody could contribute: 住房公积金管理条例 came into force on 1999-04-03.
FIRST_MONTH = Month(1999, 4)
#: Reasons that may reach beyond the person's employment on record: an order names its months itself.
_BEYOND = frozenset({BackPaymentReason.ORDERED, BackPaymentReason.OTHER})


@dataclass(frozen=True, slots=True, kw_only=True)
class BackLine:
    """One person's month to be paid: account number, reason, both parts in fen."""

    member: str
    month: Month
    reason: BackPaymentReason
    unit_amount: Fen
    person_amount: Fen

    @property
    def amount(self) -> Fen:
        return self.unit_amount + self.person_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What should have held in the months: the wage (fen) that is the true base, the true ratios; None: as on record."""

    base: Fen | None = None
    unit_ratio: Ppm | None = None
    person_ratio: Ppm | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the line at a place (from 0), and what to do."""

    place: int
    message: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What is on record of one line's person and month."""

    member: int | None
    closed: bool
    here: bool  # with the payer, now or once
    spell_unit: int | None  # who employs in the month
    claimed_unit: Fen
    claimed_person: Fen


def derive(
    *, member: str, payer: str, first: Month, last: Month, reason: BackPaymentReason, truth: Truth | None = None
) -> list[BackLine]:
    """What is short in the months `first`..`last` of a person's employment at the payer; months without any left out.

    base × ratio, each side rounded half-up once to the unit of that month, less what is paid or billed. A true base is
    held within floor and cap of its month. A deferral is passed over: what was deferred is owed. For one month of a base
    declared too low it is what the policy rule `contribution-back-payment` says.
    """
    truth = truth or Truth()
    lines = []
    for number, recorded, unit_ratio, person_ratio, unit_claimed, person_claimed in _should(member, payer, first, last):
        month = month_of(number)
        base = recorded if truth.base is None else _bounded(truth.base, month.first_day)
        unit = _part(base, unit_ratio if truth.unit_ratio is None else truth.unit_ratio, month)
        person = _part(base, person_ratio if truth.person_ratio is None else truth.person_ratio, month)
        line = BackLine(
            member=member, month=month, reason=reason, unit_amount=max(0, unit - unit_claimed),
            person_amount=max(0, person - person_claimed),
        )  # fmt: skip
        if line.amount:
            lines.append(line)
    return lines


def problems(*, unit: Unit, lines: Sequence[BackLine], on: date) -> list[Problem]:
    """What is wrong with the lines, in their order; the record is asked once for all of them."""
    known = _on_record(unit, lines)
    units = {row.pk: row for row in Unit.objects.filter(pk__in={each.spell_unit for each in known if each.spell_unit})}
    due = {
        pk: unpaid_from(row)
        for pk, row in units.items()
        if row.kind == UnitKind.EMPLOYER and row.state != UnitState.CLOSED
    }
    caps = {month: month_cap(month) for month in {line.month for line in lines} if month >= FIRST_MONTH}
    times = Counter((line.member, line.month) for line in lines)
    found = []
    for place, (line, record) in enumerate(zip(lines, known, strict=True)):
        message = (
            _("同一职工同一月份重复") if times[line.member, line.month] > 1 else _problem(line, record, due, caps, on)
        )
        if message:
            found.append(Problem(place, f"{line.member} {line.month}：{message}"))
    return found


@transaction.atomic
def issue_back_payment(
    *,
    unit_number: str,
    lines: Sequence[BackLine],
    business_date: date,
    maker: str,
    case_number: str = "",
    method: Method = Method.TRANSFER,
    due_date: date | None = None,
) -> Bill:
    """Issue the payment notice of a back payment (补缴). A case that comes again gets its bill.

    The unit's row and the members' are held, so two notices at once cannot ask for one month. Sealed accounts may be
    paid for, closed ones not. Raises BackPaymentRefusedError.
    """
    unit = Unit.objects.select_for_update(no_key=True).filter(number=unit_number).first()
    # Money on a collective account is many persons': no notice without a person is paid from it.
    if unit is None or unit.state == UnitState.CLOSED or unit.kind != UnitKind.EMPLOYER:
        raise BackPaymentRefusedError(_("单位不存在或已注销，不能补缴"), field="unit")
    known = case_number and Bill.objects.filter(case_number=case_number).first()
    if known:
        return known
    if not lines:
        raise BackPaymentRefusedError(_("没有需要补缴的月份：这些月份已足额缴存或已开具缴款通知"), field="first_month")
    wanted = Member.objects.filter(number__in={line.member for line in lines})
    members = dict(wanted.order_by("pk").select_for_update(no_key=True).values_list("number", "pk"))
    wrong = problems(unit=unit, lines=lines, on=business_date)
    if wrong:
        raise BackPaymentRefusedError("；".join(each.message for each in wrong[:5]), field="first_month")
    bill = Bill.objects.create(
        number=new_number(), kind=BillKind.BACK_PAYMENT, unit=unit, method=method, issued_date=business_date,
        due_date=due_date, amount=sum(line.amount for line in lines), members=len(members), maker=maker,
        case_number=case_number,
    )  # fmt: skip
    BackPayment.objects.bulk_create(
        (
            BackPayment(
                bill=bill, member_id=members[line.member], month=month_number(line.month), reason=line.reason,
                unit_amount=line.unit_amount, person_amount=line.person_amount,
            )
            for line in lines
        ),
        batch_size=5000,
    )  # fmt: skip
    return bill


def claimed(*, member: int, month: Month) -> Fen:
    """What is paid or billed for a person (id) and month, both parts, in fen."""
    number = month_number(month)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(unit_amount + person_amount), 0)::bigint FROM contributions_claimed(%s, %s, %s)",
            [[member], number, number],
        )
        amount: Fen = cursor.fetchone()[0]
    return amount


def month_cap(month: Month) -> Fen | None:
    """The most that a month may bring, both parts: the base's cap at the highest ratio twice; None without a cap."""
    day = month.first_day
    cap = base_bounds(day)[1]
    return None if cap is None else 2 * _part(cap, ratio_bounds(day)[1], month)


def _problem(
    line: BackLine, record: _Known, due: Mapping[int, Month], caps: Mapping[Month, Fen | None], on: date
) -> str:
    """The first thing that is wrong with a line; empty when nothing is."""
    before = record.claimed_unit + record.claimed_person
    cap = caps.get(line.month)
    limit = due.get(record.spell_unit or 0)
    if record.member is None or not record.here:
        return _("个人账号不属于本单位，请核对")
    if record.closed:
        return _("个人账户已销户，不能补缴")
    if line.unit_amount < 0 or line.person_amount < 0 or not line.amount:
        return _("补缴额须大于零")
    if not FIRST_MONTH <= line.month <= Month.of(on):
        return _("补缴年月应在 {first} 至 {last} 之间").format(first=FIRST_MONTH, last=Month.of(on))
    if record.spell_unit is None and line.reason not in _BEYOND:
        return _("该月不在职工的缴存期间内；责令补缴等须选相应原因")
    if limit is not None and line.month >= limit:
        return _("该月尚未汇缴入账，请办理汇缴")
    if before and line.reason == BackPaymentReason.MISSED:
        return _("该月已缴存或已开具缴款通知，不是漏缴；少缴的请选相应原因")
    if cap is not None and before + line.amount > cap:
        # What another employer paid is not told.
        return _("该月合计超过上限 {cap} 元，请核对补缴额").format(cap=format_yuan(cap))
    return ""


def _bounded(wage: Fen, on: date) -> Fen:
    floor, cap = base_bounds(on)
    wage = wage if floor is None else max(wage, floor)
    return wage if cap is None else min(wage, cap)


def _part(base: Fen, ratio: Ppm, month: Month) -> Fen:
    return monthly_part(base, ratio, round_unit(month.first_day))


def _should(member: str, payer: str, first: Month, last: Month) -> list[tuple[int, ...]]:
    """(month, base, both ratios, both parts claimed) for the months of the range that the person's spells hold."""
    low, high = month_number(first), month_number(last)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH wanted AS (
                SELECT extract(year FROM d)::int * 100 + extract(month FROM d)::int AS month
                  FROM generate_series(%s::date, %s::date, '1 month') AS d
            )
            SELECT w.month, b.amount, coalesce(r.unit_ratio, t.unit_ratio), coalesce(r.person_ratio, t.person_ratio),
                   coalesce(c.unit_amount, 0), coalesce(c.person_amount, 0)
              FROM registry_member m
              JOIN registry_employment e ON e.member_id = m.id
              JOIN registry_unit u ON u.id = e.unit_id AND u.number = %s
              JOIN wanted w ON w.month BETWEEN e.first_month AND coalesce(e.last_month, 999912)
             CROSS JOIN LATERAL (SELECT amount FROM registry_memberbase WHERE member_id = m.id
                                  ORDER BY first_month > w.month, abs(first_month - w.month) LIMIT 1) AS b
             CROSS JOIN LATERAL (SELECT unit_ratio, person_ratio FROM registry_unitterms WHERE unit_id = e.unit_id
                                  ORDER BY first_month > w.month, abs(first_month - w.month) LIMIT 1) AS t
              LEFT JOIN contributions_relief r ON r.unit_id = e.unit_id AND r.kind = 'reduced'
                                              AND w.month BETWEEN r.first_month AND r.last_month
              LEFT JOIN contributions_claimed(ARRAY[(SELECT id FROM registry_member WHERE number = %s)], %s, %s) AS c
                     ON c.month = w.month
             WHERE m.number = %s ORDER BY w.month
            """,
            [first.first_day, last.first_day, payer, member, low, high, member],
        )
        found: list[tuple[int, ...]] = cursor.fetchall()
    return found


def _on_record(unit: Unit, lines: Sequence[BackLine]) -> list[_Known]:
    """What is known of each line, in one statement for all."""
    months = [month_number(line.month) for line in lines]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH line AS (
                SELECT w.place, w.month, m.id, m.closed_date, m.unit_id
                  FROM unnest(%(members)s::text[], %(months)s::int[]) WITH ORDINALITY AS w (number, month, place)
                  LEFT JOIN registry_member m ON m.number = w.number
            ), claimed AS (
                SELECT * FROM contributions_claimed((SELECT array_agg(DISTINCT id) FROM line), %(low)s, %(high)s)
            )
            SELECT l.id, l.closed_date IS NOT NULL,
                   l.unit_id = %(unit)s OR EXISTS (SELECT FROM registry_employment e
                                                    WHERE e.member_id = l.id AND e.unit_id = %(unit)s),
                   s.unit_id, coalesce(c.unit_amount, 0), coalesce(c.person_amount, 0)
              FROM line l
              LEFT JOIN registry_employment s ON s.member_id = l.id
                                             AND l.month BETWEEN s.first_month AND coalesce(s.last_month, 999912)
              LEFT JOIN claimed c ON c.member_id = l.id AND c.month = l.month
             ORDER BY l.place
            """,
            {
                "members": [line.member for line in lines], "months": months, "unit": unit.pk,
                "low": min(months, default=0), "high": max(months, default=0),
            },
        )  # fmt: skip
        return [_Known(*row) for row in cursor.fetchall()]
