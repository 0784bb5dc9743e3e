"""Persons and sign-ins come into being. A sign-in of staff has a post; a power of administration needs the other two apart."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_identity_number, parse_phone
from anju.kernel.text import clean_name
from anju.platform import audit
from anju.platform.people.errors import OtherPersonError, SeparatedPowersError, UsernameTakenError
from anju.platform.people.models import Department, Kind, Office, Person, Role, User

_REFUSALS: dict[str, tuple[type[AnjuError], str, str]] = {
    "platform_user_username_key": (UsernameTakenError, "username", "登录名已被使用，请换一个"),
    "platform_user_one_power_a_person": (
        SeparatedPowersError,
        "role",
        "系统管理员、安全管理员、审计不得由同一人担任，请另选他人",
    ),
}


@transaction.atomic
def register_person(*, name: str, identity_number: str | None = None, phone: str | None = None) -> Person:
    """The person with this identity number, made when not known; without a number always a new person.

    Raises the typed errors of kernel.identity for a wrong number, OtherPersonError when the number is known under
    another name.
    """
    name = clean_name(name)
    identity = None if identity_number is None else parse_identity_number(identity_number).value
    if identity is not None:
        known = Person.objects.filter(identity_index=identity).first()
        if known is not None and known.name != name:
            raise OtherPersonError(_("该证件号码登记的姓名不同，请核对证件"), field="name")
        if known is not None:
            return known
    sealed: dict[str, Any] = {"identity": identity, "phone": None if phone is None else parse_phone(phone)}
    return Person.objects.create(number=_next_number(), name=name, **sealed)


@transaction.atomic
def change_person(*, person: Person, name: str, identity_number: str, phone: str) -> None:
    """Let a person's record follow the member's; the names shown by their sign-ins follow too.

    Raises OtherPersonError when the identity number is another person's: one human being would be two, and rules that
    go by person would not see it.
    """
    identity = parse_identity_number(identity_number).value
    if Person.objects.filter(identity_index=identity).exclude(pk=person.pk).exists():
        raise OtherPersonError(
            _("该证件号码已登记为另一人员，请先由系统管理员核对两条人员记录"), field="identity_number"
        )
    sealed: dict[str, Any] = {"name": clean_name(name), "identity": identity, "phone": parse_phone(phone)}
    for field, value in sealed.items():
        setattr(person, field, value)
    person.save(update_fields=[*sealed, "identity_index"])
    User.objects.filter(person=person).update(display_name=person.name)


@transaction.atomic
def open_sign_in(
    *,
    username: str,
    password: str | None,
    person: Person,
    by: str,
    at: datetime,
    kind: Kind = Kind.STAFF,
    role: Role | None = None,
    office: Office | None = None,
    department: Department | None = None,
) -> User:
    """A sign-in for a person; without a password it cannot be used until one is set.

    Raises UsernameTakenError, and SeparatedPowersError when the person would hold two of the three powers.
    """
    user = User(
        username=User.normalize_username(username), display_name=person.name, person=person, kind=kind,
        role=role or "", office=office, department=department,
    )  # fmt: skip
    user.set_password(password)
    _save(user)
    audit.record(
        actor=by, action="user.opened", object_kind="user", object_reference=str(user.pk),
        detail={"person": person.number, "kind": kind, "role": role or "", "office": office.code if office else ""},
        at=at,
    )  # fmt: skip
    return user


@transaction.atomic
def change_post(*, user: User, role: Role | None, office: Office | None, by: str, at: datetime) -> None:
    """Give a sign-in of staff another post or another scope of data. Raises SeparatedPowersError."""
    before = {"role": user.role, "office": user.office.code if user.office else ""}
    user.role, user.office = role or "", office
    _save(user)
    audit.record(
        actor=by, action="user.post-changed", object_kind="user", object_reference=str(user.pk),
        detail={"before": before, "role": role or "", "office": office.code if office else ""}, at=at,
    )  # fmt: skip


def _save(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        known = _REFUSALS.get(constraint or "")
        if known is None:
            raise
        kind, field, message = known
        raise kind(_(message), field=field) from None


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'R' || lpad(nextval('platform_person_id_seq')::text, 9, '0')")
        number: str = cursor.fetchone()[0]
    return number
