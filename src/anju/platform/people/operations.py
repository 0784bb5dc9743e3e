"""Persons and sign-ins come into being, change and end. A sign-in of staff has a post; a power of administration needs
the other two apart; nobody changes a post of their own, whichever of their sign-ins they use.
"""

import secrets
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_identity_number, parse_phone
from anju.kernel.text import clean_name
from anju.platform import audit
from anju.platform.people.errors import (
    OtherPersonError,
    OwnAccountError,
    ReasonMissingError,
    SeparatedPowersError,
    UsernameTakenError,
    WeakPasswordError,
    WrongAccountStateError,
)
from anju.platform.people.models import Department, Kind, Office, Person, Role, User
from anju.platform.redaction import redact
from anju.platform.refusals import Refusals, told

_REFUSALS: Refusals = {
    "platform_user_username_key": (UsernameTakenError, "username", "登录名已被使用，请换一个"),
    "platform_user_one_power_a_person": (
        SeparatedPowersError,
        "role",
        "系统管理员、安全管理员、审计不得由同一人担任，请另选他人",
    ),
}

#: What Django's validators find, in our words.
_WEAKNESSES = {
    "password_too_short": "口令太短，至少 10 个字符",
    "password_too_common": "口令太常见，容易被猜到，请换一个",
    "password_too_similar": "口令与登录名太相似，请换一个",
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
def change_person(*, person: Person, name: str, identity_number: str | None, phone: str) -> None:
    """Let a person's record follow the member's; the names shown by their sign-ins follow too.

    Who has another document than an identity card has no `identity_number`. Raises OtherPersonError when the identity number is another person's: one human being would be two, and rules that
    go by person would not see it.
    """
    identity = None if identity_number is None else parse_identity_number(identity_number).value
    if identity is not None and Person.objects.filter(identity_index=identity).exclude(pk=person.pk).exists():
        raise OtherPersonError(
            _("该证件号码已登记为另一人员，请先由系统管理员核对两条人员记录"), field="identity_number"
        )
    sealed: dict[str, Any] = {"name": clean_name(name), "identity": identity, "phone": parse_phone(phone)}
    if identity is None:
        del sealed["identity"]
    for field, value in sealed.items():
        setattr(person, field, value)
    person.save(update_fields=[*sealed, *(["identity_index"] if identity is not None else [])])
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
    password_is_initial: bool = False,
) -> User:
    """A sign-in for a person; without a password it cannot be used until one is set.

    Raises UsernameTakenError, and SeparatedPowersError when the person would hold two of the three powers.
    """
    user = User(
        username=User.normalize_username(username), display_name=person.name, person=person, kind=kind,
        role=role or "", office=office, department=department, password_is_initial=password_is_initial,
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
    """Give a sign-in of staff another post or another scope of data.

    Raises SeparatedPowersError, OwnAccountError for a post of one's own, WrongAccountStateError when it is not of staff.
    """
    refuse_own(user=user, by=by)
    user = _locked(user)
    before = {"role": user.role, "office": user.office.code if user.office else ""}
    user.role, user.office = role or "", office
    _save(user)
    audit.record(
        actor=by, action="user.post-changed", object_kind="user", object_reference=str(user.pk),
        detail={"before": before, "role": role or "", "office": office.code if office else ""}, at=at,
    )  # fmt: skip


@transaction.atomic
def open_staff_account(
    *,
    username: str,
    name: str,
    identity_number: str,
    phone: str,
    department: Department | None,
    by: str,
    at: datetime,
) -> tuple[User, str]:
    """A sign-in of staff without a post, and its first password, which its holder must change.

    Raises what register_person and open_sign_in raise.
    """
    person = register_person(name=name, identity_number=identity_number, phone=phone)
    password = first_password()
    user = open_sign_in(
        username=username, password=password, person=person, by=by, at=at, department=department,
        password_is_initial=True,
    )  # fmt: skip
    return user, password


@transaction.atomic
def close_account(*, user: User, reason: str, by: str, at: datetime) -> None:
    """Nobody signs in with it any more; its sessions end. Raises ReasonMissingError, OwnAccountError."""
    reason = clean_reason(reason)
    refuse_own(user=user, by=by)
    user = _locked(user)
    if not user.is_active:
        raise WrongAccountStateError(_("账号已经停用"))
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user=user)
    audit.record(
        actor=by, action="user.closed", object_kind="user", object_reference=str(user.pk), detail={"reason": reason},
        at=at,
    )  # fmt: skip


@transaction.atomic
def reopen_account(*, user: User, reason: str, by: str, at: datetime) -> None:
    """A closed account works again, without the post it had. Raises ReasonMissingError, OwnAccountError."""
    reason = clean_reason(reason)
    refuse_own(user=user, by=by)
    user = _locked(user)
    if user.is_active:
        raise WrongAccountStateError(_("账号正在使用，不需要恢复"))
    # A post is the security administrator's to give, again too.
    user.is_active, user.role, user.office = True, "", None
    _save(user)
    audit.record(
        actor=by, action="user.reopened", object_kind="user", object_reference=str(user.pk), detail={"reason": reason},
        at=at,
    )  # fmt: skip


@transaction.atomic
def give_first_password(*, user: User, reason: str, by: str, at: datetime) -> str:
    """A new first password for staff who forgot theirs; their sessions end. Raises ReasonMissingError, OwnAccountError."""
    reason = clean_reason(reason)
    refuse_own(user=user, by=by)
    user, password = _locked(user), first_password()
    user.set_password(password)
    user.password_is_initial = True
    user.save(update_fields=["password", "password_is_initial"])
    end_sessions(user=user)
    audit.record(
        actor=by, action="user.password-given", object_kind="user", object_reference=str(user.pk),
        detail={"reason": reason}, at=at,
    )  # fmt: skip
    return password


@transaction.atomic
def change_password(*, user: User, password: str, at: datetime) -> None:
    """The holder sets a password of their own; every session signed in with the old one ends.

    Raises WeakPasswordError.
    """
    check_password(password, user=user)
    user.set_password(password)
    user.password_is_initial = False
    user.save(update_fields=["password", "password_is_initial"])
    audit.record(
        actor=user.username, action="user.password-changed", object_kind="user", object_reference=str(user.pk),
        detail={}, at=at,
    )  # fmt: skip


def check_password(password: str, *, user: User) -> None:
    """Raises WeakPasswordError, with every rule that the password breaks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        broken = [_(_WEAKNESSES[one.code]) if one.code in _WEAKNESSES else one.messages[0] for one in error.error_list]
        raise WeakPasswordError(_("；").join(broken), field="password") from None


def first_password() -> str:
    """Sixteen characters at random."""
    return secrets.token_urlsafe(12)


def end_sessions(*, user: User, but: str | None = None) -> int:
    """End the account's sessions at once, all or all but the one with that key; how many there were."""
    ended = 0
    for session in UserSession.objects.filter(user_id=user.pk):
        if session.session_key != but:
            session.end()
            ended += 1
    return ended


def clean_reason(reason: str) -> str:
    """A reason for the audit log: some text, no number that identifies a person. Raises ReasonMissingError."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissingError(_("请写明原因"), field="reason")
    if redact(reason) != reason:
        raise ReasonMissingError(_("原因会记入审计日志，请勿填写证件号码、手机号码或卡号"), field="reason")
    return reason


def refuse_own(*, user: User, by: str) -> None:
    """Raises OwnAccountError when the sign-in `by` belongs to the same person."""
    actor = User.objects.filter(username=by).first()
    if actor is not None and (actor.pk == user.pk or (actor.person_id and actor.person_id == user.person_id)):
        raise OwnAccountError(_("不能变更本人的账号，请由另一位管理员办理"))


def _locked(user: User) -> User:
    """The account as it is now, locked. Raises WrongAccountStateError when it is not of staff."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.kind != Kind.STAFF:
        raise WrongAccountStateError(_("只有工作人员的账号在此管理"))
    return locked


def _save(user: User) -> None:
    with told(_REFUSALS), transaction.atomic():
        user.save()


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'R' || lpad(nextval('platform_person_id_seq')::text, 9, '0')")
        number: str = cursor.fetchone()[0]
    return number
