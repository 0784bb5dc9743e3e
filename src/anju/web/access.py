"""Who opens which page: one table by URL name, enforced where the URL is declared, asked again by navigation and links."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.defaults import permission_denied

from anju.platform.models import Role, User

Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[HttpRequest, Parameters], HttpResponse]

_EVERYBODY = frozenset(Role)
#: Totals and vouchers.
_BOOKS = frozenset({Role.DIRECTOR, Role.ACCOUNTANT, Role.AUDITOR})
#: One person's account.
_PERSONS = frozenset({Role.TELLER, Role.AUDITOR})
#: Who may stop a batch run or let it try again.
_OPERATORS = frozenset({Role.DIRECTOR, Role.ACCOUNTANT})

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
}


def viewer(request: HttpRequest) -> User:
    """The person who is signed in; pages behind the sign-in always have one."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def may_open(user: User | AnonymousUser, page: str) -> bool:
    """Whether this person's role opens the page of that URL name."""
    return isinstance(user, User) and user.role in ROLES[page]


def guarded(view: View[Parameters], page: str) -> View[Parameters]:
    """The view, for those whose role opens `page`; others get a 403 that says whom the page is for."""
    roles = ROLES[page]

    @wraps(view)
    def checked(request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        user = viewer(request)
        if user.role not in roles:
            return permission_denied(request, PermissionDenied(_refusal(user, roles)))
        return view(request, *args, **kwargs)

    return checked


def _refusal(user: User, roles: frozenset[Role]) -> str:
    if not user.role:
        return _("您的账号还没有设置岗位，请联系系统管理员")
    allowed = _("、").join(str(role.label) for role in Role if role in roles)
    return _("此页面供{allowed}使用，您的岗位是{role}").format(allowed=allowed, role=user.get_role_display())
