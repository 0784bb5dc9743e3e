"""The three annexes of a self-evaluation as data: what was planned, what was done, what was printed.

Points and scores are integers in hundredths of a point; amounts carry their text as printed beside the exact fen.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from anju.evaluation.quantities import Unit, Value
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen

#: Hundredths of a point: 95.61 分 is 9561.
Points: TypeAlias = int
#: Annex 2 evaluates the department's whole spending (部门整体支出), annex 3 one project (项目支出).
Scope: TypeAlias = Literal["department", "project"]

#: The indicators that an evaluation may score, and the unit of each. Those that the ledger knows come first.
INDICATOR_UNITS: dict[str, Unit] = {
    "contributions": "fen",
    "withdrawals": "fen",
    "loans_granted": "fen",
    "value_added_income": "fen",
    "contribution_balance": "fen",
    "loan_balance": "fen",
    "withdrawal_rate": "ppm",
    "loan_to_deposit_ratio": "ppm",
    "overdue_rate": "ppm",
    "value_added_rate": "ppm",
    "new_units": "count",
    "new_members": "count",
    "paying_members": "count",
    "loans_granted_count": "count",
    "counter_satisfaction": "ppm",
    "department_spending": "fen",
    "project_spending": "fen",
    "withdrawal_decision_in_city": "degree",
    "withdrawal_decision_in_province": "degree",
    "loan_decision": "degree",
    "disbursement_deadline": "degree",
    "value_preserved": "degree",
    "value_preserved_lastingly": "degree",
    "housing_security": "degree",
    "purchase_burden": "degree",
}


class Rule(StrEnum):
    """How an indicator is scored."""

    UP = "up"  # the target is the least that should be reached
    DOWN = "down"  # the target is the most that may be reached
    RANGE = "range"
    QUALITATIVE = "qualitative"  # by degree of achievement
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as printed and in fen; an empty cell has neither."""

    text: str
    fen: Fen | None


@dataclass(frozen=True, slots=True)
class Target:
    """年度指标值: the text of the cell and the bounds it means, in the indicator's unit."""

    text: str
    at_least: Value | None = None
    at_most: Value | None = None


@dataclass(frozen=True, slots=True)
class SelfAssessment:
    """A score that the evaluators gave in place of the rule's, and why."""

    score: Points
    reason: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator row (三级指标). `code` and `points` are empty where it is not applicable.

    `actual` is the published figure in the indicator's unit, None when there is none; `actual_text` is its cell.
    """

    level1: str
    level2: str
    name: str
    rule: Rule
    target: Target
    actual_text: str
    actual: Value | None
    code: str = ""
    points: Points | None = None
    standard: str = ""
    deviation: str = ""
    self_assessed: SelfAssessment | None = None
    printed_score: Points | None = None


@dataclass(frozen=True, slots=True)
class FundRow:
    """A row of the funds in 万元: 年初预算数, 全年预算数 (after adjustment), 全年执行数."""

    label: str
    initial: Amount
    adjusted: Amount
    spent: Amount


@dataclass(frozen=True, slots=True)
class Funds:
    """The year's funds. `points` is the weight of the execution rate; printed values are kept for comparison."""

    parts: tuple[FundRow, ...]
    total: FundRow
    points: Points
    printed_rate: str
    printed_score: Points | None


@dataclass(frozen=True, slots=True)
class Split:
    """A row that splits the funds by source of income (left) and by kind of spending (right)."""

    income: str
    income_amount: Amount
    spending: str
    spending_amount: Amount


@dataclass(frozen=True, slots=True)
class SelfEvaluation:
    """Annex 2 or annex 3."""

    source: str
    scope: Scope
    caption: str
    title: str
    year: int
    department: str  # 预算部门名称, 主管部门
    project: str  # 项目支出名称, annex 3 only
    unit: str  # 实施单位, annex 3 only
    funds: Funds
    splits: tuple[Split, ...]  # annex 2 only
    goal: str
    accomplishment: str
    indicators: tuple[Indicator, ...]
    remark: str
    signature: str
    printed_total: Points | None


@dataclass(frozen=True, slots=True)
class Staff:
    """财政供养人员: posts approved, people in post at year end, and the printed ratio of the two."""

    posts: int
    employed: int
    printed_rate: str


@dataclass(frozen=True, slots=True)
class ExpenseRow:
    """A row of 经费控制情况 in 万元: last year's accounts, this year's budget, this year's accounts."""

    label: str
    previous: str
    budget: str
    spent: str


@dataclass(frozen=True, slots=True)
class Buildings:
    """楼堂馆所控制情况: approved and actual area (㎡), budgeted and actual investment (万元), and the two ratios."""

    label: str
    approved_area: str
    actual_area: str
    area_rate: str
    budgeted: str
    invested: str
    investment_rate: str


@dataclass(frozen=True, slots=True)
class BasicData:
    """Annex 1."""

    source: str
    caption: str
    title: str
    year: int
    staff: Staff
    expenses: tuple[ExpenseRow, ...]
    buildings: Buildings
    thrift: str
    remark: str
    signature: str


@dataclass(frozen=True, slots=True)
class Annexes:
    """The three annexes of one year's report."""

    basic: BasicData
    department: SelfEvaluation
    project: SelfEvaluation

    @property
    def year(self) -> int:
        """The year that all three are about."""
        return self.basic.year

    @property
    def evaluations(self) -> tuple[SelfEvaluation, SelfEvaluation]:
        """Annexes 2 and 3."""
        return self.department, self.project


def format_points(points: Points, *, trim: bool = False) -> str:
    """Hundredths of a point as text: 761 → "7.61"; trimmed, 500 → "5"."""
    text = f"{points // 100}.{points % 100:02d}"
    return text.rstrip("0").rstrip(".") if trim else text


def source_name(source: str) -> str:
    """What a reader calls a source."""
    return {"published": _("公布值"), "ledger": _("账簿")}.get(source, source)
