"""Reads of the registry."""

from anju.kernel.i18n import gettext as _
from anju.platform.people.models import Office, User
from anju.registry.errors import UnknownMemberError, UnknownUnitError
from anju.registry.models import Member, Unit


def member_accounts() -> list[tuple[str, int]]:
    """(member number, ledger account) of everybody."""
    return list(Member.objects.values_list("number", "account_id"))


def units_of(user: User) -> list[Unit]:
    """The units that a sign-in acts for."""
    return list(Unit.objects.filter(agents__user=user).order_by("number"))


def member_of(user: User) -> Member | None:
    """The member whose sign-in this is: of who came back after an account had closed, the open account."""
    own = Member.objects.select_related("unit").filter(sign_in__user=user).first()
    if own is None or own.closed_date is None:
        return own
    again = Member.objects.select_related("unit").filter(
        identity_index=own.identity, document_type=own.document_type, document_country=own.document_country,
        closed_date=None,
    )  # fmt: skip
    return again.first() or own


def unit(number: str) -> Unit:
    """The unit of an account number. Raises UnknownUnitError."""
    found = Unit.objects.filter(number=number).first()
    if found is None:
        raise UnknownUnitError(_("没有此单位账号，请核对"), field="unit")
    return found


def member(number: str) -> Member:
    """The member of an account number. Raises UnknownMemberError."""
    found = Member.objects.select_related("unit").filter(number=number).first()
    if found is None:
        raise UnknownMemberError(_("没有此个人账号，请核对"), field="number")
    return found


def office_of(unit: Unit) -> str | None:
    """The office that serves a unit; None when the organisation does not know it: the center itself."""
    return unit.office if Office.objects.filter(name=unit.office).exists() else None


def office_names() -> list[tuple[str, str]]:
    """The offices as choices of a form."""
    return [(name, name) for name in Office.objects.values_list("name", flat=True)]
