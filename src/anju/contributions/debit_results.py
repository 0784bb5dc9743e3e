"""A bank's answers to a list of collections (委托收款回盘), worked line by line; a line answered before changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from anju.cases.form_fields import parse_day
from anju.contributions.debit import of_number
from anju.contributions.errors import DebitRefusedError
from anju.contributions.models_debit import DebitLine, DebitState
from anju.contributions.receipts import Notice, receive
from anju.contributions.roster import RowProblem
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import Column, TableKind, read_row
from anju.contributions.sheets.reading import read_table
from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze

#: What the bank may answer.
_ANSWERS = {"成功": DebitState.PAID, "失败": DebitState.FAILED}


def _answer(cell: Any) -> DebitState:
    value = squeeze(cells.text(cell))
    if value not in _ANSWERS:
        raise InvalidValueError(_("结果只能是“成功”或“失败”"))
    return _ANSWERS[value]


def _words(longest: int) -> Callable[[Any], str]:
    return lambda cell: cells.text(cell).strip()[:longest]


class ResultList(TableKind):
    """The columns of a bank's answers."""

    code = "debit-results"
    title = "委托收款回盘"
    columns = (
        Column("batch", "批次号", _words(20)),
        Column("bill", "缴款编号", _words(20)),
        Column("amount", "金额", cells.amount, figure=True),
        Column("state", "结果", _answer),
        Column("day", "扣款日期", lambda cell: parse_day(str(cell)[:10]), required=False),
        Column("serial", "银行流水号", lambda cell: squeeze(cells.text(cell))[:40], required=False),
        Column("reason", "失败原因", _words(120), required=False),
    )


@dataclass(slots=True)
class Answered:
    """What the answers did: collected, failed, answered before, and lines that were refused."""

    paid: int = 0
    failed: int = 0
    known: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def read_results(*, content: bytes, business_date: date, maker: str) -> Answered:
    """Work a bank's answers. Lines that cannot be read or do not fit are told; each of the others is worked by itself.

    What was collected is booked as a receipt (借101 贷219) and pays its bill; when that was paid or taken back meanwhile,
    the money waits for the unit. Raises RosterFileError for what is no such list.
    """
    kind, done = ResultList(), Answered()
    table = read_table(content, kind)
    done.problems += table.problems
    for line, row in table.rows:
        values = _read(kind, line, row, done)
        if values is None:
            continue
        try:
            new = _work(values, business_date, maker)
        except AnjuError as error:
            done.problems.append(RowProblem(line, "缴款编号", values["bill"], error.code, error.message))
            continue
        done.known += not new
        done.paid += new and values["state"] == DebitState.PAID
        done.failed += new and values["state"] == DebitState.FAILED
    return done


@transaction.atomic
def _work(values: Mapping[str, Any], business_date: date, maker: str) -> bool:
    """Work one answer; False when the same answer came before. Raises DebitRefusedError."""
    batch = of_number(values["batch"])
    lines = DebitLine.objects.select_for_update(of=("self",)).select_related("bill", "mandate")
    line = lines.filter(batch=batch, bill__number=values["bill"]).first()
    if batch.sent_at is None or line is None:
        raise DebitRefusedError(_("该批次没有送出，或其中没有此缴款编号"), field="bill")
    if line.amount != values["amount"]:
        raise DebitRefusedError(_("回盘金额与清单不同，请与银行核对"), field="amount")
    if line.state != DebitState.WAITING:
        if line.state != values["state"] or (line.receipt and line.receipt.serial != values["serial"]):
            raise DebitRefusedError(_("该笔已有另一回盘结果，请与银行核对"), field="state")
        return False
    if values["state"] == DebitState.PAID:
        line.receipt = receive(
            notice=Notice(
                bank_account=batch.bank_account_id, serial=values["serial"], arrived=values["day"] or business_date,
                payer_name=line.mandate.payer_name, amount=line.amount, remark=line.bill.number,
            ),
            business_date=business_date, maker=maker,
        )  # fmt: skip
    line.state, line.reason = values["state"], values["reason"]
    line.save(update_fields=["state", "reason", "receipt"])
    return True


def _read(kind: TableKind, line: int, row: list[Any], done: Answered) -> dict[str, Any] | None:
    given, problems = read_row(kind, line, row)
    done.problems += problems
    if given is None:
        return None
    values = {name: "" if value is None else value for name, value in given.values.items()}
    needed, unneeded = ("serial", "reason") if values["state"] == DebitState.PAID else ("reason", "serial")
    if not values[needed]:
        heading = next(column.heading for column in kind.columns if column.name == needed)
        done.problems.append(RowProblem(line, heading, "", "EMPTY", _("成功须有银行流水号，失败须有原因")))
        return None
    return {**values, unneeded: ""}
