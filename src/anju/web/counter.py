"""For whom a case is opened at the counter: the account that a number names, or a person without one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction

from anju.cases.declarations import ApplicantKind, ServiceItem
from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_identity_number, parse_phone
from anju.kernel.text import squeeze
from anju.platform.people.models import Person
from anju.platform.people.operations import register_person
from anju.registry.models import Unit, UnitKind
from anju.registry.search import find_member

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Applicant:
    """Kind, account number (empty: none) and person (None: not known) of an applicant."""

    kind: ApplicantKind
    reference: str = ""
    person: int | None = None


def applicant(
    item: ServiceItem, *, kind: ApplicantKind, number: str = "", name: str = "", identity: str = "", phone: str = ""
) -> Applicant:
    """The applicant that these answers name; a person whom nobody knew is registered.

    Raises InvalidValueError for a number that names no account and for a person told in part; the typed errors of
    kernel.identity; OtherPersonError for an identity number that is known under another name.
    """
    if kind is ApplicantKind.CENTER:  # the center acts by itself: the form names what it is about
        return Applicant(kind)
    number = squeeze(number)
    if number:
        return _of_account(kind, number)
    if item.needs_reference:
        raise InvalidValueError(_("请填写单位账号、个人账号或证件号码"), field="number")
    person = _of_person(name, identity, phone) if name or identity or phone else None
    if person is None and kind is not ApplicantKind.UNIT:
        raise InvalidValueError(_("请填写账号，或填写申请人的姓名、证件号码与手机号码"), field="number")
    return Applicant(kind, "", None if person is None else person.pk)


def _of_account(kind: ApplicantKind, number: str) -> Applicant:
    if kind is ApplicantKind.UNIT:
        unit = Unit.objects.filter(number=number).first()
        if unit is None:
            raise InvalidValueError(_("没有这个单位账号，请逐位核对后重新输入"), field="number")
        if unit.kind != UnitKind.EMPLOYER:
            raise InvalidValueError(_("这是中心的集中户，不是单位；请填写职工的个人账号"), field="number")
        return Applicant(kind, unit.number)
    member = find_member(number)
    if member is None:
        _refuse_misread(number)
        raise InvalidValueError(_("没有找到这个号码的个人账户，请逐位核对后重新输入"), field="number")
    person = Person.objects.filter(identity_index=member.identity).first()
    return Applicant(kind, member.number, None if person is None else person.pk)


def _refuse_misread(number: str) -> None:
    """Say what is wrong with a number that is nobody's and looks like an identity number."""
    if len(number) >= 15 and number[:14].isdigit():
        _parsed(parse_identity_number, number, "number")


@transaction.atomic
def _of_person(name: str, identity: str, phone: str) -> Person:
    for given, field, message in (
        (name, "name", _("请填写申请人姓名")),
        (identity, "identity", _("请填写申请人的证件号码")),
        (phone, "phone", _("请填写申请人的手机号码")),
    ):
        if not given.strip():
            raise InvalidValueError(message, field=field)
    _parsed(parse_identity_number, identity, "identity")
    _parsed(parse_phone, phone, "phone")
    return register_person(name=name, identity_number=identity, phone=phone)


def _parsed(parse: Callable[[str], Result], text: str, field: str) -> Result:
    """What the parser makes of the text; its refusal names the input."""
    try:
        return parse(text)
    except AnjuError as error:
        raise InvalidValueError(error.message, field=field) from None
