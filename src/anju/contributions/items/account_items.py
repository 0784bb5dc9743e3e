"""What the items of personal accounts share: accounts that an applicant types or lists, and how faults are told."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from anju.cases.declarations import Facts
from anju.cases.form_fields import NumberField, WordsField
from anju.contributions.models_sheets import Sheet, SheetRow, SheetState
from anju.contributions.sheets.operations import SheetError, ready
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import parse_yuan
from anju.kernel.periods import Month
from anju.kernel.text import clean_name, squeeze
from anju.registry.accounts import AT_ONCE, Deed, Joining
from anju.registry.operations import month_number


class NumbersField(WordsField):
    """Account numbers, one a line, each once: a tuple."""

    def __init__(self, **options: object) -> None:
        super().__init__(longest=AT_ONCE * 25, **options)

    def parse(self, text: str) -> tuple[str, ...]:  # type: ignore[override]
        return _once([squeeze(clean_name(line)) for line in text.splitlines() if line.strip()])


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
            lines.append((squeeze(parts[0]), " ".join(parts[1:-1]), parse_yuan(parts[-1])))
        _once([line[0] for line in lines])
        return tuple(lines)


class SheetField(NumberField):
    """The number of a checked list, where everything else stands; empty for what is typed in the form itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=20, required=False, autocomplete="off", **options)

    def parse(self, text: str) -> str:
        return super().parse(text).upper()


class ListForm(forms.Form):
    """A form with `sheet`, the number of a list, and `members`: one of the two. With a list nothing else is asked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if str(self.data.get("sheet", "")).strip():
            for field in self.fields.values():
                field.required = False

    def clean(self) -> dict[str, Any]:
        """A list and typed accounts at once would leave open which is meant."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("sheet") and data.get("members"):
            self.add_error("sheet", _("名单编号与个人账号只能填一种，请清空其中之一"))
        return data


def waiting_list(unit: str, kind: str, month: Month | None = None) -> dict[str, Any]:
    """What a form begins with: the unit's list (of a month) that is ready for it, if there is one."""
    number = None if month is None else month_number(month)
    waiting = Sheet.objects.filter(unit__number=unit, kind=kind, month=number, state=SheetState.READY).first()
    return {} if waiting is None else {"sheet": waiting.number}


def list_unready(number: str, unit: str, kind: str) -> str:
    """Why the list cannot be used; empty when it can, or when there is none."""
    if not number:
        return ""
    try:
        ready(number=number, unit=unit, kind=kind)
    except SheetError as error:
        return error.message
    return ""


def list_rows(data: Mapping[str, Any], unit: str, kind: str) -> tuple[Sheet | None, Sequence[SheetRow]]:
    """The list that a preview shows and its first rows; None when there is none that is ready."""
    sheet = Sheet.objects.filter(
        number=data.get("sheet", ""), unit__number=unit, kind=kind, state=SheetState.READY
    ).first()
    if sheet is None:
        return None, ()
    return sheet, list(sheet.lines.select_related("member").order_by("line")[:AT_ONCE])


def list_subject(data: Mapping[str, Any]) -> str:
    """The subject of a case about a list."""
    return _("名单 {number}").format(number=data["sheet"])


def _once(numbers: Sequence[str]) -> tuple[str, ...]:
    if len(set(numbers)) != len(numbers):
        raise InvalidValueError(_("有重复的个人账号，请每个账号只填一行"))
    if not 1 <= len(numbers) <= AT_ONCE:
        raise InvalidValueError(_("一次可办 1 至 {most} 个账户").format(most=AT_ONCE))
    return tuple(numbers)


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
