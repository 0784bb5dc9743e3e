"""What the parts of pages are made of: each class here is the context of one template in `templates/anju/parts`.

Views fill these and templates only show them, so that a page cannot show a state without its word or a date without
its meaning. Nothing here knows a model, a clock or the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

#: How a state looks, by its code: the colour only repeats what the word says. A code that is not here is plain.
TONES = {
    "accepted": "info", "approved": "info", "running": "info",
    "supplement": "warn", "review": "warn", "booking": "warn", "payment": "warn", "partial": "warn",
    "completed": "good", "finished": "good",
    "rejected": "bad", "failed": "bad",
    "draft": "quiet", "withdrawn": "quiet", "void": "quiet", "cancelled": "quiet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a navigation or among tabs; `current` is "page", "true" (a page below it) or empty."""

    title: str
    href: str
    current: str = ""
    icon: str = ""
    count: int | None = None


class TaskState(TextChoices):
    """How far a part of an application is."""

    NOT_STARTED = "todo", _("未开始")
    STARTED = "started", _("进行中")
    WRONG = "wrong", _("需更正")
    DONE = "done", _("已完成")
    BLOCKED = "blocked", _("不能开始")


@dataclass(frozen=True, slots=True)
class Task:
    """A line of a task list. A task that cannot start has no link, and its hint says what comes before it."""

    title: str
    state: TaskState
    href: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, with the address where it can be changed (empty: it cannot)."""

    question: str
    answer: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of a case's history: when, who, what; `clock` is "stopped" or "resumed" where the deadline did so."""

    at: datetime
    who: str
    what: str
    note: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline as it stands today: days left (negative: overdue), or a clock that stands still (`left` None)."""

    left: int | None
    on: date | None = None
    working_days: bool = True
    provisional: bool = False
    warn_within: int = 2

    @property
    def text(self) -> str:
        """剩余 2 个工作日, 今日到期, 已超期 1 天, 计时停止."""
        if self.left is None:
            return gettext("计时停止")
        if self.left == 0:
            return gettext("今日到期")
        days = abs(self.left)
        if self.working_days:
            unit = ngettext("{days} 个工作日", "{days} 个工作日", days).format(days=days)
        else:
            unit = ngettext("{days} 天", "{days} 天", days).format(days=days)
        return (gettext("剩余 {unit}") if self.left > 0 else gettext("已超期 {unit}")).format(unit=unit)

    @property
    def tone(self) -> str:
        """Quiet while it stands still, warning when it comes near, bad on the last day's far side."""
        if self.left is None:
            return "quiet"
        if self.left < 0:
            return "bad"
        return "warn" if self.left <= self.warn_within else "good"


class MaterialState(TextChoices):
    """Where a material of a case comes from, or that it does not come."""

    SUBMITTED = "submitted", _("已提交")
    MISSING = "missing", _("缺少")
    DEFERRED = "deferred", _("容缺")
    SHARED = "shared", _("数据共享")
    DECLARED = "declared", _("告知承诺")


@dataclass(frozen=True, slots=True)
class Material:
    """A line of the list of materials; `action` is what can be done about it, at `action_href`."""

    title: str
    state: MaterialState
    detail: str = ""
    href: str = ""
    action: str = ""
    action_href: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a way; `state` is "done", "current" or "ahead"."""

    title: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A notice to a person; what it says in full stands at `href`."""

    title: str
    at: datetime
    href: str
    text: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of a table, by one of its columns; `query` is the rest of the address, ending in "&" or empty."""

    key: str
    descending: bool
    query: str = ""

    @classmethod
    def read(cls, request: HttpRequest, *, allowed: Sequence[str], default: str) -> "Sort":
        """The order that `?sort=` asks for ("-" before the key: descending), else the default's. Page 1 follows."""
        asked = request.GET.get("sort", default)
        if asked.removeprefix("-") not in allowed:
            asked = default
        rest = [(name, value) for name, value in request.GET.items() if name not in {"sort", "page"}]
        return cls(asked.removeprefix("-"), asked.startswith("-"), f"{urlencode(rest)}&" if rest else "")
