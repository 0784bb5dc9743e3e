"""What the items of personal accounts share: the list of accounts that an applicant types, and what bills say of them."""

from collections.abc import Sequence

from anju.cases.declarations import Facts
from anju.cases.form_fields import WordsField
from anju.contributions.models import BillState, Contribution
from anju.contributions.rules import base_bounds
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan, parse_yuan
from anju.kernel.periods import Month
from anju.kernel.text import clean_name
from anju.registry.accounts import AT_ONCE, Deed, Joining
from anju.registry.models import Member
from anju.registry.operations import month_number, month_of


class NumbersField(WordsField):
    """Account numbers, one a line, each once: a tuple."""

    def __init__(self, **options: object) -> None:
        super().__init__(longest=AT_ONCE * 25, **options)

    def parse(self, text: str) -> tuple[str, ...]:  # type: ignore[override]
        return _once([clean_name(line) for line in text.splitlines() if line.strip()])


class BasesField(WordsField):
    """Lines of account number, name and new base in yuan, apart by spaces: tuples (number, name, base in fen)."""

    def __init__(self, **options: object) -> None:
        super().__init__(longest=AT_ONCE * 100, **options)

    def parse(self, text: str) -> tuple[tuple[str, str, int], ...]:  # type: ignore[override]
        lines = []
        for place, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
            parts = clean_name(line).split()
            if len(parts) < 3:
                raise InvalidValueError(_("第 {place} 行应为：个人账号 姓名 缴存基数").format(place=place))
            lines.append((parts[0], " ".join(parts[1:-1]), parse_yuan(parts[-1])))
        _once([line[0] for line in lines])
        return tuple(lines)


def _once(numbers: Sequence[str]) -> tuple[str, ...]:
    if len(set(numbers)) != len(numbers):
        raise InvalidValueError(_("有重复的个人账号，请每个账号只填一行"))
    if not 1 <= len(numbers) <= AT_ONCE:
        raise InvalidValueError(_("一次可办 1 至 {most} 个账户").format(most=AT_ONCE))
    return tuple(numbers)


def billed_fault(member: Member, last_month: Month) -> str:
    """Why nothing can end after `last_month`: a later month is on an employer's bill; empty: none is."""
    later = Contribution.objects.filter(member=member, own=False, month__gt=month_number(last_month))
    line = later.select_related("remittance__bill").order_by("-month").first()
    if line is None:
        return ""
    bill = line.remittance.bill
    if bill.state == BillState.OPEN:
        return _("已列入待缴款的缴款通知 {number}，请先撤销它").format(number=bill.number)
    return _("已缴至 {month}，止缴年月不能早于它").format(month=month_of(line.month))


def base_fault(base: int, month: Month) -> str:
    """Why a base is out of bounds; empty: it is within."""
    lowest, highest = base_bounds(month.first_day)
    if base <= 0 or (lowest is not None and base < lowest) or (highest is not None and base > highest):
        return _("缴存基数应在 {lowest} 至 {highest} 元之间").format(
            lowest=format_yuan(lowest or 1), highest="—" if highest is None else format_yuan(highest)
        )
    return ""


def line_faults(faults: Sequence[tuple[str, str]]) -> str:
    """The faults of lines (account number, reason) in one text; of many, the first twenty."""
    wrong = [f"{number}：{why}" for number, why in faults if why]
    more = _("；另有 {count} 个").format(count=len(wrong) - 20) if len(wrong) > 20 else ""
    return "；".join(wrong[:20]) + more


def deed(facts: Facts) -> Deed:
    """The deed of a case."""
    return Deed(business_date=facts.business_date, actor=facts.actor, at=facts.at, case=facts.case.number)


def joining(lines: Sequence[tuple[str, str, int]]) -> list[Joining]:
    """Who begins, of typed lines."""
    return [Joining(number, base) for number, _name, base in lines]
