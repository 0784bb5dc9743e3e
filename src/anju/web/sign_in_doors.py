"""Three doors, one for each kind of account, and the middleware that leads everybody who is not signed in to theirs.

What was typed into a form whose session had ended is held there (`sign_in_held`), for the account that typed it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anju.platform.models import Kind, Role, User
from anju.web import sign_in_held


@dataclass(frozen=True, slots=True)
class Door:
    """Where accounts of one kind sign in (a URL name), where they arrive, and for whom that is."""

    kind: Kind
    page: str
    home: str
    title: Any
    lead: Any
    prefix: str
    shell: str


DOORS: Mapping[Kind, Door] = {
    door.kind: door
    for door in (
        Door(Kind.STAFF, "sign-in", "home", gettext_lazy("工作人员登录"), gettext_lazy("供中心工作人员使用。"), "/", "staff"),
        Door(
            Kind.UNIT, "employer-sign-in", "employer-home", gettext_lazy("单位登录"),
            gettext_lazy("供缴存单位的经办人使用。"), "/employer/", "employer",
        ),
        Door(
            Kind.MEMBER, "member-sign-in", "member-home", gettext_lazy("个人登录"),
            gettext_lazy("供缴存职工本人使用。"), "/member/", "member",
        ),
    )
}  # fmt: skip


#: Whose day begins with the work list.
_AT_A_DESK = frozenset({Role.TELLER, Role.REVIEWER, Role.OFFICE_HEAD, Role.SERVICE})


def door_of(path: str) -> Door:
    """The door through which whoever opens this address comes; pages shared by all kinds belong to the staff's."""
    return next(
        (door for door in DOORS.values() if door.prefix != "/" and path.startswith(door.prefix)), DOORS[Kind.STAFF]
    )


def home_of(user: User) -> str:
    """The address where an account arrives: its work list for those who work cases, else the home of its door."""
    return reverse("desk" if user.role in _AT_A_DESK else DOORS[Kind(user.kind)].home)


def shell(request: HttpRequest) -> dict[str, str]:
    """Context of every page: the shell of whoever reads it, else of the portal that it belongs to."""
    user = getattr(request, "user", None)
    door = DOORS[Kind(user.kind)] if isinstance(user, User) else door_of(request.path)
    return {"shell_template": f"anju/shells/{door.shell}.html"}


class DoorMiddleware(LoginRequiredMiddleware):
    """Pages are closed unless declared open. Keeps what was typed, and forgets it when it was sent again."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Hold what a POST carries and lead to the right door."""
        kind = sign_in_held.remembered_kind(request) if door_of(request.path).kind == Kind.STAFF else None
        door = DOORS[kind] if kind else door_of(request.path)
        response = redirect_to_login(request.get_full_path(), reverse(door.page))
        if request.method == "POST":
            outcome = sign_in_held.hold(request, response, at=timezone.now())
            if outcome is sign_in_held.Outcome.HELD:
                messages.info(request, _("登录已过期，您填写的内容已保留，登录后可以继续"))
            elif outcome is sign_in_held.Outcome.TOO_LARGE:
                messages.error(request, _("登录已过期；提交的内容过大，没有保留，请返回上一页另存后再登录"))
        return response

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Remember whose browser this is; a held form that was accepted is held no longer."""
        user = getattr(request, "user", None)
        if isinstance(user, User):
            sign_in_held.remember(request, response, user)
            if request.method == "POST" and response.status_code < 400:
                sign_in_held.forget_used(request, user)
        return response
