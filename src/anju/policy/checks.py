"""Unit checks that both backends make at every step, so that a rule that mixes units fails alike in each."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Rounding
from anju.policy.errors import RangeError, WrongUnitError
from anju.policy.units import Kind, Unit

T = TypeVar("T")


def require_same(kinds: Sequence[Kind]) -> None:
    """Raises WrongUnitError unless all kinds are one."""
    for kind in kinds:
        if kind != kinds[0]:
            raise WrongUnitError(_("规则混用了单位：{one} 与 {other}").format(one=kinds[0], other=kind))


def require_unit(kind: Kind, *units: Unit) -> None:
    """Raises WrongUnitError unless the kind is of one of the units."""
    if kind.unit not in units:
        raise WrongUnitError(_("规则此处须为单位 {units}，不是 {kind}").format(units="、".join(units), kind=kind))


def require_set(code: Kind, allowed: Kind) -> None:
    """Raises WrongUnitError unless a code and a set of codes are of one list."""
    if code.unit is not Unit.CODE or allowed.unit is not Unit.CODES or code.codes != allowed.codes:
        raise WrongUnitError(_("规则比较了不同代码表：{code} 与 {allowed}").format(code=code, allowed=allowed))


def place_of(kind: Kind, code: str) -> int:
    """The place of a code in the list of a term. Raises WrongUnitError."""
    if kind.codes is None:
        raise WrongUnitError(_("规则把单位 {kind} 的值当作代码").format(kind=kind))
    return kind.codes.place(code)


def in_places(kind: Kind, terms: Mapping[str, T]) -> list[T]:
    """Terms by code in the order of the code list. Raises WrongUnitError when a code has none."""
    if kind.codes is None or set(terms) != set(kind.codes.codes):
        raise WrongUnitError(_("规则的 pick 须为代码表 {kind} 的每个代码各给一项").format(kind=kind))
    return [terms[code] for code in kind.codes.codes]


def require_rounding(rounding: Rounding) -> None:
    """Raises RangeError for half-even, which a product taken in two parts cannot round."""
    if rounding is Rounding.HALF_EVEN:
        raise RangeError(_("规则不支持银行家舍入，请用 half-up、down 或 up"))
