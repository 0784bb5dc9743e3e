"""Fields of application forms: what people type becomes the canonical value, or a sentence that says what to do."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from anju.cases import form_fields as fields
from anju.contributions.items.account_items import BasesField, NumbersField
from anju.kernel.periods import Month

READ = [
    (fields.RatioField, {}, "７．５％", 75_000),
    (fields.RatioField, {}, "12.00", 120_000),
    (fields.MoneyField, {}, "￥1,234.5", 123_450),
    (fields.MonthField, {}, " 202605 ", Month(2026, 5)),
    (fields.DayField, {}, "２０２６年５月１１日", date(2026, 5, 11)),
    (fields.DayField, {}, "2026/5/1", date(2026, 5, 1)),
    (fields.DayField, {}, "20260511", date(2026, 5, 11)),
    (fields.PhoneField, {}, "+86 138-1234-5678", "13812345678"),
    (fields.CountField, {"lowest": 1, "highest": 28}, "２８", 28),
    (fields.NameField, {}, "　欧阳 • 明 ", "欧阳 · 明"),
    (fields.NumberField, {}, "６３９ ３６１６２４３\u200b", "6393616243"),
    (NumbersField, {}, "６３９３ \n 6394", ("6393", "6394")),
    (BasesField, {}, "６３９３　王小明　５０００", (("6393", "王小明", 500_000),)),
    (fields.WordsField, {}, " 一\n\n 二 ", "一\n\n二"),
    (fields.PostcodeField, {}, "４１４０００", "414000"),
    (fields.PhoneField, {"required": False}, " ", ""),
]
REFUSED = [
    (fields.RatioField, {}, "5.005", "最多两位小数"),
    (fields.RatioField, {}, "-5", "百分数"),
    (fields.MoneyField, {}, "-1", "不能为负"),
    (fields.MoneyField, {}, "1.234", "最多两位小数"),
    (fields.MonthField, {}, "2026-13", "YYYY-MM"),
    (fields.MonthField, {}, "2200-12", "1991-01 至 2150-12"),  # months are counted on from it
    (fields.MonthField, {}, "1990-01", "1991-01 至 2150-12"),  # and back
    (fields.NumberField, {}, "6\x0712", "控制字符"),
    (fields.DayField, {}, "2026-02-29", "日期应为"),
    (fields.DayField, {}, "11.05.2026", "日期应为"),
    (fields.CountField, {"lowest": 1, "highest": 28}, "29", "1 至 28"),
    (fields.CountField, {"lowest": 1, "highest": 28}, "1.0", "1 至 28"),
    (fields.NameField, {"longest": 5}, "一二三四五六", "最多 5 个字，现有 6 个"),
    (fields.NameField, {}, "甲\x07乙", "控制字符"),
    (fields.IdentityField, {}, "430602900101123", "15 位"),
    (fields.NameField, {}, "", "请填写此项"),
]


@pytest.mark.parametrize(("kind", "options", "typed", "value"), READ)
def test_what_people_type_is_read_as_meant(kind, options, typed, value):
    assert kind(**options).clean(typed) == value


@pytest.mark.parametrize(("kind", "options", "typed", "told"), REFUSED)
def test_what_breaks_a_rule_is_told(kind, options, typed, told):
    with pytest.raises(ValidationError, match=told):
        kind(**options).clean(typed)


def test_a_field_tells_the_browser_what_it_is():
    assert fields.PhoneField().widget.attrs == {"autocomplete": "tel-national", "inputmode": "tel"}
    assert fields.PhoneField(autocomplete="off").widget.attrs["autocomplete"] == "off"


def test_codes_are_asked_for_when_a_form_is_made():
    known = [("a", "甲")]
    field = fields.CodeField(codes=lambda: known)
    assert field.clean("a") == "a"
    known.append(("b", "乙"))
    assert field.clean("b") == "b"
    with pytest.raises(ValidationError, match="没有此选项"):
        field.clean("c")
