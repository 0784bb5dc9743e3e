"""The forms of the pages: every message in full sentences, what was typed stays unless it is a secret."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anju.kernel.errors import AnjuError
from anju.kernel.identity import parse_identity_number
from anju.kernel.text import clean_name, squeeze
from anju.registry.search import Members, find_members

_FIRST_DAY, _FINAL_DAY = date(1990, 1, 1), date(2200, 12, 31)


class PeriodForm(forms.Form):
    """Two days, both included."""

    start = forms.DateField(
        label=_("开始日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": _("请填写开始日期"), "invalid": _("开始日期不存在，格式为 2024-01-31")},
    )
    end = forms.DateField(
        label=_("结束日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": _("请填写结束日期"), "invalid": _("结束日期不存在，格式为 2024-12-31")},
    )

    @classmethod
    def read(cls, query: QueryDict, default: tuple[date, date]) -> "PeriodForm":
        """The form filled from a query; a day that the query does not name is the default's."""
        start, end = default
        return cls({"start": query.get("start", start.isoformat()), "end": query.get("end", end.isoformat())})

    def clean_start(self) -> date:
        return _within_bounds(self.cleaned_data["start"])

    def clean_end(self) -> date:
        return _within_bounds(self.cleaned_data["end"])

    def clean(self) -> dict[str, Any]:
        """The period must not run backwards."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", gettext("结束日期早于开始日期，请调换或重选"))
        return self.cleaned_data

    @property
    def period(self) -> tuple[date, date]:
        """Start and end of a valid form."""
        return self.cleaned_data["start"], self.cleaned_data["end"]


class SecretInput(forms.TextInput):
    """An input whose value never comes back in a page."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class UnitSearchForm(forms.Form):
    """A unit by its number, credit code, name or pinyin."""

    text = forms.CharField(
        label=_("单位账号、名称、拼音或统一社会信用代码"), max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("名称可只填其中连续两个字以上；拼音可填首字母"),
        error_messages={"required": _("请填写单位账号、名称或拼音"), "max_length": _("内容过长，请精简")},
    )  # fmt: skip

    def clean_text(self) -> str:
        """One line of text."""
        return _searchable(self.cleaned_data["text"])


class PeopleSearchForm(forms.Form):
    """Somebody by name, pinyin, account, document or phone. What was typed is never written back into the page."""

    number = forms.CharField(
        label=_("姓名、拼音、个人账号、证件号码或手机号码"), max_length=40,
        widget=SecretInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("证件号码、手机号码须完整输入，它们不会出现在网址、页面或日志里；姓名、拼音可只填开头"),
        error_messages={
            "required": _("请填写姓名、个人账号、18 位证件号码或手机号码"), "max_length": _("号码过长，请核对"),
        },
    )  # fmt: skip

    def clean_number(self) -> str:
        """One line of text."""
        return _searchable(self.cleaned_data["number"])


class MemberSearchForm(PeopleSearchForm):
    """A search that tells why it found nobody: `found` holds what it did find."""

    found: Members

    def clean_number(self) -> str:
        """Search; a number that finds nobody is read as an identity number, to say what is wrong with it."""
        text = super().clean_number()
        self.found = find_members(text)
        if self.found.rows:
            return text
        number = squeeze(text)
        if not any(char.isdigit() for char in number):
            raise ValidationError(gettext("没有找到姓名或拼音以此开头的职工，请核对，或改用证件号码查询"))
        if len(number) >= 15 and number[:14].isdigit():
            try:
                parse_identity_number(number)
            except AnjuError as error:
                raise ValidationError(error.message) from None
        raise ValidationError(gettext("没有找到这个号码的账户，请逐位核对后重新输入"))


def _searchable(text: str) -> str:
    try:
        return clean_name(text)
    except AnjuError as error:
        raise ValidationError(error.message) from None


def _within_bounds(day: date) -> date:
    if not _FIRST_DAY <= day <= _FINAL_DAY:
        raise ValidationError(gettext("日期应在 1990 年至 2200 年之间"))
    return day
