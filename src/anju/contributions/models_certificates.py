"""Certificates: papers that the center answers for. What one says is kept sealed, as it was on its day, and is never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.platform.sealed_fields import SealedTextField
from anju.registry.models import Member, Unit


class CertificateKind(models.TextChoices):
    """What a certificate is about."""

    CONTRIBUTION = "contribution", _("缴存证明")
    STATEMENT = "statement", _("个人明细")
    UNIT_LEDGER = "unit_ledger", _("单位缴存明细")
    INTEREST = "interest", _("年度结息单")


class Certificate(models.Model):
    """A paper that was issued. `content` is JSON of what it says and of its verification code; `digest` finds the code."""

    number = models.CharField(_("证明编号"), max_length=20, unique=True)
    kind = models.CharField(_("类别"), max_length=20, choices=CertificateKind)
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="certificates")
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="certificates")
    content = SealedTextField(row="number")
    digest = models.CharField(max_length=64)
    issued_date = models.DateField(_("出具日期"))
    valid_until = models.DateField(_("有效期至"))
    revoked_date = models.DateField(_("作废日期"), null=True)
    revoked_by = models.CharField(_("作废人"), max_length=150, blank=True)
    revoke_reason = models.CharField(_("作废原因"), max_length=500, blank=True)
    issued_by = models.CharField(_("出具人"), max_length=150)
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(member__isnull=False, unit=None) | models.Q(member=None, unit__isnull=False),
                name="contributions_certificate_whose",
            ),
            models.UniqueConstraint(
                fields=["case_number"],
                condition=~models.Q(case_number=""),
                name="contributions_certificate_once_a_case",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_date=None, revoked_by="", revoke_reason="")
                | (models.Q(revoked_date__isnull=False) & ~models.Q(revoked_by="") & ~models.Q(revoke_reason="")),
                name="contributions_certificate_revoked",
            ),
        ]

    def __str__(self) -> str:
        return self.number
