"""That our results are exact: the four rules written a second time, plainly, over whole columns; and each case by itself.

The loan that an instalment pays off is taken in 80-bit floats, and in Python integers wherever those come near a whole fen.
"""

import random
from typing import Any

import numpy as np

from anju.policy.codes import CROWD, HOME, HOUSEHOLD, RENTAL
from anju.policy.decision import Case, decide
from anju.policy.rules import find_rule
from anju.policy.vector import Int64s
from bench.policy.members import COMPARED, MEMBERS, ON, Members

_ONE = 1_000_000


def plainly(members: Members) -> dict[str, Int64s]:
    """The four rules by plain integer arithmetic."""
    table = _Table(members)
    return {
        "contribution-monthly": _monthly(table),
        "loan-ceiling": _ceiling(table),
        "withdrawal-renovation": _renovation(table),
        "withdrawal-rent": _rent(table),
    }


def one_by_one(members: Members, results: dict[str, Int64s], sample: int) -> int:
    """How many of a sample's decisions differ from the column's."""
    wrong = 0
    for place in random.Random(7).sample(range(MEMBERS), sample):
        office = members.office_names[members.offices[place]]
        for name in COMPARED:
            rule = find_rule(name)
            inputs = {key: int(members.columns[key][place]) for key in rule.inputs if key in members.columns}
            case = Case(on=ON, inputs=inputs, district=office, crowd=CROWD.codes[members.crowds[place]])
            wrong += decide(rule, members.book, case).value != int(results[name][place])
    return wrong


class _Table:
    """Columns and parameters by name; a parameter that differs by scope as a column."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def __getitem__(self, name: str) -> Any:
        return self._members.columns[name]

    def law(self, path: str) -> Any:
        book, members = self._members.book, self._members
        pairs = [
            [book.resolve(path, ON, district=office, crowd=crowd).value for crowd in CROWD.codes]
            for office in members.office_names
        ]
        return np.array(pairs)[members.offices, members.crowds]


def _monthly(of: _Table) -> Int64s:
    base = np.minimum(np.maximum(of["wage"], of.law("contribution.base.floor")), of.law("contribution.base.cap"))
    unit, low, high = (of.law(f"contribution.{name}") for name in ("round_unit", "ratio.floor", "ratio.cap"))
    total, sound = np.zeros(MEMBERS, np.int64), np.ones(MEMBERS, bool)
    for name in ("unit_ratio", "person_ratio"):
        total += (2 * base * of[name] + unit * _ONE) // (2 * unit * _ONE) * unit
        sound &= (of[name] >= low) & (of[name] <= high)
    return total * sound


def _ceiling(of: _Table) -> Int64s:
    down = np.choose(of["home"], [of.law(f"loan.down_payment.{home}") for home in HOME.codes])
    by_price = of["price"] * (_ONE - down) // _ONE
    assert (of.law("loan.balance_formula") == 0).all()
    multiple = of.law("loan.balance_multiple") * of.law("loan.liquidity_factor") // _ONE
    by_balance = np.maximum(of["balance"] * (multiple // _ONE), of.law("loan.guaranteed_minimum"))
    assert (multiple % _ONE == 0).all()
    short = of["term"] <= of.law("loan.rate.short_term")
    rates = {
        kind: np.where(short, of.law(f"loan.rate.{kind}_home.le5y"), of.law(f"loan.rate.{kind}_home.gt5y"))
        for kind in ("first", "second")
    }
    rate = np.where(of["home"] == HOME.place("second"), rates["second"], rates["first"])
    paid = np.maximum(of["family_income"] * of.law("loan.income_ratio") // _ONE - of["other_debt"], 0)
    by_income = _present_value(paid, rate, of["term"])
    cap = np.choose(of["household"], [of.law(f"loan.cap.{household}") for household in HOUSEHOLD.codes])
    unit = of.law("loan.round_unit")
    limit = np.minimum(np.minimum(by_price, by_balance), np.minimum(by_income, cap)) // unit * unit
    sound = (of["months_paid"] >= of.law("loan.months_paid")) & (of["homes"] <= of.law("loan.homes_most"))
    sound &= (of["loans_before"] <= of.law("loan.loans_before_most")) & (of["loan_unsettled"] == 0)
    return limit * sound


def _present_value(paid: Int64s, rate: Int64s, term: Int64s) -> Int64s:
    monthly = rate.astype(np.longdouble) / (12 * _ONE)
    exact = paid * -np.expm1(-term * np.log1p(monthly)) / monthly
    loans = np.floor(exact).astype(np.int64)
    for place in np.flatnonzero(np.abs(exact - np.rint(exact)) < 1e-4):
        whole, grown = (12 * _ONE) ** int(term[place]), (12 * _ONE + int(rate[place])) ** int(term[place])
        loans[place] = int(paid[place]) * (grown - whole) * 12 * _ONE // (int(rate[place]) * grown)
    return loans


def _renovation(of: _Table) -> Int64s:
    law = {name: of.law(f"withdrawal.renovation.{name}") for name in ("invoice_share", "per_area", "cap", "interval")}
    share = of["renovation_invoice"] * law["invoice_share"] // _ONE
    by_area = law["per_area"] * of["area"] // 100
    amount = np.minimum(np.minimum(_available(of), share), np.minimum(by_area, law["cap"]))
    return amount * (of["months_since_renovation"] >= law["interval"])


def _rent(of: _Table) -> Int64s:
    left = np.maximum(of["rent_paid"] - of["rent_withdrawn"], 0)
    most = of.law("withdrawal.rent.monthly_limit") * of["rent_months"] - of["rent_withdrawn"]
    market = np.minimum(left, np.maximum(most, 0))
    amount = np.minimum(_available(of), np.where(of["rental"] == RENTAL.place("public"), left, market))
    assert (of.law("withdrawal.rent.income_test") == 0).all()
    sound = of["months_paid"] >= of.law("withdrawal.rent.months_paid")
    return amount * (sound & (of["homes_in_city"] <= of.law("withdrawal.rent.homes_most")))


def _available(of: _Table) -> Int64s:
    return np.maximum(of["balance"] - of.law("withdrawal.retention"), 0)
