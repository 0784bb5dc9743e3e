"""Code lists that parameters, inputs and rules share: a code is its place in its list, so codes compute as integers.

A list only grows at its end: places are stored with decisions.
"""

from dataclasses import dataclass

from anju.kernel.i18n import gettext as _
from anju.policy.errors import WrongUnitError


@dataclass(frozen=True, slots=True)
class CodeList:
    """A closed list of codes, each with the Chinese words for it."""

    name: str
    labels: dict[str, str]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in their places."""
        return tuple(self.labels)

    def place(self, code: str) -> int:
        """The place of a code. Raises WrongUnitError for one that is not in the list."""
        try:
            return self.codes.index(code)
        except ValueError:
            raise WrongUnitError(
                _("“{code}”不在代码表 {name} 中；可用：{codes}").format(
                    code=code[:40], name=self.name, codes="、".join(self.labels)
                )
            ) from None

    def __len__(self) -> int:
        return len(self.labels)


#: Groups of persons for whom a value of its own may be in force.
CROWD = CodeList(
    "crowd", {"general": "一般职工", "multi_child": "多子女家庭", "talent": "人才", "flexible": "灵活就业人员"}
)
#: 提取原因: the cases of 条例 Art. 24 in both texts, and death.
REASON = CodeList(
    "reason",
    {
        "purchase": "购买住房",
        "build": "建造、翻建、大修自住住房",
        "retirement": "离休、退休",
        "disability": "完全丧失劳动能力并终止劳动关系",
        "emigration": "出境定居",
        "repay_loan": "偿还购房贷款本息",
        "rent": "支付房租",
        "renovation": "装修自住住房",
        "property_fee": "支付自住住房物业费",
        "other_consumption": "国务院批准的其他住房消费",
        "death": "死亡",
    },
)
RENTAL = CodeList("rental", {"market": "市场租赁住房", "public": "公租房"})
HOUSEHOLD = CodeList("household", {"single": "单人缴存", "couple": "夫妻双方缴存"})
HOME = CodeList("home", {"first": "首套住房", "second": "第二套住房", "affordable": "配售型保障性住房"})
BALANCE_FORMULA = CodeList("balance_formula", {"multiple": "余额倍数", "with_deposits": "余额加预计缴存额的倍数"})
FLEXIBLE_BASIS = CodeList("flexible_basis", {"months": "按连续缴存月数", "points": "按存贷积分", "either": "两者之一"})
RETIREMENT_GROUP = CodeList(
    "retirement_group", {"male": "男职工", "female_55": "原法定退休年龄五十五周岁的女职工", "female_50": "原法定退休年龄五十周岁的女职工"}
)  # fmt: skip
FRAUD = CodeList("fraud", {"withdrawal": "骗提住房公积金", "loan": "骗取住房公积金贷款"})

CODE_LISTS = {
    codes.name: codes
    for codes in (
        CROWD, REASON, RENTAL, HOUSEHOLD, HOME, BALANCE_FORMULA, FLEXIBLE_BASIS, RETIREMENT_GROUP, FRAUD,
    )
}  # fmt: skip
