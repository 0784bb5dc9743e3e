"""Four rules as variables of OpenFisca-core, written as its users write them: yuan in floats, vectorised formulas, enums,
parameters from its own tree with the values that our book has on the day.
"""

from typing import Any

import numpy as np
from openfisca_core.entities import Entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import MONTH
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from anju.policy.codes import CODE_LISTS
from anju.policy.parameters import Book
from anju.policy.rules import find_rule
from anju.policy.units import Unit
from bench.policy.members import CODES, COMPARED, ON, Members

_RENT = "withdrawal.rent.monthly_limit"
PERIOD = f"{ON:%Y-%m}"
PERSON = Entity("person", "persons", "Member", "")
ENUMS: dict[str, Any] = {name: Enum(name, {code: code for code in codes.codes}) for name, codes in CODES.items()}
#: Whether `of` is used in its tuned form.
tuned = False
_SCALE = {Unit.FEN: 100, Unit.PPM: 1_000_000, Unit.TIMES: 1_000_000, Unit.AREA: 100}


def system(members: Members) -> TaxBenefitSystem:
    """The tax and benefit system of the four rules."""
    global _DISTRICT  # noqa: PLW0603 - OpenFisca's formulas take no other argument
    book = members.book
    (district,) = (row.scope.district for row in book.in_force(_RENT, ON) if row.scope.district)
    _DISTRICT = members.office_names.index(district)
    made = TaxBenefitSystem([PERSON])
    made.parameters = ParameterNode("", data=_parameters(book))
    inputs = {name: one for rule in COMPARED for name, one in find_rule(rule).inputs.items()}
    made.add_variables(_enum("crowd"), _variable("office", int))
    for name, declared in inputs.items():
        if declared.kind.unit is Unit.CODE:
            made.add_variable(_enum(name))
        elif declared.kind.unit is Unit.FLAG:
            made.add_variable(_variable(name, bool, bool(declared.default)))
        else:
            value_type = float if declared.kind.unit in _SCALE else int
            made.add_variable(_variable(name, value_type, declared.default or 0))
    made.add_variables(contribution_base, contribution_monthly, loan_ceiling, withdrawal_renovation, withdrawal_rent)
    return made


def inputs_of(members: Members) -> dict[str, Any]:
    """The members' columns in OpenFisca's types, ready to be set."""
    declared = {name: one for rule in COMPARED for name, one in find_rule(rule).inputs.items()}
    arrays: dict[str, Any] = {"crowd": members.crowds, "office": members.offices.astype(np.int32)}
    for name, column in members.columns.items():
        unit = declared[name].kind.unit
        if unit in _SCALE:
            arrays[name] = (column / _SCALE[unit]).astype(np.float32)
        elif unit is Unit.FLAG:
            arrays[name] = column.astype(bool)
        else:
            arrays[name] = column if unit is Unit.CODE else column.astype(np.int32)
    return arrays


def simulation(made: TaxBenefitSystem, arrays: dict[str, Any], size: int) -> Simulation:
    """A simulation with all inputs set."""
    built = SimulationBuilder().build_default_simulation(made, count=size)
    for name, array in arrays.items():
        built.set_input(name, PERIOD, array)
    return built


def _variable(name: str, value_type: type, default: object = 0) -> type:
    facts = {"value_type": value_type, "entity": PERSON, "definition_period": MONTH, "label": name}
    return type(name, (Variable,), {**facts, "default_value": value_type(default)})


def _enum(name: str) -> type:
    enum = ENUMS[name]
    facts = {"value_type": Enum, "possible_values": enum, "default_value": next(iter(enum)), "entity": PERSON}
    return type(name, (Variable,), {**facts, "definition_period": MONTH, "label": name})


def _parameters(book: Book) -> dict[str, Any]:
    """Every parameter on the day under its name; what depends on an enum as a node to be indexed by it."""
    paths = sorted({path for rule in COMPARED for path in find_rule(rule).parameters})
    tree: dict[str, Any] = {path.replace(".", "_"): _leaf(_plain(book, path)) for path in paths}
    crowds = CODES["crowd"].codes
    tree["down_payment"] = {home: _leaf(_plain(book, f"loan.down_payment.{home}")) for home in CODES["home"].codes}
    tree["loan_cap"] = {
        household: {crowd: _leaf(_plain(book, f"loan.cap.{household}", crowd=crowd)) for crowd in crowds}
        for household in CODES["household"].codes
    }
    for name, path in (("rent_limit", "withdrawal.rent.monthly_limit"), ("months_paid", "loan.months_paid")):
        tree[name] = {crowd: _leaf(_plain(book, path, crowd=crowd)) for crowd in crowds}
    (district,) = (row.scope.district for row in book.in_force(_RENT, ON) if row.scope.district)
    tree["rent_limit_in_district"] = _leaf(_plain(book, _RENT, district=district))
    return tree


def of(node: Any, *keys: Any) -> Any:
    """The parameter that depends on enums, as OpenFisca's documentation tells (fancy indexing), which looks row by row;
    tuned: as a NumPy table, which no documentation tells but a user in a hurry finds.
    """
    if not tuned:
        for key in keys:
            node = node[key]
        return node
    if len(keys) == 1:
        return np.array([node[name] for name in keys[0].possible_values.names], np.float32)[keys[0]]
    rows = [[node[one][two] for two in keys[1].possible_values.names] for one in keys[0].possible_values.names]
    return np.array(rows, np.float32)[keys[0], keys[1]]


def _leaf(value: object) -> dict[str, Any]:
    return {"values": {f"{ON:%Y}-01-01": {"value": value}}}


def _plain(book: Book, path: str, **scope: str) -> object:
    value, kind = book.resolve(path, ON, **scope).value, book.definition(path).kind
    assert isinstance(value, int)
    if kind.unit is Unit.FLAG:
        return bool(value)
    return value / _SCALE[kind.unit] if kind.unit in _SCALE else value


class contribution_base(Variable):  # noqa: N801 - OpenFisca's way of naming
    value_type, entity, definition_period, label = float, PERSON, MONTH, "缴存基数"

    def formula(self, period: Any, parameters: Any) -> Any:
        law = parameters(period)
        return np.clip(self("wage", period), law.contribution_base_floor, law.contribution_base_cap)


class contribution_monthly(Variable):  # noqa: N801
    value_type, entity, definition_period, label = float, PERSON, MONTH, "月缴存额"

    def formula(self, period: Any, parameters: Any) -> Any:
        law = parameters(period)
        base, unit = self("contribution_base", period), law.contribution_round_unit
        lowered = self("ratio_lowered", period)
        total, sound = 0, True
        for name in ("unit_ratio", "person_ratio"):
            ratio = self(name, period)
            total = total + np.floor(base * ratio / unit + 0.5) * unit
            enough = (ratio >= np.float32(law.contribution_ratio_floor)) + lowered
            sound = sound * enough * (ratio <= np.float32(law.contribution_ratio_cap))
        return np.where(sound, total, 0)


class loan_ceiling(Variable):  # noqa: N801
    value_type, entity, definition_period, label = float, PERSON, MONTH, "可贷额度"

    def formula(self, period: Any, parameters: Any) -> Any:
        law = parameters(period)
        home, term = self("home", period), self("term", period)
        second = home == ENUMS["home"].second
        by_price = self("price", period) * (1 - of(law.down_payment, home))
        counted = self("balance", period)
        if law.loan_balance_formula:
            counted = counted + self("monthly_deposit", period) * self("months_to_retirement", period)
        multiple = law.loan_balance_multiple * law.loan_liquidity_factor
        by_balance = np.maximum(counted * multiple, law.loan_guaranteed_minimum)
        short = term <= law.loan_rate_short_term
        yearly = np.where(
            second,
            np.where(short, law.loan_rate_second_home_le5y, law.loan_rate_second_home_gt5y),
            np.where(short, law.loan_rate_first_home_le5y, law.loan_rate_first_home_gt5y),
        )
        instalment = np.maximum(self("family_income", period) * law.loan_income_ratio - self("other_debt", period), 0)
        monthly = yearly / 12
        by_income = instalment * (1 - (1 + monthly) ** -term) / monthly
        crowd = self("crowd", period)
        cap = of(law.loan_cap, self("household", period), crowd)
        limit = np.minimum(np.minimum(by_price, by_balance), np.minimum(by_income, cap))
        sound = (
            (self("months_paid", period) >= of(law.months_paid, crowd))
            * (self("homes", period) <= law.loan_homes_most)
            * (self("loans_before", period) <= law.loan_loans_before_most)
            * ~self("loan_unsettled", period)
            * self("credit_sound", period)
            * (self("barred_until", period) <= _TODAY)
        )
        return np.where(sound, np.floor(limit / law.loan_round_unit) * law.loan_round_unit, 0)


class withdrawal_renovation(Variable):  # noqa: N801
    value_type, entity, definition_period, label = float, PERSON, MONTH, "装修提取额度"

    def formula(self, period: Any, parameters: Any) -> Any:
        law = parameters(period)
        available = np.maximum(self("balance", period) - law.withdrawal_retention, 0)
        share = np.floor(self("renovation_invoice", period) * law.withdrawal_renovation_invoice_share * 100) / 100
        by_area = law.withdrawal_renovation_per_area * self("area", period)
        amount = np.minimum(np.minimum(available, share), np.minimum(by_area, law.withdrawal_renovation_cap))
        sound = _allowed(self, period, law, "renovation") * (
            self("months_since_renovation", period) >= law.withdrawal_renovation_interval
        )
        return np.where(sound, amount, 0)


class withdrawal_rent(Variable):  # noqa: N801
    value_type, entity, definition_period, label = float, PERSON, MONTH, "租房提取额度"

    def formula(self, period: Any, parameters: Any) -> Any:
        law = parameters(period)
        crowd = self("crowd", period)
        elsewhere = (crowd == ENUMS["crowd"].multi_child) + (self("office", period) != _DISTRICT)
        monthly = np.where(elsewhere, of(law.rent_limit, crowd), law.rent_limit_in_district)
        rent, drawn = self("rent_paid", period), self("rent_withdrawn", period)
        months = self("rent_months", period)
        left = np.maximum(rent - drawn, 0)
        limited = np.maximum(monthly * months - drawn, 0)
        public = self("rental", period) == ENUMS["rental"].public
        available = np.maximum(self("balance", period) - law.withdrawal_retention, 0)
        amount = np.minimum(available, np.where(public, left, np.minimum(left, limited)))
        dear = True
        if law.withdrawal_rent_income_test:
            dear = rent > self("family_income", period) * months * law.withdrawal_rent_income_share
        sound = (
            _allowed(self, period, law, "rent")
            * (self("months_paid", period) >= law.withdrawal_rent_months_paid)
            * (self("homes_in_city", period) <= law.withdrawal_rent_homes_most)
            * dear
        )
        return np.where(sound, amount, 0)


_TODAY = (ON - type(ON)(1970, 1, 1)).days
#: The place among the offices of the district that has a rent limit of its own.
_DISTRICT = -1


def _allowed(persons: Any, period: Any, law: Any, reason: str) -> Any:
    listed = bool(law.withdrawal_reasons >> CODE_LISTS["reason"].place(reason) & 1)
    return listed * ~persons("frozen", period) * (persons("barred_until", period) <= _TODAY)
