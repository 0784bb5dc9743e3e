"""The inputs of the synthetic city, read from `calibration.yaml`: each with its unit, its basis and a note.

The typed view (`calibration()`) is what the city is built from; the list (`inputs()`) is for people who ask where a
figure comes from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from anju.city.sampling import Quantiles
from anju.kernel.money import WAN, YI, YUAN, Fen
from anju.kernel.rates import PERCENT, Ppm

Basis = Literal["report", "law", "illustrative"]
#: What one of a unit is in the integers that the code works with.
_UNITS = {"亿元": YI, "万元": WAN, "元": YUAN, "%": PERCENT, "个": 1, "人": 1, "笔": 1}


@dataclass(frozen=True, slots=True)
class Input:
    """One input as it stands in the file. `unit` is empty for a table, whose note names its units."""

    path: str
    value: Any
    unit: str
    basis: Basis
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What the published report says of the year, in fen and ppm; for comparison only."""

    contributions: Fen
    withdrawals: Fen
    loans_granted: Fen
    loan_to_deposit_ratio: Ppm
    overdue_rate: Ppm
    value_added_income: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A kind of units. `units` and `members` are shares in per cent, `ratio` in ppm, `wages` in fen; new units are of
    a sector that `grows`.
    """

    name: str
    code: str
    kinds: tuple[str, ...]
    units: int
    members: int
    grows: bool
    ratio: Quantiles
    wages: Quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Who contributes. Counts for a city of full size."""

    offices: tuple[tuple[str, int], ...]
    sectors: tuple[Sector, ...]
    opening_units: int
    opening_members: int
    unit_size: Quantiles
    wage_level: Ppm
    base_floor: Fen
    base_ceiling: Fen
    base_growth: Quantiles
    new_members: int
    new_units: int
    new_unit_size: Quantiles
    starting_wage: Ppm
    leavers: int
    age: Quantiles
    seniority: Quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningInputs:
    """What stands in the books when the year begins, for a city of full size."""

    contribution_balance: Fen
    loan_balance: Fen
    loan_count: int
    risk_reserve: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOutInput:
    """How many accounts are closed for a reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialInput:
    """How many people draw for a reason, and how much: `share` in ppm of the balance, at most `limit` in fen."""

    reason: str
    pool: str
    count: int
    share: Quantiles
    limit: Quantiles | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanInputs:
    """Loans: the running book, the new ones, and what goes other than by schedule."""

    terms: tuple[tuple[int, int], ...]
    elapsed: Quantiles
    principal: Quantiles
    equal_principal: Ppm
    granted: Fen
    granted_count: int
    full_prepayments: int
    partial_prepayments: int
    prepaid_share: Quantiles
    defaulted_share: Ppm
    defaulted_count: int
    late_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositInputs:
    """The fund's money at banks."""

    banks: tuple[str, ...]
    time_share: Ppm
    count: int
    rate: Quantiles
    demand_rate: Ppm
    placed: Fen
    placed_rate: Ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInputs:
    """What the center is told from outside."""

    loan_fee_rate: Ppm
    reserve_rate: Ppm
    management_fee: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """All inputs by section; `targets` are none of them."""

    targets: Targets
    members: Members
    opening: OpeningInputs
    close_outs: tuple[CloseOutInput, ...]
    partial: tuple[PartialInput, ...]
    loans: LoanInputs
    deposits: DepositInputs
    rules: RuleInputs


def inputs() -> list[Input]:
    """Every input in the order of the file."""
    return list(_read(_file()))


@cache
def calibration() -> Calibration:
    """The inputs as the code uses them: fen, ppm, counts, quantiles."""
    sections = {section: _converted(entries) for section, entries in _file().items()}
    members, withdrawals, loans = sections["members"], sections["withdrawals"], sections["loans"]
    return Calibration(
        targets=Targets(**sections["targets"]),
        members=Members(
            **members
            | {
                "offices": tuple((name, share) for name, share in members["offices"]),
                "sectors": tuple(_sector(row) for row in members["sectors"]),
                "unit_size": _quantiles(members["unit_size"], 1),
                "base_growth": _quantiles(members["base_growth"], PERCENT),
                "new_unit_size": _quantiles(members["new_unit_size"], 1),
                "age": _quantiles(members["age"], _DAYS_OF_A_YEAR),
                "seniority": _quantiles(members["seniority"], 1),
            }
        ),
        opening=OpeningInputs(**sections["opening"]),
        close_outs=tuple(CloseOutInput(reason=r["reason"], count=r["count"]) for r in withdrawals["close_outs"]),
        partial=tuple(_partial(row) for row in withdrawals["partial"]),
        loans=LoanInputs(
            **loans
            | {
                "terms": tuple((months, share) for months, share in loans["terms"]),
                "elapsed": _quantiles(loans["elapsed"], 1),
                "principal": _quantiles(loans["principal"], 1),
                "prepaid_share": _quantiles(loans["prepaid_share"], PERCENT),
            }
        ),
        deposits=DepositInputs(
            **sections["deposits"]
            | {
                "banks": tuple(sections["deposits"]["banks"]),
                "rate": _quantiles(sections["deposits"]["rate"], PERCENT),
            }
        ),
        rules=RuleInputs(**sections["rules"]),
    )


#: Ages are kept in days.
_DAYS_OF_A_YEAR = 365


@cache
def _file() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    data: Mapping[str, Mapping[str, Mapping[str, Any]]] = yaml.safe_load(
        (Path(__file__).parent / "calibration.yaml").read_text(encoding="utf-8")
    )
    return data


def _read(file: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[Input]:
    for section, entries in file.items():
        for name, entry in entries.items():
            yield Input(f"{section}.{name}", entry["value"], entry.get("unit", ""), entry["basis"], entry["note"])


def _converted(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Values of a section by name: those with a unit as integers, tables as they are."""
    return {
        name: _exact(entry["value"], _UNITS[entry["unit"]]) if "unit" in entry else entry["value"]
        for name, entry in entries.items()
    }


def _exact(value: str | int, unit: int) -> int:
    """`value` units as an integer; a value too fine for that is a mistake in the file."""
    exact = Decimal(value) * unit
    if exact != int(exact):
        raise ValueError(f"{value} x {unit} is not whole")
    return int(exact)


def _quantiles(knots: list[list[Any]], unit: int) -> Quantiles:
    return Quantiles(
        tuple(_exact(place, PERCENT) for place, _value in knots), tuple(_exact(value, unit) for _place, value in knots)
    )


def _sector(row: Mapping[str, Any]) -> Sector:
    tables = {"ratio": _quantiles(row["ratio"], PERCENT), "wages": _quantiles(row["wages"], YUAN)}
    return Sector(**dict(row) | tables | {"kinds": tuple(row["kinds"])})


def _partial(row: Mapping[str, Any]) -> PartialInput:
    return PartialInput(
        reason=row["reason"],
        pool=row["pool"],
        count=row["count"],
        share=_quantiles(row["share"], PERCENT),
        limit=_quantiles(row["limit"], YUAN) if "limit" in row else None,
    )
