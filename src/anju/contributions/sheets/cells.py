"""How a cell of a list is read. Each raises AnjuError that says what the cell should be."""

from typing import Any

from anju.contributions.roster import read_account_number, read_identity, read_name
from anju.contributions.roster_file import money, whole
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_phone
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.text import squeeze


def text(cell: Any) -> str:
    """A cell as text; a number that Excel keeps as 202405.0 is the code 202405."""
    return whole(str(cell)) if isinstance(cell, float) else str(cell)


def account_number(cell: Any) -> str:
    """A personal account number."""
    return read_account_number(text(cell))


def name(cell: Any) -> str:
    """A person's name."""
    return read_name(text(cell))


def identity_number(cell: Any) -> str:
    """A resident identity number; one that Excel turned into a number has lost its last digits."""
    if isinstance(cell, float):
        raise InvalidValueError(_("证件号码被存为数字，末位已丢失；请将该列设为文本后重新填写"))
    return read_identity(str(cell))


def phone(cell: Any) -> str:
    """A mobile telephone number."""
    return parse_phone(text(cell))


def amount(cell: Any) -> Fen:
    """An amount in yuan above zero, as fen."""
    fen = money(cell)
    if fen <= 0:
        raise InvalidValueError(_("必须大于零"))
    return fen


def amount_or_zero(cell: Any) -> Fen:
    """An amount in yuan, zero allowed, as fen."""
    fen = money(cell)
    if fen < 0:
        raise InvalidValueError(_("不能小于零"))
    return fen


def month(cell: Any) -> Month:
    """A calendar month."""
    return Month.parse(squeeze(text(cell))[:7].replace("/", "-").replace("年", "-").replace("月", ""))
