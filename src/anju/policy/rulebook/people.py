"""Persons: the statutory retirement age, and for how long fraud bars from withdrawals and loans."""

from anju.policy.codes import FRAUD, RETIREMENT_GROUP
from anju.policy.operations import Given, Law, Operations, T
from anju.policy.rulebook.inputs import SINCE_2019
from anju.policy.rules import Anchor, given, rule
from anju.policy.units import Unit

BIRTH_MONTH = given("出生年月", Unit.MONTH, low=1930 * 12, high=2020 * 12)


def retirement_month(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The month in which the statutory age is reached."""
    return op.add_months(given["birth_month"], age(op, given, law))


def age(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The statutory age by the table of the group; a table and not a formula, as the law prints one."""
    born = given["birth_month"]
    return op.pick(
        given["retirement_group"],
        {
            "male": op.look_up(law.table("retirement.age.male"), born),
            "female_55": op.look_up(law.table("retirement.age.female_55"), born),
            "female_50": op.look_up(law.table("retirement.age.female_50"), born),
        },
    )


@rule(
    "retirement-age",
    title="法定退休年龄",
    anchor=Anchor.ACCEPTED,
    unit=Unit.MONTHS,
    inputs={
        "birth_month": BIRTH_MONTH,
        "retirement_group": given("法定退休年龄类别", Unit.CODE, codes=RETIREMENT_GROUP),
    },
    parameters=("retirement.age.male", "retirement.age.female_55", "retirement.age.female_50"),
    period=SINCE_2019,
    uses=(age,),
)
def retirement_age(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The statutory age in months."""
    return op.named("法定退休年龄", age(op, given, law))


@rule(
    "fraud-ban",
    title="骗提骗贷限制期截止日",
    anchor=Anchor.ACT,
    unit=Unit.DAY,
    inputs={
        "fraud": given("行为种类", Unit.CODE, codes=FRAUD),
        "decided": given("认定日期", Unit.DAY),
    },
    parameters=("fraud.ban.withdrawal", "fraud.ban.loan"),
    period=SINCE_2019,
)
def fraud_ban(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The first day that is free again. The anchor is the day of the act: for one before 2026-09-20 there is no ban, and
    the result is the day of the decision itself. Either kind bars both withdrawals and loans until then.
    """
    months = op.pick(given["fraud"], {"withdrawal": law["fraud.ban.withdrawal"], "loan": law["fraud.ban.loan"]})
    return op.add_months(given["decided"], op.named("限制期", months))
