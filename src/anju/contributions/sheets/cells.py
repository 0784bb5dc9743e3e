"""How a cell of a list is read. Each raises AnjuError that says what the cell should be."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from anju.contributions.roster import read_account_number, read_name
from anju.contributions.roster_file import money, whole
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_phone, read_document_number
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.text import squeeze

#: A long number as a spreadsheet writes it into a text file once it has taken it for a quantity.
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


def text(cell: Any) -> str:
    """A cell as text; a number that Excel keeps as 202405.0 is the code 202405.

    `="0012"` and a leading apostrophe are how numbers are kept as text in text files: the text is meant.
    """
    if isinstance(cell, float):
        return whole(str(cell))
    value = str(cell).strip()
    if value.startswith('="') and value.endswith('"') and len(value) > 2:
        return value[2:-1]
    return value.removeprefix("'")


def account_number(cell: Any) -> str:
    """A personal account number."""
    return read_account_number(text(cell))


def name(cell: Any) -> str:
    """A person's name."""
    return read_name(text(cell))


def identity_number(cell: Any) -> str:
    """A resident identity number, or the number of another document; what Excel took for a quantity has lost digits."""
    if isinstance(cell, float) or (isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell.strip())):
        raise InvalidValueError(_("证件号码被存为数字，末位已丢失；请将该列设为文本后重新填写"))
    return read_document_number(text(cell))


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


def one_of(choices: Sequence[tuple[str, str]], also: Mapping[str, str]) -> Callable[[Any], str]:
    """A reader of these (code, title): the code of a title, or the code itself; its refusal names the titles.

    `also` are other words that people write, each with the code that is meant.
    """

    def read(cell: Any) -> str:
        asked = squeeze(text(cell))
        if asked in also:
            return also[asked]
        for code, title in choices:
            if asked in (code, squeeze(str(title))):
                return code
        raise InvalidValueError(
            _("应为其中之一：{names}").format(names="、".join(str(title) for _code, title in choices))
        )

    return read


def month(cell: Any) -> Month:
    """A calendar month."""
    return Month.parse(squeeze(text(cell))[:7].replace("/", "-").replace("年", "-").replace("月", ""))
