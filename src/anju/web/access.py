"""Who opens which page, by URL name: staff by role, the portals by kind of sign-in.

Enforced where the URL is declared, asked again by navigation and links. A page that is in neither table does not start.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.defaults import permission_denied

from anju.platform.models import Kind, Role, User

Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]

_EVERYBODY = frozenset(Role)
#: Totals and vouchers.
_BOOKS = frozenset({Role.DIRECTOR, Role.ACCOUNTANT, Role.AUDITOR})
#: One person's account.
_PERSONS = frozenset({Role.TELLER, Role.AUDITOR})
#: Who may stop a batch run or let it try again.
_OPERATORS = frozenset({Role.DIRECTOR, Role.ACCOUNTANT})
#: Cases: everybody but the two administrations.
_CASES = _EVERYBODY - {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}
#: Who serves people at the counter and at the hotline.
_COUNTER = frozenset({Role.TELLER, Role.SERVICE})

ROLES: Mapping[str, frozenset[Role]] = {
    "home": _EVERYBODY,
    "style": _EVERYBODY,
    "style-page": _EVERYBODY,
    "trial-balance": _BOOKS,
    "trial-balance-csv": _BOOKS,
    "subject": _BOOKS,
    "journal": _BOOKS,
    "annex-2": _BOOKS,
    "members": _PERSONS,
    "member": _PERSONS,
    "runs": _EVERYBODY,
    "run": _EVERYBODY,
    "run-problems-csv": _EVERYBODY,
    "run-cancel": _OPERATORS,
    "run-retry": _OPERATORS,
    "desk": _CASES,
    "desk-search": _CASES,
    "desk-case": _CASES,
    "desk-move": _CASES,
    "desk-claim": _CASES,
    "desk-reveal": _CASES,
    "desk-receipt": _CASES,
    "desk-file": _CASES,
    "desk-new": _COUNTER,
    "desk-start": _COUNTER,
    "desk-drafts": _COUNTER,
    "desk-form": _COUNTER,
    "catalogue": _EVERYBODY,
    "catalogue-item": _EVERYBODY,
    "messages": _EVERYBODY,
}

#: Pages of both portals, by what follows the portal's name in the URL name.
PORTAL_PAGES = (
    "home", "items", "item", "start", "cases", "case", "tasks", "question", "materials", "material-add",
    "material-remove", "file", "check", "done", "receipt", "withdraw", "reopen", "rate", "messages", "profile",
)  # fmt: skip
#: Where each kind of sign-in has its pages: the prefix of address and URL name.
PREFIXES: Mapping[Kind, str] = {Kind.UNIT: "employer", Kind.MEMBER: "member"}
PORTALS: Mapping[str, frozenset[Kind]] = {
    f"{prefix}-{page}": frozenset({kind}) for kind, prefix in PREFIXES.items() for page in PORTAL_PAGES
}


def viewer(request: HttpRequest) -> User:
    """The person who is signed in; pages behind the sign-in always have one."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def may_open(user: User | AnonymousUser, page: str) -> bool:
    """Whether this person's role or kind of sign-in opens the page of that URL name."""
    if not isinstance(user, User):
        return False
    if page in PORTALS:
        return user.kind in PORTALS[page]
    return user.kind == Kind.STAFF and user.role in ROLES[page]


def home_of(user: User | AnonymousUser) -> str:
    """The URL name of the page behind this person's own door."""
    prefix = PREFIXES.get(Kind(user.kind)) if isinstance(user, User) else None
    return f"{prefix}-home" if prefix else "home"


def guarded(view: View[Parameters], page: str) -> View[Parameters]:
    """The view, for those who may open `page`; others get a 403 that says whom the page is for, or which door is theirs.

    The front page leads everybody to the page behind their own door.
    """
    if (page in ROLES) == (page in PORTALS):
        raise LookupError(page)

    @wraps(view)
    def checked(request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponseBase:
        user = viewer(request)
        if page == "home" and home_of(user) != page:
            return redirect(home_of(user))
        if not may_open(user, page):
            return permission_denied(request, PermissionDenied(_refusal(user, page)))
        return view(request, *args, **kwargs)

    return checked


def _refusal(user: User, page: str) -> str:
    if page in PORTALS or user.kind != Kind.STAFF:
        return _wrong_door(user, PORTALS.get(page, frozenset({Kind.STAFF})))
    if not user.role:
        return _("您的账号还没有设置岗位，请联系系统管理员")
    allowed = _("、").join(str(role.label) for role in Role if role in ROLES[page])
    return _("此页面供{allowed}使用，您的岗位是{role}").format(allowed=allowed, role=user.get_role_display())


def _wrong_door(user: User, kinds: frozenset[Kind]) -> str:
    doors = {Kind.STAFF: _("工作台"), Kind.UNIT: _("单位网厅"), Kind.MEMBER: _("个人网厅")}
    allowed = _("、").join(str(kind.label) for kind in Kind if kind in kinds)
    words = _("此页面供{allowed}使用；您登录的是{kind}账号，请使用{door}")
    return words.format(allowed=allowed, kind=user.get_kind_display(), door=doors[Kind(user.kind)])
