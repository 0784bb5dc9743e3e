"""A bank's list of money received (.xlsx or .csv), booked line by line; a line that was booked before changes nothing."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from anju.cases.form_fields import parse_day
from anju.contributions.errors import ReceiptKnownError, ReceiptRefusedError
from anju.contributions.models import Receipt
from anju.contributions.receipts import Notice, receive
from anju.contributions.roster import RowProblem
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import Column, TableKind, read_row
from anju.contributions.sheets.reading import read_table
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.text import clean_name, squeeze


def _serial(cell: Any) -> str:
    value = squeeze(cells.text(cell))
    if not 1 <= len(value) <= 40 or not value.isascii() or not value.isalnum():
        raise InvalidValueError(_("银行流水号应为不超过 40 位的数字或字母"))
    if isinstance(cell, float) and len(value) > 15:
        raise InvalidValueError(_("流水号被存为数字，末位已丢失；请将该列设为文本后重新导出"))
    return value


def _words(longest: int) -> Any:
    def read(cell: Any) -> str:
        value = clean_name(cells.text(cell))
        if len(value) > longest:
            raise InvalidValueError(_("不超过 {longest} 个字").format(longest=longest))
        return value

    return read


class ReceiptList(TableKind):
    """The columns that banks export."""

    code = "receipts"
    title = "到账明细"
    columns = (
        Column("serial", "银行流水号", _serial),
        Column("arrived", "到账日期", lambda cell: parse_day(str(cell)[:10])),
        Column("payer_name", "付款户名", _words(120)),
        Column("payer_account", "付款账号", lambda cell: squeeze(cells.text(cell))[:40], required=False, secret=True),
        Column("amount", "金额", cells.amount, figure=True),
        Column("remark", "附言", _words(200), required=False),
    )


@dataclass(slots=True)
class Imported:
    """What an import did: receipts booked now, booked before, their fen, and lines that were refused."""

    booked: int = 0
    known: int = 0
    amount: Fen = 0
    problems: list[RowProblem] = field(default_factory=list)


def import_receipts(*, content: bytes, bank_account: int, business_date: date, maker: str) -> Imported:
    """Book a bank's list. A list with a line that cannot be read is refused whole; each line is booked by itself.

    So an import that was cut off goes on where it stopped. A serial that came before with another amount or payer is a
    problem of its line. Raises RosterFileError for what is no such list.
    """
    kind, done = ReceiptList(), Imported()
    table = read_table(content, kind)
    read = [_read(kind, line, row, bank_account, business_date, done) for line, row in table.rows]
    done.problems += table.problems
    if done.problems:
        return done
    for line, notice in filter(None, read):
        earlier = Receipt.objects.filter(bank_account=bank_account, serial=notice.serial).exists()
        try:
            receive(notice=notice, business_date=business_date, maker=maker)
        except (ReceiptKnownError, ReceiptRefusedError) as error:
            done.problems.append(RowProblem(line, "银行流水号", notice.serial, error.code, error.message))
            continue
        done.booked, done.known = done.booked + (not earlier), done.known + earlier
        done.amount += 0 if earlier else notice.amount
    return done


def _read(
    kind: TableKind, line: int, row: list[Any], bank_account: int, today: date, done: Imported
) -> tuple[int, Notice] | None:
    given, problems = read_row(kind, line, row)
    done.problems += problems
    if given is None:
        return None
    if given.values["arrived"] > today:
        shown = str(given.values["arrived"])
        done.problems.append(RowProblem(line, "到账日期", shown, "FUTURE", _("到账日期晚于今天")))
        return None
    filled = {name: value for name, value in given.values.items() if value is not None}
    return line, Notice(bank_account=bank_account, **filled)
