"""How forms are drawn: labels, hints and errors tied to their inputs, hostile text shown as text."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from anju.web.plain_forms import PlainForm
from anju.web.style_data import EVERYTHING_GROUPS, EverythingForm, Group, everything
from anju.web.templatetags.anju_forms import problems

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
CONTROLS = {"input", "select", "textarea"}


class Page(HTMLParser):
    """The elements of a piece of HTML, each with the labels it stands in."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def controls(self):
        return [a for tag, a in self.elements if tag in CONTROLS and a.get("type") != "hidden"]

    def values(self, attribute: str) -> list[str]:
        return [a[attribute] for _tag, a in self.elements if a.get(attribute)]


def show(source: str, **context) -> str:
    return engines["django"].from_string("{% load anju_forms %}" + source).render(context)


def all_groups(form: forms.Form) -> str:
    return show(
        "{% for group in groups %}{% field_group form group %}{% endfor %}", form=form, groups=EVERYTHING_GROUPS
    )


@pytest.mark.parametrize("source", ["{{ form }}", "groups"])
@pytest.mark.parametrize("wrong", [False, True])
def test_every_control_has_a_label_and_what_describes_it_is_there(source, wrong):
    form = everything(wrong=wrong)
    page = Page(all_groups(form) if source == "groups" else show(source, form=form))
    ids = page.values("id")
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert {control["name"] for control in page.controls()} == set(form.fields)
    assert (
        {control["id"] for control in page.controls()}
        == {target for target in page.values("for") if target in ids}
        == set(page.values("for"))
    )
    for described in page.values("aria-describedby"):
        assert set(described.split()) <= set(ids)


@pytest.mark.parametrize(
    ("name", "described"),
    [
        ("phone", "id_phone_error"), ("base", "id_base_helptext id_base_error"), ("email", "id_email_error"),
        ("agree", "id_agree_error"),
    ],
)  # fmt: skip
def test_an_input_is_described_by_its_hint_and_its_error(name, described):
    page = Page(all_groups(everything(wrong=True)))
    (control,) = [control for control in page.controls() if control["name"] == name]
    assert control["aria-describedby"] == described
    assert control["aria-invalid"] == "true"


def test_a_group_of_radios_is_a_fieldset_described_by_its_error():
    drawn = show("{{ form.channel.as_field_group }}", form=everything(wrong=True))
    assert '<fieldset aria-describedby="id_channel_error">' in drawn
    assert "<legend>办理渠道</legend>" in drawn
    assert drawn.index("<legend>") < drawn.index('id="id_channel_error"') < drawn.index("<input")


def test_what_was_typed_stays_when_it_was_wrong():
    (control,) = [c for c in Page(all_groups(everything(wrong=True))).controls() if c["name"] == "base"]
    assert control["value"] == "八千"


def test_optional_fields_and_only_they_are_marked():
    form = everything(wrong=False)
    for name, field in form.fields.items():
        marked = "选填" in show("{{ field.as_field_group }}", field=form[name])
        assert marked == (not field.required and name != "agree"), name


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("name", {"autocomplete": "name"}),
        ("identity", {"autocomplete": "off", "spellcheck": "false", "maxlength": "18"}),
        ("phone", {"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        ("email", {"type": "email", "autocomplete": "email"}),
        ("code", {"autocomplete": "one-time-code", "inputmode": "numeric"}),
        ("unit", {"autocomplete": "organization"}),
        ("birth", {"type": "date", "value": "1990-01-01"}),
        ("base", {"type": "text", "inputmode": "decimal"}),
        ("months", {"type": "text", "inputmode": "numeric"}),
        ("address", {"autocomplete": "street-address"}),
        ("paper", {"type": "file", "accept": "application/pdf,image/jpeg,image/png"}),
    ],
)
def test_an_input_brings_its_keyboard_and_what_the_browser_may_fill_in(name, attributes):
    (control,) = [c for c in Page(all_groups(everything(wrong=False))).controls() if c["name"] == name]
    assert {key: control.get(key) for key in attributes} == attributes


class HostileForm(forms.Form):
    text = forms.CharField(label=HOSTILE, help_text=HOSTILE)
    radios = forms.ChoiceField(label=HOSTILE, choices=[(HOSTILE, HOSTILE)], widget=forms.RadioSelect)
    boxes = forms.MultipleChoiceField(
        label=HOSTILE, choices=[(HOSTILE, [("a", HOSTILE)])], widget=forms.CheckboxSelectMultiple
    )
    tick = forms.BooleanField(label=HOSTILE, help_text=HOSTILE, required=False)
    area = forms.CharField(widget=forms.Textarea)

    def clean(self):
        self.add_error(None, HOSTILE)
        self.add_error("text", HOSTILE)
        self.add_error("tick", HOSTILE)


def test_hostile_text_is_shown_as_text():
    form = HostileForm({"text": HOSTILE, "area": f"</textarea>{HOSTILE}", "radios": HOSTILE})
    group = Group(HOSTILE, ("text", "area"), HOSTILE)
    drawn = show("{{ form }}", form=form) + show("{% field_group form group %}", form=form, group=group)
    assert drawn.count("&lt;script&gt;") > 12
    assert not {tag for tag, _attributes in Page(drawn).elements} & {"script", "img"}
    assert not [name for _tag, attributes in Page(drawn).elements for name in attributes if name.startswith("on")]


@given(st.text(max_size=40))
def test_no_value_breaks_out_of_its_input(value):
    form = HostileForm({"text": value, "area": value})
    assert len(Page(show("{{ form.text }}{{ form.area }}", form=form)).elements) == 2


class TestErrorSummary:
    def test_each_error_links_to_an_input_on_the_page(self):
        form = everything(wrong=True)
        found = problems(form)
        ids = Page(all_groups(form)).values("id")
        assert [problem.target for problem in found] == [
            "id_phone", "id_email", "id_base", "id_channel_0", "id_agree",
        ]  # fmt: skip
        assert {problem.target for problem in found} <= set(ids)
        drawn = show("{% error_summary form %}", form=form)
        assert re.findall(r'href="#(\w+)"', drawn) == [problem.target for problem in found]

    def test_it_takes_the_focus_and_is_announced(self):
        (box,) = [
            a for tag, a in Page(show("{% error_summary form %}", form=everything(wrong=True))).elements if tag == "div"
        ]
        assert box["role"] == "alert"
        assert box["tabindex"] == "-1"
        assert "autofocus" in box

    def test_a_formset_and_its_forms_are_read_in_the_order_of_the_page(self):
        class Line(forms.Form):
            amount = forms.IntegerField(error_messages={"required": "请填写金额"})
            hidden = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "行号缺失"})

        lines = forms.formset_factory(Line, min_num=1, validate_max=True, max_num=1)(
            {
                "form-TOTAL_FORMS": "2",
                "form-INITIAL_FORMS": "0",
                "form-0-amount": "",
                "form-1-amount": "x",
                "form-1-hidden": "1",
            }
        )
        found = problems([everything(wrong=False), lines])
        assert [(problem.message, problem.target) for problem in found][1:3] == [
            ("请填写金额", "id_form-0-amount"), ("行号缺失", ""),
        ]  # fmt: skip
        assert found[0].target == ""
        assert found[3].target == "id_form-1-amount"
        drawn = show("{% error_summary one two %}", one=everything(wrong=False), two=lines)
        assert drawn.count("<li>") == 4

    def test_it_is_not_there_without_errors(self):
        assert show("{% error_summary form %}", form=EverythingForm()).strip() == ""
        assert show("{% error_summary form %}", form=everything(wrong=False)).strip() == ""


def test_the_title_of_a_page_says_that_something_is_wrong_only_then():
    lines = forms.formset_factory(EverythingForm)

    def title(form) -> str:
        return render_to_string("anju/base.html", {"form": form}).split("<title>")[1].split("</title>")[0]

    sent = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-name": "甲"}
    assert title(everything(wrong=True)).startswith("有误：")
    assert title(lines(sent)).startswith("有误：")
    for form in (
        everything(wrong=False),
        lines(),
        lines(sent | {"form-INITIAL_FORMS": "0", "form-0-name": ""}),
        None,
        "x",
    ):
        assert not title(form).startswith("有误：")


class TestPlainWords:
    def test_what_is_missing_is_named(self):
        form = EverythingForm({})
        messages = {name: str(errors[0]) for name, errors in form.errors.items()}
        assert messages["phone"] == "请填写手机号码"
        assert messages["bank"] == "请选择收款银行"
        assert messages["agree"] == "请勾选：我承诺所填内容真实，愿意承担不实的责任"

    def test_what_is_wrong_is_named_with_what_would_be_right(self):
        wrong = {"base": "八千", "months": "x", "birth": "2024-02-30", "email": "张三@", "bank": "?", "name": "长" * 31}
        messages = {name: str(errors[0]) for name, errors in EverythingForm(wrong).errors.items() if name in wrong}
        assert messages == {
            "base": "月缴存基数（元）须是数字，例如 1234.56",
            "months": "补缴月数须是整数，例如 12",
            "birth": "出生日期不存在，格式为 2024-01-31",
            "email": "电子邮箱格式不对，例如 name@example.com",
            "bank": "收款银行只能从列出的各项中选择",
            "name": "姓名最多 30 个字，请缩短",
        }

    def test_a_label_with_a_percent_sign_breaks_no_message(self):
        class Share(PlainForm):
            share = forms.CharField(label="比例（%）", max_length=2)

        assert str(Share({"share": "100"}).errors["share"][0]) == "比例（%）最多 2 个字，请缩短"

    def test_a_message_of_the_field_itself_stays(self):
        class Own(PlainForm):
            day = forms.DateField(label="日期", error_messages={"required": "哪一天？"})
            paper = forms.FileField(label="证明")

        assert {name: str(e[0]) for name, e in Own({}).errors.items()} == {"day": "哪一天？", "paper": "请上传证明"}


def test_a_file_that_is_there_is_named_and_can_be_taken_out():
    class Stored:
        url = "/files/1/"

        def __str__(self) -> str:
            return HOSTILE

    class Paper(forms.Form):
        paper = forms.FileField(label="证明", required=False)

    drawn = show("{{ form.paper.as_field_group }}", form=Paper(initial={"paper": Stored()}))
    assert 'href="/files/1/"' in drawn
    assert "<img" not in drawn
    assert '<label for="paper-clear_id">删除这个文件</label>' in drawn


def test_groups_leave_out_fields_that_the_form_does_not_have():
    form = everything(wrong=False)
    del form.fields["email"]
    drawn = show("{% field_group form group 1 %}", form=form, group=EVERYTHING_GROUPS[0])
    assert "<h1>个人信息</h1>" in drawn
    assert 'name="email"' not in drawn
    assert 'name="phone"' in drawn
