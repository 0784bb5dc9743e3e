"""Certificates are issued, read back, verified and declared void.

Whoever has number and code learns what the paper says, or that it is void, and no more.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import ClassVar

from django.db import connection, transaction

from anju.contributions.models_certificates import Certificate, CertificateKind
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import clean_name, squeeze
from anju.platform import audit
from anju.registry.models import Member, Unit

#: Neither zero nor O, one nor I or L: a code is read from paper and typed.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 16
#: Days for which a certificate is good.
VALID_DAYS = 90


class CertificateError(AnjuError):
    """No certificate of this number and code that is good; which of the three it is, is not told."""

    code: ClassVar[str] = "CERTIFICATE"


class CertificateRevokedError(CertificateError):
    """The paper is the center's and was declared void: only who has its code learns it."""

    code: ClassVar[str] = "CERTIFICATE_REVOKED"


@dataclass(frozen=True, slots=True)
class Content:
    """What a certificate says: title, facts, a table, notes; and the code that proves it. `public` facts are shown to who verifies."""

    title: str
    facts: Sequence[tuple[str, str]]
    public: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Sequence[int]
    notes: Sequence[str]
    code: str = ""


@transaction.atomic
def issue(
    *,
    kind: CertificateKind,
    content: Content,
    of: Member | Unit,
    business_date: date,
    actor: str,
    at: datetime,
    case: str = "",
) -> Certificate:
    """Issue a certificate with a code of its own; it is good for 90 days. The same case again gives the same one."""
    known = case and Certificate.objects.filter(case_number=case).first()
    if known:
        return known
    code = "".join(secrets.choice(_ALPHABET) for _each in range(_CODE_LENGTH))
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'Z' || lpad(nextval('contributions_certificate_number')::text, 10, '0')")
        number = cursor.fetchone()[0]
    whose = {"member": of} if isinstance(of, Member) else {"unit": of}
    said = json.dumps(asdict(content) | {"code": code}, ensure_ascii=False)
    certificate = Certificate.objects.create(
        number=number, kind=kind, content=said, digest=_digest(number, code), issued_date=business_date,
        valid_until=business_date + timedelta(days=VALID_DAYS), issued_by=actor, case_number=case, **whose,
    )  # fmt: skip
    audit.record(
        actor=actor, action="certificate.issue", object_kind="certificate", object_reference=number,
        detail={"kind": str(kind), "of": of.number}, at=at, business_date=business_date,
    )  # fmt: skip
    return certificate


def content_of(certificate: Certificate) -> Content:
    """What the certificate says, its code included."""
    return Content(**json.loads(certificate.content))


def grouped(code: str) -> str:
    """The code as paper shows it: four groups of four."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def verify(*, number: str, code: str, on: date, address: str, at: datetime) -> Certificate:
    """The good certificate of this number and code. Raises CertificateRevokedError to who has its code.

    Raises CertificateError in every other case, always with the same words.
    """
    typed = squeeze(number).upper()
    found = Certificate.objects.filter(number=typed).first()
    digest = _digest(typed, squeeze(code).upper().replace("-", ""))
    right = compare_digest(found.digest if found is not None else "0" * 64, digest)
    good = found is not None and right and found.revoked_date is None and on <= found.valid_until
    audit.record(
        actor="verification", action="certificate.verify", object_kind="certificate", object_reference=typed[:20],
        detail={"good": good, "address": address}, at=at,
    )  # fmt: skip
    if found is not None and right and found.revoked_date is not None:
        message = _("此证明由本中心出具，已于 {day} 作废，不能再使用；请向持有人索取新的证明")
        raise CertificateRevokedError(message.format(day=found.revoked_date), field="code")
    if found is None or not good:
        raise CertificateError(_("没有与该编号和验证码相符的有效证明，请核对后重新输入"), field="code")
    return found


@transaction.atomic
def revoke(*, number: str, reason: str, business_date: date, actor: str, at: datetime) -> Certificate:
    """Declare a certificate void, for a reason that is kept. Raises CertificateError, InvalidValueError."""
    found = Certificate.objects.select_for_update().filter(number=number).first()
    if found is None:
        raise CertificateError(_("没有此证明，请核对编号"), field="number")
    if found.revoked_date is not None:
        raise CertificateError(_("此证明已于 {day} 作废，无需再办").format(day=found.revoked_date), field="number")
    why = clean_name(reason)
    if not why:
        raise CertificateError(_("请写明作废原因"), field="reason")
    found.revoked_date, found.revoked_by, found.revoke_reason = business_date, actor, why
    found.save(update_fields=["revoked_date", "revoked_by", "revoke_reason"])
    audit.record(
        actor=actor, action="certificate.revoke", object_kind="certificate", object_reference=number,
        detail={"kind": found.kind, "reason": why}, at=at, business_date=business_date,
    )  # fmt: skip
    return found


def _digest(number: str, code: str) -> str:
    return sha256(f"{number}\0{code}".encode()).hexdigest()
