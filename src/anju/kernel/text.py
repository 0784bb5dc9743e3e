"""Typed text as people type it: full-width digits, ideographic spaces, stray controls."""

import unicodedata
from itertools import groupby

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")
#: The middle dots that keyboards and older systems put into a name, all written `·` (U+00B7).
_MIDDLE_DOTS: dict[int, str | None] = dict.fromkeys(map(ord, "•・･‧∙⋅\u0387\u2e31"), "·")
#: Invisible characters that come along when a number or a name is copied from a chat, a phone book or a page.
_INVISIBLE: dict[int, str | None] = dict.fromkeys(
    (0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)
#: What is done to characters of a name.
_IN_NAMES = _INVISIBLE | _MIDDLE_DOTS


def to_half_width(text: str) -> str:
    """Full-width letters, digits and punctuation (ＡＢＣ１２３，．) become their ASCII twins; NFKC for the rest.

    Numbers that are one character by themselves (², ①, ½) stay: NFKC would make 5² a 52.
    """
    if text.isascii():
        return text
    runs = groupby(text, key=lambda char: unicodedata.category(char) == "No")
    return "".join(
        "".join(run) if numeral else unicodedata.normalize("NFKC", "".join(run)) for numeral, run in runs
    ).translate(_DASHES)


def squeeze(text: str) -> str:
    """Half-width text without any white space or invisible characters, as fits numbers and codes."""
    if text.isascii():  # most numbers are: nothing to make half-width, nothing invisible but white space
        return "".join(text.split())
    return "".join(to_half_width(text).translate(_INVISIBLE).split())


def clean_name(text: str) -> str:
    """A name or title: outer white space and invisible characters gone, inner runs one space, one middle dot `·`.

    Full-width punctuation and rare characters (𬭎, 㛃) stay as typed. Raises InvalidValueError for control characters
    such as NUL, which PostgreSQL cannot store and a page must not show, and for characters of private use (自造字).
    """
    if not text.isalpha():  # most names are letters alone
        kinds = {unicodedata.category(char) for char in text if not char.isspace()}
        if not kinds.isdisjoint({"Cc", "Cs"}):
            raise InvalidValueError(_("文字中含有不可见的控制字符，请删除后重新输入"))
        # Characters that one machine or one older system made for itself: elsewhere they are another character or none.
        if "Co" in kinds:
            raise InvalidValueError(_("文字中含有自造字，其他系统无法显示，请改用通用字库的生僻字输入，或到柜台办理"))
    return " ".join(text.translate(_IN_NAMES).split())
