"""How a member gets a sign-in: a code from the counter, where the identity card was seen, then a name and a password.

Every try is counted and committed before the code is compared, so a try cannot be had for nothing. Whoever has no code
learns nothing: an unknown number, a member without a code and a wrong code give one answer.
"""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_identity_number
from anju.kernel.text import squeeze
from anju.platform import audit
from anju.platform.people.models import Kind, User
from anju.platform.people.operations import check_password as check_strength
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.models import Member, MemberActivation, MemberSignIn

VALID = timedelta(hours=24)
MAX_TRIES = 5
#: Without letters and digits that look alike.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_LENGTH = 10


class ActivationError(AnjuError):
    """The code does not open this account: unknown number, no code, a wrong one, too late, too often tried."""

    code: ClassVar[str] = "ACTIVATION"


class SignInExistsError(AnjuError):
    """The member has a sign-in already."""

    code: ClassVar[str] = "SIGN_IN_EXISTS"


@transaction.atomic
def issue_activation(*, member: Member, by: str, at: datetime) -> str:
    """A new code for a member; the one before is void. Raises SignInExistsError."""
    _refuse_second(member)
    code = "".join(secrets.choice(_LETTERS) for _each in range(_LENGTH))
    MemberActivation.objects.update_or_create(
        member=member,
        defaults={"digest": make_password(code), "issued_at": at, "expires_at": at + VALID, "tries": 0},
    )
    audit.record(
        actor=by, action="member.activation-issued", object_kind="member", object_reference=member.number, detail={},
        at=at,
    )  # fmt: skip
    return code


def sign_up_member(*, number: str, code: str, username: str, password: str, at: datetime) -> User:
    """Make the member's sign-in. `number` is the personal account or the identity number.

    Raises ActivationError, SignInExistsError, UsernameTakenError, WeakPasswordError, OtherPersonError.
    """
    check_strength(password, user=User(username=username))
    member = _holder(squeeze(number))
    if not _count_try(member, at):
        make_password(code)  # as long as a comparison takes
        raise ActivationError(_refusal())
    assert member is not None
    with transaction.atomic():
        kept = MemberActivation.objects.select_for_update().filter(member=member).first()
        if kept is None or not check_password(squeeze(code).upper(), kept.digest):
            raise ActivationError(_refusal())
        _refuse_second(member)
        person = register_person(name=member.name, identity_number=member.identity_number, phone=member.phone)
        user = open_sign_in(username=username, password=password, person=person, by=username, at=at, kind=Kind.MEMBER)
        MemberSignIn.objects.create(user=user, member=member)
        kept.delete()
    return user


def _holder(number: str) -> Member | None:
    found = Member.objects.filter(number=number).first()
    if found is not None or len(number) < 15:
        return found
    try:
        held = Member.objects.filter(identity_index=parse_identity_number(number).value)
        return held.order_by(F("closed_date").desc(nulls_first=True)).first()  # the open one, else the last
    except AnjuError:
        return None


@transaction.atomic
def _count_try(member: Member | None, at: datetime) -> bool:
    """Whether another try may be made; it is counted when this transaction commits."""
    kept = MemberActivation.objects.select_for_update().filter(member=member).first() if member else None
    if kept is None or kept.tries >= MAX_TRIES or at >= kept.expires_at:
        return False
    kept.tries += 1
    kept.save(update_fields=["tries"])
    return True


def _refuse_second(member: Member) -> None:
    if MemberSignIn.objects.filter(member=member).exists():
        raise SignInExistsError(_("该职工已开通个人登录，忘记口令请到柜台办理"))


def _refusal() -> str:
    return _("账号或激活码不正确，或激活码已失效，请核对后重试或到柜台重新领取")
