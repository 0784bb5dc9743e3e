"""缴存: the base within its bounds, the monthly amount, and what a base declared too low leaves to be paid."""

from anju.kernel.money import Rounding
from anju.policy.operations import Given, Law, Operations, T
from anju.policy.rulebook.inputs import SINCE_2019, WAGE
from anju.policy.rules import Anchor, Flow, given, rule
from anju.policy.units import Unit


@rule(
    "contribution-base",
    title="缴存基数",
    anchor=Anchor.INTEREST_YEAR,
    unit=Unit.FEN,
    inputs={"wage": WAGE},
    parameters=("contribution.base.floor", "contribution.base.cap"),
    period=SINCE_2019,
)
def contribution_base(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """Last year's average monthly wage, not below the floor and not above the cap."""
    return op.named("缴存基数", clamped(op, law, given["wage"]))


def clamped(op: Operations[T], law: Law[T], wage: T) -> T:
    """A wage within the bounds of the base."""
    return op.clip(wage, law["contribution.base.floor"], law["contribution.base.cap"])


def part(op: Operations[T], law: Law[T], base: T, ratio: T) -> T:
    """The monthly part of one side: base × ratio, half-up once to the center's unit (fen or yuan)."""
    return op.times_ppm_to(base, ratio, law["contribution.round_unit"], Rounding.HALF_UP)


_UNIT_RATIO = given("单位缴存比例", Unit.PPM)
_PERSON_RATIO = given("个人缴存比例", Unit.PPM)
_APPROVED = given("已批准降低缴存比例（条例第二十条）", Unit.FLAG, default=0)


def ratio_in_bounds(op: Operations[T], given: Given[T], law: Law[T], ratio: T) -> T:
    """A ratio within the law's bounds; a lower one needs its approval."""
    enough = op.any_of(
        op.at_least("缴存比例不低于下限", ratio, law["contribution.ratio.floor"]),
        op.holds("已批准降低缴存比例", given["ratio_lowered"]),
    )
    return op.all_of(enough, op.at_most("缴存比例不高于上限", ratio, law["contribution.ratio.cap"]))


@rule(
    "contribution-monthly",
    title="月缴存额",
    anchor=Anchor.INTEREST_YEAR,
    unit=Unit.FEN,
    inputs={"unit_ratio": _UNIT_RATIO, "person_ratio": _PERSON_RATIO, "ratio_lowered": _APPROVED},
    parameters=("contribution.round_unit", "contribution.ratio.floor", "contribution.ratio.cap"),
    period=SINCE_2019,
    flow=Flow.MONTHLY,
    uses=(contribution_base, clamped, part, ratio_in_bounds),
)
def contribution_monthly(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """Both parts of a month, each rounded by itself. Zero when a ratio is outside its bounds."""
    base = contribution_base(op, given, law)
    unit = op.named("单位月缴存额", part(op, law, base, given["unit_ratio"]))
    person = op.named("个人月缴存额", part(op, law, base, given["person_ratio"]))
    return op.gate(
        unit + person,
        ratio_in_bounds(op, given, law, given["unit_ratio"]),
        ratio_in_bounds(op, given, law, given["person_ratio"]),
    )


@rule(
    "contribution-back-payment",
    title="缴存基数少报补缴额",
    anchor=Anchor.MONTH,
    unit=Unit.FEN,
    inputs={
        "wage": WAGE,
        "declared_base": given("已申报缴存基数", Unit.FEN, high=WAGE.high),
        "unit_ratio": _UNIT_RATIO,
        "person_ratio": _PERSON_RATIO,
        "short_months": given("少缴月数", Unit.MONTHS),
    },
    parameters=("contribution.base.floor", "contribution.base.cap", "contribution.round_unit"),
    period=SINCE_2019,
    uses=(clamped, part),
)
def contribution_back_payment(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """What the true base would have brought in the months less what the declared one did; both parts."""
    true_base = op.named("应缴基数", clamped(op, law, given["wage"]))
    short = [
        op.positive(part(op, law, true_base, ratio) - part(op, law, given["declared_base"], ratio))
        for ratio in (given["unit_ratio"], given["person_ratio"])
    ]
    each = op.named("单位每月少缴", short[0]) + op.named("个人每月少缴", short[1])
    return op.times(each, given["short_months"])
