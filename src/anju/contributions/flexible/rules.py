"""Who may join, and what one month of an agreement comes to."""

from datetime import date

from anju.contributions.rules import base_bounds, monthly_part, parameter, round_unit
from anju.kernel.identity import parse_identity_number
from anju.kernel.money import Fen
from anju.kernel.rates import Ppm
from anju.policy.codes import RETIREMENT_GROUP
from anju.policy.decision import Case, decide
from anju.policy.packs import book
from anju.policy.parameters import NATIONAL
from anju.policy.rules import find_rule
from anju.policy_store.errors import EmptyStoreError
from anju.policy_store.queries import snapshot
from anju.registry.rules import ratio_bounds

#: 劳动法 Art. 15: nobody works before this age, in months.
WORKING_AGE = 16 * 12


def of_working_age(identity: str, on: date) -> bool:
    """Whether a person is sixteen and below the statutory retirement age on a day, by month of birth and policy table.

    Women retire as those of 55 did: without an employer there is no post that would say 50.
    """
    who = parse_identity_number(identity)
    born = who.birth_date.year * 12 + who.birth_date.month - 1
    group = RETIREMENT_GROUP.place("male" if who.sex == "male" else "female_55")
    try:
        law = snapshot().book
    except EmptyStoreError:
        law = book(NATIONAL)
    inputs = {"birth_month": born, "retirement_group": group}
    retires = decide(find_rule("retirement-age"), law, Case(on=on, inputs=inputs)).value
    sixteen = (on.year - who.birth_date.year, (on.month, on.day)) >= (16, (who.birth_date.month, who.birth_date.day))
    return sixteen and on.year * 12 + on.month - 1 - born < retires


def both_ratios(on: date) -> tuple[Ppm, Ppm]:
    """Bounds of the one ratio that a flexible worker pays: both parts together (条例 Art. 18 and 49)."""
    lowest, highest = ratio_bounds(on)
    return 2 * lowest, 2 * highest


def monthly_amount(base: Fen, ratio: Ppm, on: date) -> Fen:
    """What one month comes to in fen: base × ratio, half-up once to the center's unit."""
    return monthly_part(base, ratio, round_unit(on))


def counted_amount(base: Fen, ratio: Ppm, *, free: bool, on: date) -> Fen:
    """For how much money one month counts: the agreed amount; paying freely, the least that a month may be."""
    floor = base_bounds(on)[0] or base
    return monthly_amount(min(base, floor), both_ratios(on)[0], on) if free else monthly_amount(base, ratio, on)


def subsidy_rate(on: date) -> Ppm:
    """Subsidy a year on the average balance: `flexible.subsidy_rate`, else none (spec 7)."""
    return parameter("flexible.subsidy_rate", on) or 0


def subsidy_after(on: date) -> int:
    """Months to have paid before a subsidy: `flexible.subsidy_after`, else twelve."""
    found = parameter("flexible.subsidy_after", on)
    return 12 if found is None else found


def subsidy_kept_after(on: date) -> int:
    """Months to have stayed for the subsidies to be kept at the exit: `flexible.subsidy_kept_after`, else 36."""
    found = parameter("flexible.subsidy_kept_after", on)
    return 36 if found is None else found


def exit_after(on: date) -> int:
    """Months to have stayed before an exit: `flexible.exit_after`, else none (进退双自由)."""
    return parameter("flexible.exit_after", on) or 0


def ahead_counts(on: date) -> bool:
    """Whether months paid ahead count for the loan right before they have come: `flexible.ahead_counts`, else not."""
    return bool(parameter("flexible.ahead_counts", on))
