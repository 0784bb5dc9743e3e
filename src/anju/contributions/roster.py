"""The roster (汇缴清册): its rows, the rules that each row must keep, and the sentence for each rule broken.

Pure: no file and no database. Amounts in fen, ratios in ppm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number, parse_identity_number
from anju.kernel.money import YUAN, Fen, Rounding, divide, format_yuan
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, Ppm, parse_percent
from anju.kernel.text import clean_name, squeeze

#: No single monthly part may exceed this: far above any legal cap, it catches a slipped decimal point.
MAX_MONTHLY_PART: Fen = 50_000 * YUAN
#: The legal bounds of both ratios: 条例 Art. 18 and 建金〔2016〕74号.
RATIO_BOUNDS: tuple[Ppm, Ppm] = (parse_percent("5"), parse_percent("12"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """One person's month as the employer declares it; `row` is the row number in the file."""

    row: int
    account_number: str
    name: str
    identity_number: str
    base: Fen
    unit_amount: Fen
    person_amount: Fen

    @property
    def amount(self) -> Fen:
        return self.unit_amount + self.person_amount


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A broken rule: where (row as in Excel, column heading), the value as printed, a stable rule code, the remedy."""

    row: int
    column: str
    value: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster whose every row is in order."""

    unit_number: str
    unit_name: str
    month: Month
    rows: tuple[RosterRow, ...]

    @property
    def total(self) -> Fen:
        return sum(row.amount for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterTerms:
    """What a roster must agree with; None leaves a rule out. Ratios in ppm, bounds of the base in fen."""

    unit_number: str | None = None
    month: Month | None = None
    unit_ratio: Ppm | None = None
    person_ratio: Ppm | None = None
    base_floor: Fen | None = None
    base_cap: Fen | None = None


#: Headings in the order in which the template has them, by field.
HEADINGS = {
    "account_number": "个人账号",
    "name": "姓名",
    "identity_number": "证件号码",
    "base": "缴存基数",
    "unit_amount": "单位月缴存额",
    "person_amount": "个人月缴存额",
    "amount": "合计",
}


def read_account_number(text: str) -> str:
    """A personal account number: digits and letters, at most 20."""
    value = squeeze(text)
    if not 1 <= len(value) <= 20 or not value.isascii() or not value.isalnum():
        raise InvalidValueError(_("个人账号应为不超过 20 位的数字或字母"))
    return value


def read_name(text: str) -> str:
    """A person's name."""
    value = clean_name(text)
    if not 1 <= len(value) <= 60:
        raise InvalidValueError(_("姓名不能为空，且不超过 60 个字"))
    return value


def read_identity(text: str) -> str:
    """A resident identity number in its canonical form."""
    return parse_identity_number(text).value


def problem(row: int, field: str, value: str, error: AnjuError) -> RowProblem:
    """A problem of one cell; an identity number is shown masked."""
    shown = mask_identity_number(squeeze(value)) if field == "identity_number" else value[:60]
    return RowProblem(row, _(HEADINGS[field]), shown, error.code, error.message)


def check_row(row: RosterRow, declared_total: Fen | None, terms: RosterTerms) -> list[RowProblem]:
    """Rules of one row: amounts positive and in reach, total as declared, amounts = base x ratio, base in bounds."""
    found: list[RowProblem] = []

    def report(field: str, value: Fen, rule: str, message: str) -> None:
        found.append(RowProblem(row.row, _(HEADINGS[field]), format_yuan(value), rule, message))

    for field, value in (("base", row.base), ("unit_amount", row.unit_amount), ("person_amount", row.person_amount)):
        if value <= 0:
            report(field, value, "NOT_POSITIVE", _("必须大于零"))
        elif field != "base" and value > MAX_MONTHLY_PART:
            most = format_yuan(MAX_MONTHLY_PART)
            report(field, value, "TOO_LARGE", _("超过单月上限 {most} 元，请核对小数点").format(most=most))
    if found:
        return found
    if declared_total is not None and declared_total != row.amount:
        message = _("应等于单位与个人月缴存额之和 {sum}").format(sum=format_yuan(row.amount))
        report("amount", declared_total, "TOTAL_DIFFERS", message)
    if terms.base_floor is not None and row.base < terms.base_floor:
        report(
            "base",
            row.base,
            "BASE_BELOW_FLOOR",
            _("低于缴存基数下限 {floor}").format(floor=format_yuan(terms.base_floor)),
        )
    if terms.base_cap is not None and row.base > terms.base_cap:
        report("base", row.base, "BASE_ABOVE_CAP", _("高于缴存基数上限 {cap}").format(cap=format_yuan(terms.base_cap)))
    parts = (
        ("unit_amount", row.unit_amount, terms.unit_ratio),
        ("person_amount", row.person_amount, terms.person_ratio),
    )
    for field, value, ratio in parts:
        if ratio is None:
            low, high = (divide(row.base * bound, ONE, Rounding.HALF_UP) for bound in RATIO_BOUNDS)
            if not low - YUAN <= value <= high + YUAN:
                report(field, value, "RATIO_OUT_OF_BOUNDS", _("不在缴存基数的 5% 至 12% 之间"))
        elif value != (due := divide(row.base * ratio, ONE, Rounding.HALF_UP)):
            report(field, value, "AMOUNT_DIFFERS", _("应为缴存基数乘以比例：{due}").format(due=format_yuan(due)))
    return found


def check_duplicates(rows: Sequence[RosterRow]) -> list[RowProblem]:
    """One person and one account stand in a roster once; the later row is reported and names the earlier."""
    found: list[RowProblem] = []
    for field in ("identity_number", "account_number"):
        first: dict[str, int] = {}
        for row in rows:
            value = getattr(row, field)
            if value in first:
                message = _("与第 {row} 行重复").format(row=first[value])
                shown = mask_identity_number(value) if field == "identity_number" else value
                found.append(RowProblem(row.row, _(HEADINGS[field]), shown, "DUPLICATE", message))
            else:
                first[value] = row.row
    return found
