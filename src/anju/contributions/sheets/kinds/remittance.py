"""汇缴清册: the month as the employer has it; who is on it must be exactly who is owed for, to the fen."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from anju.contributions.bills import Owed, owed
from anju.contributions.models_sheets import Sheet
from anju.contributions.roster import RowProblem
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import WHOLE, Column, Context, Given, Judged, SheetKind, typed_rows
from anju.contributions.sheets.persons import ANY_STATE, digests, matched
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name
from anju.kernel.money import format_yuan
from anju.registry.models import Member

#: Of many people, so many are named.
NAMED = 20


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
        # Who is owed for is told by the spells: a frozen account takes its months, a sealed one those up to its last.
        good, problems = matched(rows, context, states=ANY_STATE)
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

    def judge_whole(self, sheet: Sheet, context: Context) -> list[RowProblem]:
        """Who is owed for and not listed: how many, and the first by name."""
        lines = _owed(context)
        listed = set(sheet.lines.values_list("member_id", flat=True))
        missing = [member for member in lines if member not in listed]
        if missing and sheet.problems:  # a row with something wrong names its person all the same
            missing = _not_named(missing, typed_rows(sheet))
        if not missing:
            return []
        words = _("应缴 {owed} 人；请补上未列入的职工，已离职的先办理封存，基数有误的先办理调整")
        told = RowProblem(
            WHOLE, self.title, _("缺 {count} 人").format(count=len(missing)), "MISSING", words.format(owed=len(lines))
        )
        return [
            told,
            *(RowProblem(WHOLE, "个人账号", who, "MISSING_MEMBER", _("应缴而未列入清册")) for who in _named(missing)),
        ]


def differs(sheet: Sheet, lines: Sequence[Owed]) -> str:
    """How what is owed now differs from a list that was in order when it was checked; empty: it does not."""
    due = {line.member: (line.base, line.unit_amount, line.person_amount) for line in lines}
    rows = sheet.lines.values_list("member_id", "base", "unit_amount", "person_amount")
    listed = {member: amounts for member, *amounts in rows}
    parts = [
        (_("未列入"), [member for member in due if member not in listed]),
        (_("不需汇缴"), [member for member in listed if member not in due]),
        (_("金额已变"), [member for member in due if member in listed and tuple(listed[member]) != due[member]]),
    ]
    told = [
        _("{what} {count} 人（{names}）").format(
            what=what, count=len(members), names="、".join(_named(members)) + ("等" if len(members) > NAMED else "")
        )
        for what, members in parts
        if members
    ]
    return "；".join(told)


def _named(members: Sequence[int]) -> list[str]:
    """The first of these members (ids): account number and masked name."""
    found = Member.objects.filter(pk__in=members).order_by("number").values_list("number", "name")
    return [f"{number} {mask_name(name)}" for number, name in found[:NAMED]]


def _not_named(members: Sequence[int], typed: Iterable[tuple[int, Sequence[Any]]]) -> list[int]:
    """Those of the members (ids) whom no typed row names, by account or document number."""
    numbers, identities = set(), set()
    for _line, (number, _name, identity, *_rest) in typed:
        numbers.add(cells.text(number or ""))
        with suppress(AnjuError):
            identities.add(cells.identity_number(identity))
    known = digests(identities)
    rows = Member.objects.filter(pk__in=members).order_by("pk").values_list("pk", "number", "identity_index")
    return [pk for pk, number, index in rows if number not in numbers and bytes(index or b"") not in known]


def _owed(context: Context) -> dict[int, Owed]:
    """What is owed, by member; looked up once for a list."""
    assert context.month is not None
    if "owed" not in context.kept:
        context.kept["owed"] = {
            line.member: line for line in owed(unit=context.unit, month=context.month, on=context.on)
        }
    found: dict[int, Owed] = context.kept["owed"]
    return found
