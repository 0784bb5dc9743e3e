"""补缴清册: past months of many people, a row for each person and month; judged by the rules of every back payment."""

from collections.abc import Sequence
from typing import Any, ClassVar

from anju.contributions.back_payments import BackLine, problems
from anju.contributions.models import BackPaymentReason
from anju.contributions.models_sheets import Sheet
from anju.contributions.roster import RowProblem
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import Column, Context, Given, Judged, SheetKind
from anju.contributions.sheets.persons import matched
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.registry.models import MemberState
from anju.registry.operations import month_number, month_of

#: Sealed accounts may be paid for, and frozen ones: money comes in, none goes out.
_STATES = (MemberState.NORMAL, MemberState.SEALED, MemberState.FROZEN)


class UnknownReasonError(AnjuError):
    """No reason of a back payment has this name."""

    code: ClassVar[str] = "BACK_PAYMENT_REASON"


def reason(cell: Any) -> BackPaymentReason:
    """A reason by its title or code. Raises UnknownReasonError that names them all."""
    typed = cells.text(cell)
    for each in BackPaymentReason:
        if typed in (str(each.label), str(each)):
            return each
    names = "、".join(str(each.label) for each in BackPaymentReason)
    raise UnknownReasonError(_("补缴原因应为其中之一：{names}").format(names=names))


class BackPaymentSheet(SheetKind):
    code = "back_payment"
    title = "补缴清册"
    item = "C02"
    monthly = True
    columns = (
        Column("account_number", "个人账号", cells.account_number, required=False),
        Column("name", "姓名", cells.name),
        Column("identity_number", "证件号码", cells.identity_number, secret=True),
        Column("month", "补缴年月", cells.month),
        Column("reason", "补缴原因", reason),
        Column("unit_amount", "单位补缴额", cells.amount_or_zero, figure=True),
        Column("person_amount", "个人补缴额", cells.amount_or_zero, figure=True),
    )

    def judge(self, rows: Sequence[Given], context: Context) -> tuple[list[Judged], list[RowProblem]]:
        good, found = matched(rows, context, states=_STATES)
        lines = [
            BackLine(
                member=member.number, month=row.values["month"], reason=row.values["reason"],
                unit_amount=row.values["unit_amount"], person_amount=row.values["person_amount"],
            )
            for row, member in good
        ]  # fmt: skip
        wrong = {each.place: each.message for each in problems(unit=context.unit, lines=lines, on=context.on)}
        for place, message in wrong.items():
            row, line = good[place][0], lines[place]
            found.append(RowProblem(row.line, "补缴年月", str(line.month), "BACK_PAYMENT", message))
        judged = [
            Judged(
                row.line, member=member.pk, month=month_number(line.month), unit_amount=line.unit_amount,
                person_amount=line.person_amount, code=str(line.reason),
            )
            for place, ((row, member), line) in enumerate(zip(good, lines, strict=True))
            if place not in wrong
        ]  # fmt: skip
        return judged, found


def listed(*, sheet: Sheet) -> list[BackLine]:
    """The lines of a list that is in order."""
    rows = sheet.lines.order_by("line").values_list("member__number", "month", "code", "unit_amount", "person_amount")
    return [
        BackLine(
            member=str(member), month=month_of(month or 0), reason=BackPaymentReason(code), unit_amount=unit_amount or 0,
            person_amount=person_amount or 0,
        )
        for member, month, code, unit_amount, person_amount in rows
    ]  # fmt: skip
