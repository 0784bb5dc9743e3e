"""年度基数清单: last year's average wage of each member becomes the base, within floor and cap (条例 Art. 16)."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from anju.contributions.bills import next_month
from anju.contributions.models_sheets import Sheet
from anju.contributions.roster import RowProblem
from anju.contributions.rules import base_bounds
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import Column, Context, Given, Judged, SheetKind
from anju.contributions.sheets.persons import matched
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.registry.models import Member, MemberState

#: What happened to a wage on its way to the base.
CAPPED, FLOORED = "capped", "floored"

#: Whose base is adjusted: a court's freeze stops no contributions.
_PAYS = (MemberState.NORMAL, MemberState.FROZEN)


class BasesSheet(SheetKind):
    code = "bases"
    title = "年度基数调整清单"
    item = "U04"
    columns = (
        Column("account_number", "个人账号", cells.account_number, required=False),
        Column("name", "姓名", cells.name),
        Column("identity_number", "证件号码", cells.identity_number, secret=True),
        Column("wage", "上年月平均工资", cells.amount, figure=True),
    )

    def template(self, context: Context) -> Iterable[Sequence[Any]]:
        """Everybody who pays at the unit, with the present base as the wage to be replaced."""
        members = Member.objects.filter(unit=context.unit, state__in=_PAYS).order_by("number")
        for member in members.iterator(2000):
            yield member.number, member.name, member.identity, member.base

    def judge(self, rows: Sequence[Given], context: Context) -> tuple[list[Judged], list[RowProblem]]:
        good, problems = matched(rows, context, states=_PAYS)
        floor, cap = _bounds(context)
        judged = []
        for row, member in good:
            base, code, note = clamped(row.values["wage"], floor, cap)
            judged.append(Judged(row.line, member=member.pk, base=base, code=code, note=note))
        return judged, problems


def overtaken(sheet: Sheet, on: date) -> int:
    """How many rows of a checked list would have another base under floor and cap of a day."""
    floor, cap = base_bounds(on)
    wrong = Q(code=CAPPED) & ~Q(base=cap or 0) | Q(code=FLOORED) & ~Q(base=floor or 0)
    if cap is not None:
        wrong |= Q(base__gt=cap)
    if floor is not None:
        wrong |= Q(base__lt=floor)
    return sheet.lines.filter(wrong).count()


def gone(sheet: Sheet) -> int:
    """How many members of a checked list the unit pays for no longer: sealed, moved or closed since."""
    return sheet.lines.exclude(member__unit=sheet.unit_id, member__state__in=_PAYS).count()


def _bounds(context: Context) -> tuple[Fen | None, Fen | None]:
    """Floor and cap of the month that the unit remits next: July's are not June's, in which its list is made."""
    if "bounds" not in context.kept:
        context.kept["bounds"] = base_bounds(max(context.on, next_month(context.unit).first_day))
    found: tuple[Fen | None, Fen | None] = context.kept["bounds"]
    return found


def clamped(wage: Fen, floor: Fen | None, cap: Fen | None) -> tuple[Fen, str, str]:
    """The base of a wage, and why it is another: not below the floor, not above the cap."""
    if cap is not None and wage > cap:
        return cap, CAPPED, _("高于上限，按 {cap} 元封顶").format(cap=format_yuan(cap))
    if floor is not None and wage < floor:
        return floor, FLOORED, _("低于下限，按 {floor} 元保底").format(floor=format_yuan(floor))
    return wage, "", ""
