"""Typed fields of a command, read alike from options and from one JSON object; a wrong one is named, never guessed.

In JSON an amount or a rate is a string or a whole number: a number with a fraction would be a float and is refused.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, TextIO, TypeAlias, TypeVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, parse_yuan
from anju.kernel.rates import Ppm, parse_percent
from anju.kernel.text import squeeze

#: Limits on what is read, in characters and in items of a list: far above any calculation, far below what hurts.
MAX_INPUT, MAX_ITEMS = 1 << 20, 10_000
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)

T = TypeVar("T")
Reader: TypeAlias = Callable[[object], T]


class FieldError(AnjuError):
    """An input that is missing, unknown or of the wrong form; `field` is its name."""

    code: ClassVar[str] = "FIELD"


@dataclass(frozen=True, slots=True)
class Field:
    """One input: how it is read, what it means, and its value when it is not given (if it may be left out)."""

    read: Reader[Any]
    help: str
    optional: bool = False
    default: Any = None


def read_fields(given: Mapping[str, object], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Read the values given; one that is None counts as not given. Raises FieldError or the reader's own AnjuError."""
    for name in given:
        if name not in fields:
            raise FieldError(
                _("没有这个字段；可用字段：{names}").format(names="、".join(fields)), field=_printable(name)
            )
    values: dict[str, Any] = {}
    for name, field in fields.items():
        value = given.get(name)
        if value is not None:
            values[name] = _named(name, field.read, value)
        elif field.optional:
            values[name] = field.default
        else:
            raise FieldError(_("缺少字段：{help}").format(help=field.help), field=name)
    return values


def read_object(source: TextIO) -> dict[str, object]:
    """Read one JSON object whose keys are all different. Raises FieldError."""
    try:
        value = json.loads(source.read(MAX_INPUT), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise FieldError(_("输入不是有效的 JSON（UTF-8 编码，不超过 1 MB）")) from error
    if not isinstance(value, dict):
        raise FieldError(_("JSON 应为一个对象，键为字段名"))
    return value


def text(value: object) -> str:
    """Text, or a whole number as its digits."""
    if not isinstance(value, str | int):
        raise FieldError(_('应为文字或整数；小数请加引号，例如 "2.60"'))
    return str(value)


def signed_amount(value: object) -> Fen:
    """An amount in yuan that may be negative."""
    return parse_yuan(text(value))


def amount(value: object) -> Fen:
    """An amount in yuan, zero or more."""
    fen = signed_amount(value)
    if fen < 0:
        raise FieldError(_("金额不能为负"))
    return fen


def percent(value: object) -> Ppm:
    """A percentage, in ppm."""
    return parse_percent(text(value))


def count(value: object) -> int:
    """A whole number, zero or more."""
    digits = squeeze(text(value))
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise FieldError(_("应为非负整数"))
    return int(digits)


def day(value: object) -> date:
    """A day as 2025-06-20."""
    match = _DAY.fullmatch(squeeze(text(value)))
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass  # such as February 30: told below
    raise FieldError(_("日期应为 YYYY-MM-DD，例如 2025-06-20"))


def choice(kind: type[StrEnum]) -> Reader[Any]:
    """One of the values of an enumeration."""

    def read(value: object) -> StrEnum:
        try:
            return kind(text(value))
        except ValueError:
            raise FieldError(_("只能是：{values}").format(values="、".join(kind))) from None

    return read


def several(read: Reader[T]) -> Reader[list[T]]:
    """A list: in JSON an array, in text its items with semicolons between. An error names the item: flows[2]."""

    def read_all(value: object) -> list[T]:
        items = [item for item in squeeze(value).split(";") if item] if isinstance(value, str) else value
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            raise FieldError(_("应为列表（命令行上以分号分隔），不超过 {most} 项").format(most=MAX_ITEMS))
        return [_named(f"[{place}]", read, item) for place, item in enumerate(items, 1)]

    return read_all


def record(make: Callable[..., T], *readers: Reader[Any]) -> Reader[T]:
    """A fixed sequence of values: in JSON an array, in text its parts with colons between."""

    def read(value: object) -> T:
        parts: object = value.split(":") if isinstance(value, str) else value
        if not isinstance(parts, Sequence) or len(parts) != len(readers):
            raise FieldError(_("每项应有 {count} 个部分（命令行上以冒号分隔）").format(count=len(readers)))
        return make(*(reader(part) for reader, part in zip(readers, parts, strict=True)))

    return read


def _named(name: str, read: Reader[T], value: object) -> T:
    """Read a value; an error is told with the name before whatever it names already."""
    try:
        return read(value)
    except AnjuError as error:
        error.field = name + error.field
        raise


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _value in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def _printable(name: str) -> str:
    short = name[:40]
    return short if short.isprintable() else ascii(short)
