"""What stands in the navigation of each shell, by URL name; a link is shown to those who may open its page."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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


#: The page that takes a number from the search box of the staff's shell, by POST as `number`.
SEARCH = "members"
#: Where the name of the center leads, in each shell.
HOMES = {"staff": "home", "employer": "employer-home", "member": "member-home"}
_STAFF_ACCOUNTS = (
    "staff-account", "staff-open", "staff-close", "staff-reopen", "staff-password", "staff-post", "staff-second-factor",
)  # fmt: skip
_ACCOUNT = Entry("sessions", gettext_noop("我的登录"), ("password",), icon="person")
SHELLS: dict[str, tuple[Entry, ...]] = {
    "staff": (
        Entry("home", gettext_noop("业务指标")),
        Entry("trial-balance", gettext_noop("试算平衡表"), ("subject", "journal")),
        Entry("annex-2", gettext_noop("绩效自评")),
        Entry("members", gettext_noop("职工账户"), ("member",)),
        Entry("runs", gettext_noop("批量业务"), ("run", "run-cancel", "run-retry")),
        Entry("people", gettext_noop("人员账号"), _STAFF_ACCOUNTS),
        Entry("audit-log", gettext_noop("审计日志")),
        Entry("organisation", gettext_noop("机构")),
    ),
    "employer": (Entry("employer-home", gettext_noop("首页"), icon="home"), _ACCOUNT),
    "member": (Entry("member-home", gettext_noop("首页"), icon="home"), _ACCOUNT),
}


def links(shell: str, user: User | AnonymousUser, current: str | None) -> list[Link]:
    """The navigation of a shell for this person on the page of that URL name."""
    return [
        Link(
            title=_(entry.title),
            href=reverse(entry.page),
            current="page" if entry.page == current else "true" if current in entry.below else "",
            icon=entry.icon,
        )
        for entry in SHELLS[shell]
        if access.may_open(user, entry.page)
    ]
