"""Who opens which page: one table by URL name, enforced where the URL is declared, asked again by navigation and links."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.defaults import permission_denied

from anju.platform.models import Kind, Role, User
from anju.web.sign_in_doors import DOORS, home_of

Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[HttpRequest, Parameters], HttpResponse]

_EVERYBODY = frozenset(Role)
#: Totals and vouchers.
_BOOKS = frozenset({Role.DIRECTOR, Role.ACCOUNTANT, Role.AUDITOR})
#: One person's account.
_PERSONS = frozenset({Role.TELLER, Role.AUDITOR})
#: Who may stop a batch run or let it try again.
_OPERATORS = frozenset({Role.DIRECTOR, Role.ACCOUNTANT})
#: The three powers, each with pages of its own.
_SYSTEM, _SECURITY, _AUDIT = (frozenset({role}) for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR))
#: Every account, staff without a post included.
_ANYBODY = frozenset(Kind)

#: URL name → the roles of staff and the kinds of accounts that it opens to.
ROLES: Mapping[str, frozenset[Role | Kind]] = {
    "employer-home": frozenset({Kind.UNIT}),
    "member-home": frozenset({Kind.MEMBER}),
    "sign-out": _ANYBODY,
    "sessions": _ANYBODY,
    "password": _ANYBODY,
    "held": _ANYBODY,
    "second-factor": frozenset({Kind.STAFF}),
    "organisation": _EVERYBODY,
    "people": _SYSTEM | _SECURITY,
    "staff-account": _SYSTEM | _SECURITY,
    "staff-open": _SYSTEM,
    "staff-close": _SYSTEM,
    "staff-reopen": _SYSTEM,
    "staff-password": _SYSTEM,
    "staff-post": _SECURITY,
    "staff-second-factor": _SECURITY,
    "audit-log": _AUDIT,
    "audit-log-csv": _AUDIT,
    "member-activation": frozenset({Role.TELLER}),
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
}


def viewer(request: HttpRequest) -> User:
    """The person who is signed in; pages behind the sign-in always have one."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def may_open(user: User | AnonymousUser, page: str) -> bool:
    """Whether this person's role or kind opens the page of that URL name."""
    return isinstance(user, User) and not ROLES[page].isdisjoint({user.role, user.kind})


def guarded(view: View[Parameters], page: str) -> View[Parameters]:
    """The view, for those whose role or kind opens `page`; others get a 403 that says whom the page is for.

    The staff's home is where everybody lands without an address: a portal's account is led to its own.
    """
    assert page in ROLES, page

    @wraps(view)
    def checked(request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        user = viewer(request)
        if page == DOORS[Kind.STAFF].home and user.kind != Kind.STAFF:
            return redirect(home_of(user))
        if not may_open(user, page):
            return permission_denied(request, PermissionDenied(_refusal(user, page)))
        return view(request, *args, **kwargs)

    return checked


def _refusal(user: User, page: str) -> str:
    allowed = _("、").join(str(one.label) for one in (*Role, *Kind) if one in ROLES[page])
    if user.kind == Kind.STAFF and not user.role:
        return _("您的账号还没有设置岗位，请联系安全管理员")
    if user.kind == Kind.STAFF:
        return _("此页面供{allowed}使用，您的岗位是{role}").format(allowed=allowed, role=user.get_role_display())
    return _("此页面供{allowed}使用，您登录的是{kind}账号").format(allowed=allowed, kind=user.get_kind_display())
