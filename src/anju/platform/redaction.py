"""Numbers that identify people are taken out of any text that leaves for a log: the last line of defence, not the first.

Code does not log such numbers; a library or a database error may. Whatever looks like an identity number (18 or 15
characters), a bank card or a mobile phone goes, full-width digits and the usual groupings included. Rather one
harmless long number too many than one person's too few.
"""

import re

REDACTED = "***"
_GAP = r"[\ \u00a0\u3000\-－]"
#: `\d` is any digit of Unicode, so full-width ones count.
_PATTERN = re.compile(
    rf"""(?<!\d)(?:
        \d{{15,}}[XxＸｘ]?  # identity numbers, cards, and what holds one
      | \d{{6}}{_GAP}?\d{{4}}{_GAP}?\d{{4}}{_GAP}?\d{{3}}[\dXxＸｘ](?!\d)  # identity number, grouped or not
      | \d{{4}}(?:{_GAP}\d{{4}}){{3}}(?:{_GAP}\d{{1,3}})?(?!\d)           # card in groups of four
      | (?:(?:[+＋]|00)?86{_GAP}?)?[1１][3-9３-９]\d{_GAP}?\d{{4}}{_GAP}?\d{{4}}(?!\d)  # mobile phone
      | \d(?:{_GAP}\d){{10,}}                                          # every digit apart
    )""",
    re.VERBOSE,
)


def redact(text: str) -> str:
    """The text with each such number replaced by ***."""
    return _PATTERN.sub(REDACTED, text)
