"""Plain tables for a terminal, where a Chinese character takes two columns."""

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Columns that the text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def left(text: str, columns: int) -> str:
    """The text with spaces after it."""
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """The text with spaces before it."""
    return " " * (columns - width(text)) + text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A head and rows, aligned to the right as amounts are."""
    widths = [max(map(width, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join("  ".join(map(right, line, widths)) for line in (head, *rows))
