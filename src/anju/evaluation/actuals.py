"""Actual figures by indicator code: as the report published them, or as another room (the ledger's) computes them."""

from collections.abc import Mapping
from typing import TypeAlias

from anju.evaluation.model import INDICATOR_UNITS, Annexes, Indicator
from anju.evaluation.quantities import Figure, Quantity
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

#: Indicator code → its figure for the year. A provider gives those that it knows.
Actuals: TypeAlias = Mapping[str, Quantity]


class ActualsError(AnjuError):
    """Figures that cannot be scored: one is missing, unknown, in another unit, or has two values at once."""

    code = "EVALUATION_ACTUALS"


def published_actuals(annexes: Annexes) -> Actuals:
    """The figures that the annexes themselves print.

    Raises ActualsError when two annexes print different values for one indicator.
    """
    figures: dict[str, Figure] = {}
    for evaluation in annexes.evaluations:
        for row in evaluation.indicators:
            if row.actual is None:
                continue
            figure = Figure(row.actual, INDICATOR_UNITS[row.code], row.actual_text, "published")
            known = figures.setdefault(row.code, figure)
            if known.value != figure.value:
                raise ActualsError(
                    _("“{name}”在附表中有两个值：{first} 与 {second}，请先核实").format(
                        name=row.name, first=known.text, second=figure.text
                    ),
                    field=row.code,
                )
    return figures


def checked(actuals: Actuals) -> Actuals:
    """The same figures, after making sure that each code is known and in its unit. Raises ActualsError."""
    for code, quantity in actuals.items():
        if code not in INDICATOR_UNITS:
            raise ActualsError(_("没有这个指标代码"), field=code)
        if quantity.unit != INDICATOR_UNITS[code]:
            raise ActualsError(
                _("单位应为 {wanted}，却是 {given}").format(wanted=INDICATOR_UNITS[code], given=quantity.unit),
                field=code,
            )
    return actuals


def actual_of(indicator: Indicator, actuals: Actuals) -> Quantity:
    """The figure that a scored row is scored by. Raises ActualsError when nobody knows it."""
    if indicator.code not in actuals:
        raise ActualsError(
            _("“{name}”没有实际完成值，无法计分：请在附表数据中填写 actual").format(name=indicator.name),
            field=indicator.code,
        )
    return actuals[indicator.code]
