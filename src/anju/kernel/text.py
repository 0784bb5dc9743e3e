"""Typed text as people type it: full-width digits, ideographic spaces, stray controls."""

import unicodedata

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")


def to_half_width(text: str) -> str:
    """Full-width letters, digits and punctuation (ＡＢＣ１２３，．) become their ASCII twins; NFKC for the rest."""
    return unicodedata.normalize("NFKC", text).translate(_DASHES)


def squeeze(text: str) -> str:
    """Half-width text without any white space, as fits numbers and codes."""
    return "".join(to_half_width(text).split())


def clean_name(text: str) -> str:
    """A name or title: outer white space gone, inner runs one space, the middle dot unified to `·`.

    Full-width punctuation stays as typed. Raises InvalidValueError for control characters such as NUL,
    which PostgreSQL cannot store and a page must not show.
    """
    if any(unicodedata.category(char) in {"Cc", "Cs"} and not char.isspace() for char in text):
        raise InvalidValueError(_("文字中含有不可见的控制字符，请删除后重新输入"))
    return " ".join(text.replace("•", "·").replace("・", "·").split())
