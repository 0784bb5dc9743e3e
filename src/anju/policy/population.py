"""Populations for what-if: many rows in columns, read in chunks so that memory stays bounded.

A CSV file has one row a person and one column an input, under the input's name; besides, `office` (管理部) and `crowd`.
A cell holds a plain integer in the input's base unit (fen, ppm, months …) or a text with its unit. Inputs with a default
may be left out. Nothing of a person is in it: no number, no name.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from anju.kernel.i18n import gettext as _
from anju.policy.codes import CROWD
from anju.policy.errors import InputError, PolicyError
from anju.policy.rules import Input, Rule
from anju.policy.units import Kind, Unit, format_value, parse_value
from anju.policy.vector import Int64s

#: Rows that are computed at once: their columns fit into a processor's cache.
CHUNK_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows. `offices` holds places in the population's offices, `crowds` places in the code list of crowds."""

    rows: int
    columns: Mapping[str, Int64s]
    offices: Int64s
    crowds: Int64s
    first_row: int = 1
    source: str = ""
    _checked: set[tuple[str, int, int]] = field(default_factory=set, repr=False, compare=False)

    def column(self, name: str, declared: Input) -> Int64s | int:
        """An input's column, or its default for all rows. Raises InputError: missing, or a row out of range."""
        values = self.columns.get(name)
        if values is None:
            if declared.default is None:
                raise InputError(_("人口数据缺少列 {name}（{title}）").format(
                    name=name, title=_(declared.title)), field=f"{self.source} {name}".strip())  # fmt: skip
            return declared.default
        key = (name, declared.low, declared.high)
        if key not in self._checked:
            self._check(name, declared, values)
            self._checked.add(key)
        return values

    def _check(self, name: str, declared: Input, values: Int64s) -> None:
        if values.size and not _within(values, declared.low, declared.high):
            row = int(np.flatnonzero((values < declared.low) | (values > declared.high))[0])
            raise InputError(
                _("第{row}行：{title}须在 {low} 到 {high} 之间").format(
                    row=self.first_row + row,
                    title=_(declared.title),
                    low=format_value(declared.low, declared.kind),
                    high=format_value(declared.high, declared.kind),
                ),
                field=f"{self.source} {name}".strip(),
            )


def _within(values: Int64s, low: int, high: int) -> bool:
    """Whether all values are in a range. From zero on one look is enough: unsigned, a negative number is a huge one."""
    if low == 0 and values.flags.c_contiguous:
        return int(values.view(np.uint64).max()) <= high
    return int(values.min()) >= low and int(values.max()) <= high


class Population(Protocol):
    """Rows in chunks; `chunks` may be called again and gives the same rows."""

    @property
    def offices(self) -> tuple[str, ...]:
        """The offices of the rows, by place."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """The rows in order."""
        ...


@dataclass(frozen=True, slots=True)
class CsvPopulation:
    """A CSV file for the inputs of some rules. Offices are those of the center, and "" for none."""

    path: Path
    rules: Sequence[Rule]
    offices: tuple[str, ...]
    chunk_rows: int = CHUNK_ROWS

    def chunks(self) -> Iterator[Chunk]:
        """Raises InputError with file, row and column; PolicyError when the file cannot be read."""
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                yield from self._read(csv.reader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise PolicyError(
                _("无法读取人口数据 {path}：须为 UTF-8 编码的 CSV").format(path=self.path), field=self.path.name
            ) from error
        except InputError as error:
            error.field = f"{self.path.name} {error.field}"
            raise

    def _read(self, reader: Iterator[list[str]]) -> Iterator[Chunk]:
        names = [name.strip() for name in next(reader, [])]
        inputs = {name: declared for rule in self.rules for name, declared in rule.inputs.items()}
        self._check_head(names, inputs)
        first, rows = 2, list[list[str]]()
        for row in reader:
            if len(row) != len(names):
                raise InputError(_("第{row}行的列数与表头不同").format(row=first + len(rows)), field="")
            rows.append(row)
            if len(rows) == self.chunk_rows:
                yield self._chunk(first, names, rows, inputs)
                first, rows = first + len(rows), []
        if rows:
            yield self._chunk(first, names, rows, inputs)

    def _check_head(self, names: list[str], inputs: Mapping[str, Input]) -> None:
        if len(set(names)) < len(names):
            raise InputError(_("表头有重复的列"), field=names[0] if names else "")
        for name, declared in inputs.items():
            if name not in names and declared.default is None:
                raise InputError(
                    _("人口数据缺少列 {name}（{title}）").format(name=name, title=_(declared.title)), field=name
                )

    def _chunk(self, first: int, names: list[str], rows: list[list[str]], inputs: Mapping[str, Input]) -> Chunk:
        texts = dict(zip(names, zip(*rows, strict=True), strict=True))
        columns = {
            name: _column(name, texts[name], declared.kind, first) for name, declared in inputs.items() if name in texts
        }
        crowd = Kind(Unit.CODE, CROWD)
        return Chunk(
            len(rows),
            columns,
            self._office_places(texts.get("office"), len(rows), first),
            _column("crowd", texts["crowd"], crowd, first) if "crowd" in texts else np.zeros(len(rows), np.int64),
            first,
            self.path.name,
        )

    def _office_places(self, texts: Sequence[str] | None, rows: int, first: int) -> Int64s:
        if texts is None:
            return np.full(rows, self.offices.index(""), np.int64)
        known = {name: place for place, name in enumerate(self.offices)}
        for number, text in enumerate(texts):
            if text.strip() not in known:
                raise InputError(
                    _("第{row}行：没有管理部“{name}”").format(row=first + number, name=text[:20]), field="office"
                )
        return np.array([known[text.strip()] for text in texts], np.int64)


def _column(name: str, texts: Sequence[str], kind: Kind, first: int) -> Int64s:
    if kind.codes is None:
        try:
            return np.array(texts).astype(np.int64)
        except (ValueError, OverflowError):
            pass  # some cell is a text with its unit, or wrong: read one by one
    places: dict[str, int] = {}
    for number, text in enumerate(texts):
        if text not in places:
            try:
                places[text] = _cell(text.strip(), kind)
            except PolicyError as error:
                raise InputError(
                    _("第{row}行：{problem}").format(row=first + number, problem=error.message), field=name
                ) from error
    return np.array([places[text] for text in texts], np.int64)


def _cell(text: str, kind: Kind) -> int:
    if kind.codes is None and text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < 19:
        return int(text)
    return parse_value(text, kind)


def office_names(districts: Sequence[str]) -> tuple[str, ...]:
    """The offices of a center's population: its districts, and "" for rows that name none."""
    return (*districts, "")
