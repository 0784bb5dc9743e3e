"""提取: how much may be drawn for rent, purchase, renovation and property fees. Each reason must be one of the text in force."""

from anju.kernel.money import Rounding
from anju.policy.codes import REASON, RENTAL
from anju.policy.operations import Given, Law, Operations, T
from anju.policy.rulebook.inputs import FAMILY_INCOME, MONTHS_PAID, OPEN_ACCOUNT, SINCE_2019, not_barred
from anju.policy.rules import Anchor, Flow, given, rule
from anju.policy.units import Unit


def available(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The balance less what must stay in the account."""
    return op.named("账户可用余额", op.positive(given["balance"] - law["withdrawal.retention"]))


def allowed(op: Operations[T], given: Given[T], law: Law[T], reason: str) -> T:
    """The reason is one of the text in force, the account is not frozen, its holder not barred."""
    return op.all_of(
        op.among("提取事由在条例所列范围内", op.code(REASON, reason), law["withdrawal.reasons"]),
        op.fails("账户未被冻结", given["frozen"]),
        not_barred(op, given),
    )


_SHARED = (available, allowed, not_barred)


def dear_enough(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """Until 2026-09-19 rent had to exceed a share of the family's wages; since then there is no such test."""
    wages = op.times(given["family_income"], given["rent_months"])
    share = op.times_ppm(wages, law["withdrawal.rent.income_share"], Rounding.DOWN)
    return op.any_of(
        op.fails("无须审核房租占收入比例", law["withdrawal.rent.income_test"]),
        op.more_than("房租超出家庭工资收入的规定比例", given["rent_paid"], share),
    )


@rule(
    "withdrawal-rent",
    title="租房提取额度",
    anchor=Anchor.ACCEPTED,
    unit=Unit.FEN,
    inputs={
        **OPEN_ACCOUNT,
        "rental": given("租住类型", Unit.CODE, codes=RENTAL),
        "rent_paid": given("期间实际房租", Unit.FEN),
        "rent_months": given("租住月数", Unit.MONTHS),
        "rent_withdrawn": given("同一期间已提取房租", Unit.FEN, default=0),
        "months_paid": MONTHS_PAID,
        "homes_in_city": given("本市自有住房套数", Unit.COUNT, default=0),
        "family_income": FAMILY_INCOME,
    },
    parameters=(
        "withdrawal.retention", "withdrawal.reasons", "withdrawal.rent.months_paid", "withdrawal.rent.monthly_limit",
        "withdrawal.rent.income_test", "withdrawal.rent.income_share", "withdrawal.rent.homes_most",
    ),
    period=SINCE_2019,
    flow=Flow.YEARLY,
    uses=(*_SHARED, dear_enough),
)  # fmt: skip
def withdrawal_rent(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """A public rental: the rent itself. The market: not above the monthly limit. Less what was drawn for the period."""
    left = op.named("实际房租减去已提取", op.positive(given["rent_paid"] - given["rent_withdrawn"]))
    most = op.times(law["withdrawal.rent.monthly_limit"], given["rent_months"])
    limited = op.named("租房提取限额减去已提取", op.positive(most - given["rent_withdrawn"]))
    amount = op.least(
        available(op, given, law), op.pick(given["rental"], {"public": left, "market": op.least(left, limited)})
    )
    return op.gate(
        amount,
        allowed(op, given, law, "rent"),
        op.at_least("连续足额缴存月数", given["months_paid"], law["withdrawal.rent.months_paid"]),
        op.at_most("本市自有住房套数", given["homes_in_city"], law["withdrawal.rent.homes_most"]),
        dear_enough(op, given, law),
    )


@rule(
    "withdrawal-purchase",
    title="购房提取额度",
    anchor=Anchor.ACCEPTED,
    unit=Unit.FEN,
    inputs={
        **OPEN_ACCOUNT,
        "price": given("房屋总价", Unit.FEN),
        "housing_loan": given("该房屋的公积金贷款额", Unit.FEN, default=0),
        "house_withdrawn": given("该房屋家庭累计已提取", Unit.FEN, default=0),
        "months_since_purchase": given("购房合同签订后月数", Unit.MONTHS),
    },
    parameters=("withdrawal.retention", "withdrawal.reasons", "withdrawal.purchase.window"),
    period=SINCE_2019,
    uses=_SHARED,
)
def withdrawal_purchase(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """Within the window; the whole family's withdrawals for the house never exceed its price less the loan."""
    cap = op.positive(given["price"] - given["housing_loan"])
    room = op.named("该房屋剩余可提取额度", op.positive(cap - given["house_withdrawn"]))
    return op.gate(
        op.least(available(op, given, law), room),
        allowed(op, given, law, "purchase"),
        op.at_most("购房合同签订后月数", given["months_since_purchase"], law["withdrawal.purchase.window"]),
    )


@rule(
    "withdrawal-renovation",
    title="装修提取额度",
    anchor=Anchor.ACCEPTED,
    unit=Unit.FEN,
    inputs={
        **OPEN_ACCOUNT,
        "renovation_invoice": given("装修发票金额", Unit.FEN),
        "area": given("房屋建筑面积", Unit.AREA),
        "months_since_renovation": given("距同一住房上次装修提取月数", Unit.MONTHS, default=1200),
    },
    parameters=(
        "withdrawal.retention", "withdrawal.reasons", "withdrawal.renovation.invoice_share",
        "withdrawal.renovation.per_area", "withdrawal.renovation.cap", "withdrawal.renovation.interval",
    ),
    period=SINCE_2019,
    uses=_SHARED,
)  # fmt: skip
def withdrawal_renovation(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """A share of the invoice, not above so much per square metre nor above the cap; the same home only after years."""
    share = op.times_ppm(given["renovation_invoice"], law["withdrawal.renovation.invoice_share"], Rounding.DOWN)
    by_area = op.times_area(law["withdrawal.renovation.per_area"], given["area"], Rounding.DOWN)
    return op.gate(
        op.least(
            available(op, given, law),
            op.named("按装修发票比例", share),
            op.named("按建筑面积", by_area),
            op.named("装修提取最高额度", law["withdrawal.renovation.cap"]),
        ),
        allowed(op, given, law, "renovation"),
        op.at_least(
            "距同一住房上次装修提取月数", given["months_since_renovation"], law["withdrawal.renovation.interval"]
        ),
    )


@rule(
    "withdrawal-property-fee",
    title="物业费提取额度",
    anchor=Anchor.ACCEPTED,
    unit=Unit.FEN,
    inputs={
        **OPEN_ACCOUNT,
        "property_fee": given("物业费发票金额", Unit.FEN),
        "property_fee_withdrawn": given("本年度已提取物业费", Unit.FEN, default=0),
    },
    parameters=("withdrawal.retention", "withdrawal.reasons", "withdrawal.property_fee.yearly_limit"),
    period=SINCE_2019,
    flow=Flow.YEARLY,
    uses=_SHARED,
)
def withdrawal_property_fee(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The fee paid, not above what the year's limit leaves."""
    left = op.positive(law["withdrawal.property_fee.yearly_limit"] - given["property_fee_withdrawn"])
    return op.gate(
        op.least(available(op, given, law), given["property_fee"], op.named("本年度剩余物业费限额", left)),
        allowed(op, given, law, "property_fee"),
    )
