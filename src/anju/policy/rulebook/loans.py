"""贷款: how much may be lent, for how long, and when a flexible worker may borrow."""

from anju.kernel.money import Rounding
from anju.kernel.rates import ONE
from anju.policy.codes import HOME, HOUSEHOLD, RETIREMENT_GROUP
from anju.policy.operations import Given, Law, Operations, T
from anju.policy.rulebook.inputs import BALANCE, BARRED_UNTIL, FAMILY_INCOME, MONTHS_PAID, SINCE_2019, not_barred
from anju.policy.rulebook.people import BIRTH_MONTH, age, retirement_month
from anju.policy.rules import Anchor, given, rule
from anju.policy.units import Unit

#: No loan lasts longer; it keeps the present value of an instalment in 64 bits.
MOST_TERM = 480
_TERM = given("贷款期限", Unit.MONTHS, low=1, high=MOST_TERM)


def by_price(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The price less the down payment."""
    down = op.pick(
        given["home"],
        {
            "first": law["loan.down_payment.first"],
            "second": law["loan.down_payment.second"],
            "affordable": law["loan.down_payment.affordable"],
        },
    )
    return op.times_ppm(given["price"], op.constant(ONE, Unit.PPM) - down, Rounding.DOWN)


def by_balance(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """A multiple of the balances, or of balances and deposits to come, by the liquidity factor; not below the minimum."""
    saved = given["balance"]
    coming = op.times(given["monthly_deposit"], given["months_to_retirement"])
    counted = op.pick(law["loan.balance_formula"], {"multiple": saved, "with_deposits": saved + coming})
    multiple = op.times_ppm(law["loan.balance_multiple"], law["loan.liquidity_factor"], Rounding.DOWN)
    return op.most(op.times_ppm(counted, multiple, Rounding.DOWN), law["loan.guaranteed_minimum"])


def by_income(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The loan whose level instalment is the permitted share of income less other debts, at the rate of term and home."""
    short = op.at_most("贷款期限按短期利率", given["term"], law["loan.rate.short_term"])
    first = op.when(short, law["loan.rate.first_home.le5y"], law["loan.rate.first_home.gt5y"])
    second = op.when(short, law["loan.rate.second_home.le5y"], law["loan.rate.second_home.gt5y"])
    rate = op.pick(given["home"], {"first": first, "second": second, "affordable": first})
    share = op.times_ppm(given["family_income"], law["loan.income_ratio"], Rounding.DOWN)
    return op.present_value(op.positive(share - given["other_debt"]), rate, given["term"])


def by_cap(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The policy's cap."""
    return op.pick(given["household"], {"single": law["loan.cap.single"], "couple": law["loan.cap.couple"]})


@rule(
    "loan-ceiling",
    title="个人住房公积金贷款可贷额度",
    anchor=Anchor.ACCEPTED,
    unit=Unit.FEN,
    inputs={
        "price": given("房屋总价", Unit.FEN),
        "home": given("住房类型", Unit.CODE, codes=HOME),
        "household": given("缴存情况", Unit.CODE, codes=HOUSEHOLD),
        "balance": BALANCE,
        "monthly_deposit": given("月缴存额", Unit.FEN, default=0, high=FAMILY_INCOME.high),
        "months_to_retirement": given("距退休月数", Unit.MONTHS, default=0),
        "family_income": FAMILY_INCOME,
        "other_debt": given("其他债务月还款额", Unit.FEN, default=0),
        "term": _TERM,
        "months_paid": MONTHS_PAID,
        "homes": given("家庭已有住房套数", Unit.COUNT, default=0),
        "loans_before": given("家庭已使用公积金贷款次数", Unit.COUNT, default=0),
        "loan_unsettled": given("公积金贷款尚未结清", Unit.FLAG, default=0),
        "credit_sound": given("个人征信符合要求", Unit.FLAG, default=1),
        "barred_until": BARRED_UNTIL,
    },
    parameters=(
        "loan.down_payment.first", "loan.down_payment.second", "loan.down_payment.affordable",
        "loan.balance_formula", "loan.balance_multiple", "loan.liquidity_factor", "loan.guaranteed_minimum",
        "loan.rate.short_term", "loan.rate.first_home.le5y", "loan.rate.first_home.gt5y",
        "loan.rate.second_home.le5y", "loan.rate.second_home.gt5y", "loan.income_ratio",
        "loan.cap.single", "loan.cap.couple", "loan.round_unit",
        "loan.months_paid", "loan.homes_most", "loan.loans_before_most",
    ),
    period=SINCE_2019,
    uses=(by_price, by_balance, by_income, by_cap, not_barred),
)  # fmt: skip
def loan_ceiling(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """The least of four limits, rounded down to the center's unit; nothing when a condition fails."""
    limit = op.least(
        op.named("按房屋总价和首付比例", by_price(op, given, law)),
        op.named("按缴存余额", by_balance(op, given, law)),
        op.named("按收入和还款能力", by_income(op, given, law)),
        op.named("政策最高额度", by_cap(op, given, law)),
    )
    return op.gate(
        op.floor_to(limit, law["loan.round_unit"]),
        op.at_least("连续足额缴存月数", given["months_paid"], law["loan.months_paid"]),
        op.at_most("家庭已有住房套数", given["homes"], law["loan.homes_most"]),
        op.at_most("已使用公积金贷款次数", given["loans_before"], law["loan.loans_before_most"]),
        op.fails("没有未结清的公积金贷款", given["loan_unsettled"]),
        op.holds("个人征信符合要求", given["credit_sound"]),
        not_barred(op, given),
    )


@rule(
    "loan-term",
    title="个人住房公积金贷款最长期限",
    anchor=Anchor.ACCEPTED,
    unit=Unit.MONTHS,
    inputs={
        "birth_month": BIRTH_MONTH,
        "retirement_group": given("法定退休年龄类别", Unit.CODE, codes=RETIREMENT_GROUP),
    },
    parameters=(
        "loan.term_most", "loan.after_retirement",
        "retirement.age.male", "retirement.age.female_55", "retirement.age.female_50",
    ),
    period=SINCE_2019,
    uses=(retirement_month, age),
)  # fmt: skip
def loan_term(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """Not beyond the longest term, nor beyond the retirement month and what is allowed after it."""
    final = op.add_months(retirement_month(op, given, law), law["loan.after_retirement"])
    left = op.positive(op.months_between(op.month_of(op.anchor), final))
    return op.least(op.named("最长贷款期限", law["loan.term_most"]), op.named("至退休后允许年限", left))


@rule(
    "flexible-loan-right",
    title="灵活就业人员申请贷款的资格",
    anchor=Anchor.ACCEPTED,
    unit=Unit.FLAG,
    inputs={
        "months_paid": MONTHS_PAID,
        "deposit_product": given("缴存积数", Unit.PRODUCT, default=0),
        "barred_until": BARRED_UNTIL,
    },
    parameters=("flexible.voluntary", "flexible.basis", "flexible.months_paid", "flexible.points"),
    period=SINCE_2019,
    uses=(not_barred,),
)
def flexible_loan_right(op: Operations[T], given: Given[T], law: Law[T]) -> T:
    """Enough months in a row, or enough money for long enough (积数), as the center counts it."""
    by_months = op.at_least("灵活就业连续缴存月数", given["months_paid"], law["flexible.months_paid"])
    by_points = op.at_least("灵活就业存贷积分", given["deposit_product"], law["flexible.points"])
    counted = op.pick(
        law["flexible.basis"],
        {"months": by_months, "points": by_points, "either": op.any_of(by_months, by_points)},
    )
    return op.all_of(op.holds("灵活就业人员可自愿缴存", law["flexible.voluntary"]), counted, not_barred(op, given))
