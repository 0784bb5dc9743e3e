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
from anju.web.sign_in_doors import DOORS, home_of

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
#: Who looks at money that somebody else paid.
_LOOKERS = frozenset({Role.TELLER, Role.REVIEWER, Role.ACCOUNTANT, Role.OFFICE_HEAD})
#: The three powers, each with pages of its own.
_SYSTEM, _SECURITY, _AUDIT = (frozenset({role}) for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR))
#: Every account, staff without a post included.
_ANYBODY = frozenset(Kind)

#: URL name → the roles of staff and the kinds of accounts that it opens to.
ROLES: Mapping[str, frozenset[Role | Kind]] = {
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
    "receipts": frozenset({Role.ACCOUNTANT}),
    "bank-refusals": _BOOKS,
    "bank-refusal": frozenset({Role.ACCOUNTANT}),
    "debits": frozenset({Role.ACCOUNTANT}),
    "debit-list": frozenset({Role.ACCOUNTANT}),
    "suspense": _CASES,
    "suspense-begin": _COUNTER,
    "suspense-pay": frozenset({Role.TELLER, Role.ACCOUNTANT}),
    "receipt": _CASES,
    "receipt-look": _LOOKERS,
    "arrears": _CASES,
    "arrears-csv": _CASES,
    "arrears-unit": _CASES,
    "arrears-remind": frozenset({Role.TELLER}),
    "member-changes": _PERSONS,
    "statement": _PERSONS,
    "statement-issue": frozenset({Role.TELLER}),
    "interest": _PERSONS,
    "interest-issue": frozenset({Role.TELLER}),
    "units": _CASES,
    "unit": _CASES,
    "unit-people": _PERSONS,
    "unit-moves": _PERSONS,
    "freezes": _PERSONS | {Role.REVIEWER},
    "unit-changes": _PERSONS,
    "unit-agent": frozenset({Role.TELLER}),
    "unit-powers": frozenset({Role.TELLER}),
    "letters": _CASES,
    "letter": _CASES,
    "certificates": _PERSONS | {Role.REVIEWER},
    "certificate": _PERSONS | {Role.REVIEWER},
    "certificate-pdf": frozenset({Role.TELLER}),
    "certificate-revoke": frozenset({Role.REVIEWER}),
    "unit-month": _CASES,
    "unit-ledger": _CASES,
    "unit-ledger-issue": frozenset({Role.TELLER}),
    "bill": _CASES,
    "bill-pdf": _CASES,
    "bill-cancel": frozenset({Role.TELLER}),
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
    **dict.fromkeys(
        (
            "desk-sheets",
            "desk-sheet-new",
            "desk-sheet-template",
            "desk-sheet",
            "desk-sheet-remarks",
            "desk-sheet-drop",
            "desk-sheet-use",
        ),
        frozenset({Role.TELLER}),
    ),
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
_BILL = ("bill", "bill-pdf", "bill-cancel")
#: Pages that are of no case: what each of the portals shows of its accounts.
OWN_PAGES: Mapping[Kind, tuple[str, ...]] = {
    Kind.UNIT: (
        *_BILL,
        "month",
        "unit-members",
        "unit-months",
        "sheets",
        "sheet-new",
        "sheet-template",
        "sheet",
        "sheet-remarks",
        "sheet-drop",
        "unit-ledger",
        "unit-ledger-issue",
    ),
    Kind.MEMBER: (
        *_BILL,
        "flexible",
        "statement",
        "statement-issue",
        "interest",
        "interest-issue",
        "certificate",
    ),
}
PORTALS: Mapping[str, frozenset[Kind]] = {
    f"{prefix}-{page}": frozenset({kind})
    for kind, prefix in PREFIXES.items()
    for page in (*PORTAL_PAGES, *OWN_PAGES[kind])
}


def viewer(request: HttpRequest) -> User:
    """The person who is signed in; pages behind the sign-in always have one."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def own_office(user: User) -> str:
    """The name of the office whose data a member of staff sees; empty: the whole center's."""
    return user.office.name if user.office is not None else ""


def may_open(user: User | AnonymousUser, page: str) -> bool:
    """Whether this person's role or kind opens the page of that URL name."""
    if not isinstance(user, User):
        return False
    if page in PORTALS:
        return user.kind in PORTALS[page]
    return not ROLES[page].isdisjoint({user.role, user.kind})


def guarded(view: View[Parameters], page: str) -> View[Parameters]:
    """The view, for those who may open `page`; others get a 403 that says whom the page is for, or which door is theirs.

    The staff's home is where everybody lands without an address: a portal's account is led to its own.
    """
    if (page in ROLES) == (page in PORTALS):
        raise LookupError(page)

    @wraps(view)
    def checked(request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponseBase:
        user = viewer(request)
        if page == DOORS[Kind.STAFF].home and user.kind != Kind.STAFF:
            return redirect(home_of(user))
        if not may_open(user, page):
            return permission_denied(request, PermissionDenied(_refusal(user, page)))
        return view(request, *args, **kwargs)

    return checked


def _refusal(user: User, page: str) -> str:
    opens = PORTALS.get(page) or ROLES[page]
    if page in PORTALS or user.kind != Kind.STAFF:
        return _wrong_door(user, opens)
    if not user.role:
        return _("您的账号还没有设置岗位，请联系安全管理员")
    allowed = _("、").join(str(one.label) for one in (*Role, *Kind) if one in opens)
    return _("此页面供{allowed}使用，您的岗位是{role}").format(allowed=allowed, role=user.get_role_display())


def _wrong_door(user: User, opens: frozenset[Role | Kind] | frozenset[Kind]) -> str:
    doors = {Kind.STAFF: _("工作台"), Kind.UNIT: _("单位网厅"), Kind.MEMBER: _("个人网厅")}
    allowed = _("、").join(str(one.label) for one in (*Role, *Kind) if one in opens)
    words = _("此页面供{allowed}使用；您登录的是{kind}账号，请使用{door}")
    return words.format(allowed=allowed, kind=user.get_kind_display(), door=doors[Kind(user.kind)])
