"""Puts blocks in printed order together into a Document: section headings, table headings, names of places."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from anju.evaluation.audit.document import Document, Paragraph, Place, Row, Table
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze

_NUMERAL = "一二三四五六七八九十"
_CHAPTER = re.compile(rf"[{_NUMERAL}]{{1,3}}、")
_SECTION = re.compile(rf"[（(][{_NUMERAL}]{{1,3}}[）)]")
_ANNEX = re.compile(r"附[件表]\d{0,2}[::]?")
_TABLE_TITLE = re.compile(r"(?:20\d\d年度?)?.{2,40}表")
_YEAR_LINE = re.compile(r"[(]?20\d\d年度?[)]?")
_HEADING_LENGTH = 24


def is_heading(line: str) -> bool:
    """True for a line that opens something new: a chapter, a section, an annex or a table's title."""
    text = squeeze(line)
    return bool(_CHAPTER.match(text) or _SECTION.match(text) or _ANNEX.fullmatch(text) or _TABLE_TITLE.fullmatch(text))


@dataclass
class Builder:
    """Takes paragraphs and tables in printed order and remembers the headings above them."""

    unit: str
    _paragraphs: list[Paragraph] = field(default_factory=list)
    _tables: list[Table] = field(default_factory=list)
    _chapter: str = ""
    _section: str = ""
    _pending: list[Paragraph] = field(default_factory=list)

    def paragraph(self, text: str, line: int) -> None:
        """Add a paragraph; empty ones are skipped."""
        stripped = text.strip()
        if not stripped:
            return
        if _CHAPTER.match(stripped):
            self._chapter, self._section = _short(stripped), ""
        elif _SECTION.match(stripped):
            self._section = _short(stripped)
        section = "／".join(part for part in (self._chapter, self._section) if part)
        self._pending.append(Paragraph(stripped, Place(line, self.unit, section)))

    def table(self, rows: Iterable[Row]) -> None:
        """Add a table; one that follows another without a paragraph between continues it."""
        filled = tuple(row for row in rows if row)
        if not filled:
            return
        if self._tables and not self._pending:
            self._tables[-1] = replace(self._tables[-1], rows=self._tables[-1].rows + filled)
            return
        heading = self._take_heading()
        number = len(self._tables) + 1
        name = "".join(squeeze(line) for line in heading[:-1]) + (f"《{squeeze(heading[-1])}》" if heading else "")
        place = Place(filled[0][0].line, self.unit, table=name or _("表{number}").format(number=number))
        self._tables.append(Table(heading, filled, place))

    def document(self) -> Document:
        """The finished document."""
        self._paragraphs.extend(self._pending)
        self._pending = []
        return Document(tuple(self._paragraphs), tuple(self._tables))

    def _take_heading(self) -> tuple[str, ...]:
        """The title above a table, with the annex number above that; both leave the body."""
        heading: list[str] = []
        lines = [squeeze(paragraph.text) for paragraph in self._pending[-2:]]
        if len(lines) == 2 and _YEAR_LINE.fullmatch(lines[1]) and _TABLE_TITLE.fullmatch(lines[0]):
            heading.append("".join(lines))
            del self._pending[-2:]
        elif lines and _TABLE_TITLE.fullmatch(lines[-1]):
            heading.append(self._pending.pop().text)
        if self._pending and _ANNEX.fullmatch(squeeze(self._pending[-1].text)):
            heading.insert(0, self._pending.pop().text)
        self._paragraphs.extend(self._pending)
        self._pending = []
        if heading:
            self._chapter = self._section = ""
        return tuple(heading)


def _short(heading: str) -> str:
    """A heading up to its first full stop, cut to a readable length."""
    return re.split("[。；]", heading, maxsplit=1)[0][:_HEADING_LENGTH]
