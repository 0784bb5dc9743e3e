"""The parts that show a case: words for states and deadlines, order of tables, links, text that stays text."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.template import TemplateSyntaxError, engines
from django.template.loader import render_to_string
from django.test import RequestFactory

import anju.web
from anju.web import style_data
from anju.web.parts import (
    TONES,
    Answer,
    Due,
    Happening,
    Link,
    Material,
    MaterialState,
    Message,
    Sort,
    Step,
    Task,
    TaskState,
)
from anju.web.templatetags.anju_parts import icon, state_tag

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
WEB = Path(anju.web.__file__).parent
AT = datetime(2026, 3, 2, tzinfo=UTC)


def part(name: str, **context) -> str:
    return render_to_string(f"anju/parts/{name}.html", context)


@pytest.mark.parametrize(
    ("due", "text", "tone"),
    [
        (Due(left=2), "剩余 2 个工作日", "warn"),
        (Due(left=3), "剩余 3 个工作日", "good"),
        (Due(left=3, warn_within=5), "剩余 3 个工作日", "warn"),
        (Due(left=1, working_days=False), "剩余 1 天", "warn"),
        (Due(left=0), "今日到期", "warn"),
        (Due(left=-1, working_days=False), "已超期 1 天", "bad"),
        (Due(left=-12), "已超期 12 个工作日", "bad"),
        (Due(left=None, on=date(2026, 3, 2)), "计时停止", "quiet"),
    ],
)
def test_a_deadline_is_said_in_words(due, text, tone):
    drawn = part("due", due=due)
    assert f'<span class="due due-{tone}">{text}</span>' in drawn
    assert "暂定" not in drawn


def test_a_deadline_that_leans_on_an_unannounced_calendar_says_so():
    drawn = part("due", due=Due(left=9, on=date(2027, 1, 15), provisional=True))
    assert "暂定" in drawn
    assert '<time class="due-day" datetime="2027-01-15">2027-01-15</time>' in drawn
    assert part("due", due=None).strip() == ""


def test_every_state_of_a_case_has_a_colour_and_is_a_word():
    for code, word in style_data.STATES:
        assert state_tag(code, word) == f'<span class="tag tag-{TONES[code]}">{word}</span>'
    assert state_tag("never-heard", "新状态") == '<span class="tag tag-plain">新状态</span>'
    assert "<script>" not in state_tag(HOSTILE, HOSTILE)


def test_a_task_that_cannot_start_has_no_link():
    drawn = part(
        "tasks",
        tasks=[Task("核对", TaskState.BLOCKED, "/there/", "先填完"), Task("填写", TaskState.NOT_STARTED, "/here/")],
    )
    assert "/there/" not in drawn
    assert '<a href="/here/">填写</a>' in drawn
    assert "不能开始" in drawn
    assert "先填完" in drawn


def test_an_answer_says_what_its_link_changes():
    drawn = part("answers", answers=[Answer("地址", "一行\n二行", "/address/"), Answer("机构", "市直")])
    assert drawn.count("更改") == 1
    assert '<a href="/address/">更改<span class="visually-hidden">：地址</span></a>' in drawn
    assert "一行<br>二行" in drawn
    assert "未填写" in part("answers", answers=[Answer("邮箱", "")])


def test_history_shows_when_the_clock_stood_still():
    drawn = part("timeline", happenings=[Happening(AT, "甲", "要求补正", clock="stopped"), Happening(AT, "乙", "提交")])
    assert drawn.count("计时停止") == 1
    assert "2026-03-02 08:00" in drawn  # the center's own time
    assert 'datetime="2026-03-02T08:00:00+08:00"' in drawn


def test_hostile_text_is_text_in_every_part():
    texts = [
        part("tasks", tasks=[Task(HOSTILE, TaskState.NOT_STARTED, HOSTILE, HOSTILE)], label=HOSTILE),
        part("answers", answers=[Answer(HOSTILE, HOSTILE, HOSTILE)], title=HOSTILE, id="x"),
        part("timeline", happenings=[Happening(AT, HOSTILE, HOSTILE, HOSTILE)]),
        part("materials", materials=[Material(HOSTILE, MaterialState.MISSING, HOSTILE, HOSTILE, HOSTILE, HOSTILE)]),
        part("steps", steps=[Step(HOSTILE, "current", HOSTILE)]),
        part("message_list", notices=[Message(HOSTILE, AT, HOSTILE, HOSTILE, unread=True)], label=HOSTILE),
        part("notice", title=HOSTILE, text=HOSTILE, href=HOSTILE, link=HOSTILE, tone="warn"),
        part("empty", title=HOSTILE, text=HOSTILE, href=HOSTILE, link=HOSTILE),
        part("tabs", links=[Link(HOSTILE, HOSTILE)], label=HOSTILE),
        part("path", links=[Link(HOSTILE, HOSTILE), Link(HOSTILE, "")]),
        part("confirmation", title=HOSTILE, number=HOSTILE, next_steps=[HOSTILE], links=[Link(HOSTILE, HOSTILE)]),
        part("confirm", title=HOSTILE, text=HOSTILE, confirm=HOSTILE, back=HOSTILE),
        part("popover", id="x", title=HOSTILE, text=HOSTILE),
        part("navigation", links=[Link(HOSTILE, HOSTILE)]),
    ]
    for drawn in texts:
        assert "&lt;script&gt;" in drawn
        assert not re.search(r"<script|<img|\sstyle=", drawn)


class TestSort:
    def read(self, query: str) -> Sort:
        return Sort.read(RequestFactory().get(f"/?{query}"), allowed=["number", "due"], default="-due")

    def head(self, sort: Sort, key: str) -> str:
        source = "{% load anju_parts %}{% sort_header sort key '时限' 'amount' %}"
        return engines["django"].from_string(source).render({"sort": sort, "key": key})

    def test_the_order_comes_from_the_address_and_only_from_allowed_columns(self):
        assert self.read("") == Sort("due", descending=True)
        assert self.read("sort=number") == Sort("number", descending=False)
        for wrong in ("sort=password", "sort=--due", "sort=", "sort=due;drop"):
            assert self.read(wrong) == Sort("due", descending=True)

    def test_a_column_sorts_and_turns_round_and_begins_at_page_one(self):
        up, down = self.read("sort=due&item=U01&page=3"), self.read("sort=-due&item=U01")
        assert 'href="?item=U01&amp;sort=-due"' in self.head(up, "due")
        assert 'aria-sort="ascending"' in self.head(up, "due")
        assert 'href="?item=U01&amp;sort=due"' in self.head(down, "due")
        assert 'aria-sort="descending"' in self.head(down, "due")
        assert 'href="?item=U01&amp;sort=number"' in self.head(up, "number")
        assert "aria-sort" not in self.head(up, "number")


def test_an_icon_is_one_of_ours():
    assert icon("home").startswith('<svg class="icon"')
    for name in ("../parts/due", "nothing/../home", ""):
        with pytest.raises(TemplateSyntaxError):
            icon(name)


def test_every_token_that_a_style_uses_is_defined():
    styles = {path.name: path.read_text(encoding="utf-8") for path in (WEB / "static/anju").glob("*.css")}
    defined = set(re.findall(r"^\s*(--[\w-]+):", styles["tokens.css"], re.MULTILINE))
    used = {name for style in styles.values() for name in re.findall(r"var\((--[\w-]+)", style)}
    used |= {name for path in WEB.rglob("*.py") for name in re.findall(r"var\((--[\w-]+)", path.read_text())}
    assert used - defined == set()
    assert not re.search(
        r"url\(|@import|#[0-9a-f]{3,8}\b", "".join(s for n, s in styles.items() if n not in {"tokens.css", "print.css"})
    )


def test_every_style_sheet_is_linked_and_every_scheme_defines_the_same_colours():
    base = (WEB / "templates/anju/base.html").read_text(encoding="utf-8")
    for path in (WEB / "static/anju").glob("*.css"):
        assert f"anju/{path.name}" in base
    tokens = (WEB / "static/anju/tokens.css").read_text(encoding="utf-8")
    light, dark = (
        set(re.findall(r"(--[\w-]+): #", half)) for half in tokens.split("@media (prefers-color-scheme: dark)")
    )
    assert light == dark
