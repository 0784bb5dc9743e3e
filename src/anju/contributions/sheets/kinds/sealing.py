"""封存名单 and 启封名单: people whom a unit stops paying for, and people whom it begins to pay for, with one P03 or P04."""

from collections.abc import Iterable, Mapping, Sequence

from anju.contributions.models_sheets import Sheet
from anju.contributions.roster import RowProblem
from anju.contributions.sealing_rules import BASE, MEMBER, MONTH, Fault, sealing_faults, unsealing_faults
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import Column, Context, Given, Judged, SheetKind
from anju.contributions.sheets.persons import ANY_STATE, IDENTITY, Known, matched
from anju.kernel.identity import mask_identity_number
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.registry.accounts import Joining, Leaving
from anju.registry.models import SpellEnded
from anju.registry.operations import month_number, month_of

#: Why a unit stops paying, as it may say.
REASONS = [
    (str(each.value), str(each.label))
    for each in (SpellEnded.LEFT, SpellEnded.UNPAID, SpellEnded.RETIRED, SpellEnded.OTHER)
]
#: What else people write for them.
_ALSO = {"离职": "left", "辞职": "left", "退休": "retired", "离休": "retired"}
_WHO = (
    Column("account_number", "个人账号", cells.account_number, required=False),
    Column("name", "姓名", cells.name),
    Column("identity_number", "证件号码", cells.identity_number, secret=True),
)


class SealingSheet(SheetKind):
    code = "sealing"
    title = "封存名单"
    item = "P03"
    columns = (
        *_WHO,
        Column("month", "止缴年月", cells.month),
        Column("reason", "封存原因", cells.one_of(REASONS, _ALSO), choices=tuple(title for _code, title in REASONS)),
    )

    def judge(self, rows: Sequence[Given], context: Context) -> tuple[list[Judged], list[RowProblem]]:
        good, problems = matched(rows, context, states=ANY_STATE)
        wanted = {member.pk: row.values["month"] for row, member in good}
        faults = sealing_faults(payer=context.unit, wanted=wanted, on=context.on)
        problems += _told(good, faults, "止缴年月")
        wrong = {fault.member for fault in faults}
        return [
            Judged(
                row.line, member=member.pk, month=month_number(row.values["month"]), code=row.values["reason"]
            )
            for row, member in good
            if member.pk not in wrong
        ], problems  # fmt: skip


class UnsealingSheet(SheetKind):
    code = "unsealing"
    title = "启封名单"
    item = "P04"
    columns = (
        *_WHO,
        Column("base", "缴存基数", cells.amount, figure=True),
        Column("month", "起缴年月", cells.month),
    )

    def judge(self, rows: Sequence[Given], context: Context) -> tuple[list[Judged], list[RowProblem]]:
        good, problems = matched(rows, context, states=ANY_STATE, anywhere=True)
        wanted = {member.pk: (row.values["month"], row.values["base"]) for row, member in good}
        faults = unsealing_faults(payer=context.unit, wanted=wanted, on=context.on)
        problems += _told(good, faults, "起缴年月")
        wrong = {fault.member for fault in faults}
        return [
            Judged(row.line, member=member.pk, month=month_number(row.values["month"]), base=row.values["base"])
            for row, member in good
            if member.pk not in wrong
        ], problems


def leaving(sheet: Sheet) -> list[Leaving]:
    """Who is sealed by a list that is in order."""
    rows = sheet.lines.order_by("line").values_list("member__number", "month", "code")
    return [Leaving(str(number), month_of(month or 0), SpellEnded(code)) for number, month, code in rows]


def joining(sheet: Sheet) -> dict[Joining, Month]:
    """Who is unsealed by a list that is in order, and from which month on."""
    rows = sheet.lines.order_by("line").values_list("member__number", "base", "month")
    return {Joining(str(number), base or 0): month_of(month or 0) for number, base, month in rows}


def last_months(sheet: Sheet) -> dict[int, Month]:
    """The last month of each member (id) of a list of `SealingSheet`."""
    return {member or 0: month_of(month or 0) for member, month in sheet.lines.values_list("member_id", "month")}


def first_months(sheet: Sheet) -> dict[int, tuple[Month, Fen]]:
    """The first month and the base of each member (id) of a list of `UnsealingSheet`."""
    rows = sheet.lines.values_list("member_id", "month", "base")
    return {member or 0: (month_of(month or 0), base or 0) for member, month, base in rows}


def _told(good: Iterable[tuple[Given, Known]], faults: Iterable[Fault], month: str) -> Iterable[RowProblem]:
    by_member: Mapping[int, Fault] = {fault.member: fault for fault in faults}
    for row, member in good:
        fault = by_member.get(member.pk)
        if fault is None:
            continue
        column, value = {
            MEMBER: (IDENTITY, mask_identity_number(row.values["identity_number"])),
            MONTH: (month, str(row.values["month"])),
            BASE: ("缴存基数", format_yuan(row.values["base"]) if "base" in row.values else ""),
        }[fault.field]
        yield RowProblem(row.line, column, value, f"ACCOUNT_{fault.field.upper()}", fault.message)
