"""A family draws for one house: each in turn, and together never more than the house leaves to be paid."""

from collections.abc import Mapping, Sequence

from anju.policy.decision import Case, Decision, decide
from anju.policy.parameters import Book
from anju.policy.rules import find_rule

_RULE, _DRAWN = "withdrawal-purchase", "house_withdrawn"


def family_purchase(book: Book, case: Case, people: Sequence[Mapping[str, int]]) -> list[Decision]:
    """One decision a person, in the order given. `case` has what they share; a person's inputs go over it.

    What earlier ones draw counts as drawn for the later ones. Raises what `decide` raises.
    """
    drawn = case.inputs.get(_DRAWN, 0)
    decisions = []
    for person in people:
        inputs = {**case.inputs, **person, _DRAWN: drawn}
        one = Case(on=case.on, inputs=inputs, district=case.district, crowd=case.crowd)
        decisions.append(decide(find_rule(_RULE), book, one))
        drawn += decisions[-1].value
    return decisions
