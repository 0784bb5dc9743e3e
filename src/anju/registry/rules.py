"""Rules of the registry whose numbers stand in the policy book: asked of the center's book, or of the national pack.

A center whose store is still empty is held to the national pack that ships with the program.
"""

from datetime import date, timedelta

from anju.kernel.rates import Ppm
from anju.policy.access import plain_value
from anju.policy.errors import PolicyError
from anju.policy.packs import book
from anju.policy.parameters import NATIONAL
from anju.policy_store.errors import EmptyStoreError
from anju.policy_store.queries import snapshot


def in_force(path: str, on: date) -> int:
    """The value of a parameter on a day. Raises PolicyError when neither book nor pack has one."""
    try:
        return plain_value(snapshot().book.resolve(path, on))
    except (EmptyStoreError, PolicyError):
        return plain_value(book(NATIONAL).resolve(path, on))


def ratio_bounds(on: date) -> tuple[Ppm, Ppm]:
    """The lowest and the highest contribution ratio of a unit, and of a person (条例 Art. 18, 建金〔2016〕74号)."""
    return in_force("contribution.ratio.floor", on), in_force("contribution.ratio.cap", on)


def registration_deadline(established: date, on: date) -> date:
    """Until when a unit established on that day registers (条例 Art. 14): within 30 days."""
    return established + timedelta(days=in_force("unit.registration_days", on))


def accounts_deadline(registered: date, on: date) -> date:
    """Until when a unit that registered on that day opens its staff's accounts (条例 Art. 14): within 20 days."""
    return registered + timedelta(days=in_force("unit.accounts_days", on))


def change_deadline(changed: date, on: date) -> date:
    """Until when a unit tells of a merger, a split or another change of that day (条例 Art. 14): within 30 days."""
    return changed + timedelta(days=in_force("unit.change_days", on))


def ratio_changes_a_year(on: date) -> int:
    """How often a unit may adjust its ratios in a calendar year."""
    return in_force("unit.ratio_changes_per_year", on)
