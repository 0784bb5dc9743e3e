"""What stands in the navigation of each shell, by URL name; a link is shown to those who may open its page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anju.cases.messages import unread
from anju.platform.models import User
from anju.web import access
from anju.web.parts import Link


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of a navigation, with the pages that belong below it and the name of its icon."""

    page: str
    title: str
    below: tuple[str, ...] = ()
    icon: str = ""
    counts: Callable[[User], int] | None = None


def _below(prefix: str, *pages: str) -> tuple[str, ...]:
    return tuple(f"{prefix}-{page}" for page in pages)


#: Pages of a portal below "apply" and below "follow".
_APPLYING = ("item", "start", "tasks", "question", "materials", "material-add", "material-remove", "check")
_FOLLOWING = ("case", "done", "receipt", "withdraw", "reopen", "rate")


#: The page that takes a number from the search box of the staff's shell, by POST as `number`.
SEARCH = "desk-search"
#: Where the name of the center leads, in each shell.
HOMES = {"staff": "home", "employer": "employer-home", "member": "member-home"}
_STAFF_ACCOUNTS = (
    "staff-account", "staff-open", "staff-close", "staff-reopen", "staff-password", "staff-post", "staff-second-factor",
)  # fmt: skip
#: Entries that only one of the portals has.
_OWN: dict[str, tuple[Entry, ...]] = {
    "employer": (
        Entry(
            "employer-month",
            gettext_noop("汇缴"),
            _below("employer", "unit-members", "unit-months", "unit-ledger", "bill", "sheets", "sheet-new", "sheet"),
            "month",
        ),
    ),
    "member": (
        Entry("member-statement", gettext_noop("明细"), _below("member", "interest", "flexible", "bill"), "month"),
    ),
}
SHELLS: dict[str, tuple[Entry, ...]] = {
    "staff": (
        Entry("desk", gettext_noop("工作清单"), ("desk-case", "desk-move", "desk-reveal", "desk-receipt")),
        Entry("desk-new", gettext_noop("受理"), ("desk-start", "desk-form", "desk-drafts")),
        Entry("catalogue", gettext_noop("事项目录"), ("catalogue-item",)),
        Entry("messages", gettext_noop("消息"), counts=lambda user: unread(user=user)),
        Entry("home", gettext_noop("业务指标")),
        Entry("trial-balance", gettext_noop("试算平衡表"), ("subject", "journal")),
        Entry("annex-2", gettext_noop("绩效自评")),
        Entry("receipts", gettext_noop("到账")),
        Entry("bank-refusals", gettext_noop("未入账通知"), ("bank-refusal",)),
        Entry("debits", gettext_noop("委托收款")),
        Entry("arrears", gettext_noop("催缴雷达"), ("arrears-unit", "arrears-remind")),
        Entry("suspense", gettext_noop("暂收队列"), ("receipt",)),
        Entry(
            "units",
            gettext_noop("缴存单位"),
            (
                "unit",
                "unit-people",
                "unit-moves",
                "unit-changes",
                "unit-agent",
                "unit-powers",
                "unit-month",
                "unit-ledger",
                "desk-sheets",
                "desk-sheet-new",
                "desk-sheet",
            ),
        ),
        Entry("members", gettext_noop("职工账户"), ("member", "member-changes", "statement", "interest")),
        Entry("freezes", gettext_noop("冻结台账")),
        Entry("certificates", gettext_noop("证明"), ("certificate", "certificate-revoke")),
        Entry("letters", gettext_noop("异地转移"), ("letter",)),
        Entry("runs", gettext_noop("批量业务"), ("run", "run-cancel", "run-retry")),
        Entry("people", gettext_noop("人员账号"), _STAFF_ACCOUNTS),
        Entry("audit-log", gettext_noop("审计日志")),
        Entry("organisation", gettext_noop("机构")),
    ),
    **{
        prefix: (
            Entry(f"{prefix}-home", gettext_noop("首页"), icon="home"),
            *_OWN[prefix],
            Entry(f"{prefix}-items", gettext_noop("办事"), _below(prefix, *_APPLYING), "apply"),
            Entry(f"{prefix}-cases", gettext_noop("进度"), _below(prefix, *_FOLLOWING), "cases"),
            Entry(f"{prefix}-messages", gettext_noop("消息"), icon="bell", counts=lambda user: unread(user=user)),
            Entry(f"{prefix}-profile", gettext_noop("我的"), ("sessions", "password"), "person"),
        )
        for prefix in access.PREFIXES.values()
    },
}


def links(shell: str, user: User | AnonymousUser, current: str | None) -> list[Link]:
    """The navigation of a shell for this person on the page of that URL name."""
    return [
        Link(
            title=_(entry.title),
            href=reverse(entry.page),
            current="page" if entry.page == current else "true" if current in entry.below else "",
            icon=entry.icon,
            count=entry.counts(user) or None if entry.counts and isinstance(user, User) else None,
        )
        for entry in SHELLS[shell]
        if access.may_open(user, entry.page)
    ]
