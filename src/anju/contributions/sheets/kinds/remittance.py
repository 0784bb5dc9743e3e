"""汇缴清册: the month as the employer has it; who is on it must be exactly who is owed for, to the fen."""

from collections.abc import Iterable, Sequence
from typing import Any

from anju.contributions.bills import Owed, owed
from anju.contributions.roster import RowProblem
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import Column, Context, Given, Judged, SheetKind
from anju.contributions.sheets.persons import matched
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.registry.models import Member


class RemittanceSheet(SheetKind):
    code = "remittance"
    title = "汇缴清册"
    item = "C01"
    needs_month = True
    columns = (
        Column("account_number", "个人账号", cells.account_number, required=False),
        Column("name", "姓名", cells.name),
        Column("identity_number", "证件号码", cells.identity_number, secret=True),
        Column("base", "缴存基数", cells.amount, figure=True),
        Column("unit_amount", "单位月缴存额", cells.amount_or_zero, figure=True),
        Column("person_amount", "个人月缴存额", cells.amount_or_zero, figure=True),
    )

    def template(self, context: Context) -> Iterable[Sequence[Any]]:
        """What the unit owes for the month."""
        lines = _owed(context)
        for start in range(0, len(lines), 2000):
            page = list(lines.values())[start : start + 2000]
            members = Member.objects.in_bulk([line.member for line in page])
            for line in page:
                member = members[line.member]
                yield member.number, member.name, member.identity, line.base, line.unit_amount, line.person_amount

    def judge(self, rows: Sequence[Given], context: Context) -> tuple[list[Judged], list[RowProblem]]:
        good, problems = matched(rows, context)
        lines, judged = _owed(context), []
        for row, member in good:
            line = lines.get(member.pk)
            if line is None:
                words = _("该月不需为其汇缴（当月尚未起缴或已停缴），请删除此行或先办理变更")
                problems.append(RowProblem(row.line, "姓名", row.values["name"], "NOT_OWED", words))
                continue
            wrong = [
                RowProblem(row.line, column.heading, format_yuan(row.values[column.name]), "AMOUNT_DIFFERS",
                           _("应为 {due}；有变化请先办理基数或比例调整").format(due=format_yuan(getattr(line, column.name))))
                for column in self.columns
                if column.figure and row.values[column.name] != getattr(line, column.name)
            ]  # fmt: skip
            problems += wrong
            if not wrong:
                judged.append(
                    Judged(row.line, member=member.pk, base=line.base, unit_amount=line.unit_amount,
                           person_amount=line.person_amount)
                )  # fmt: skip
        return judged, problems


def _owed(context: Context) -> dict[int, Owed]:
    """What is owed, by member; looked up once for a list."""
    assert context.month is not None
    if "owed" not in context.kept:
        context.kept["owed"] = {
            line.member: line for line in owed(unit=context.unit, month=context.month, on=context.on)
        }
    found: dict[int, Owed] = context.kept["owed"]
    return found
