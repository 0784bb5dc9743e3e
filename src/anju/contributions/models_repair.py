"""Tables of what sets past months right: corrections and refunds. Amounts in fen, months as yyyymm."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.contributions.models import BackPayment, Contribution, Receipt
from anju.ledger.models import Account
from anju.platform.sealed_fields import SealedTextField
from anju.registry.models import Member, Unit


class CorrectionKind(models.TextChoices):
    """What was wrong (错缴更正)."""

    REASSIGN = "reassign", _("记错职工")
    TAKE_BACK = "take_back", _("多缴退回")
    MONTH = "month", _("记错月份")


class Correction(models.Model):
    """A correction of months that were paid. What was paid stays as it is; `contributions_paid` tells what now holds."""

    kind = models.CharField(_("更正类别"), max_length=10, choices=CorrectionKind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="corrections")
    reason = models.CharField(_("更正原因"), max_length=200)
    business_date = models.DateField(_("记账日期"))
    maker = models.CharField(max_length=150)
    case_number = models.CharField(_("业务流水号"), max_length=20, unique=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=CorrectionKind.values), name="contributions_correction_kind"
            )
        ]

    def __str__(self) -> str:
        return self.case_number


class CorrectionLine(models.Model):
    """What of one paid line is taken from `member` and `month`, and where it goes; nowhere when the unit gets it back.

    The line is a contribution, a back payment, or what an earlier correction had made. `value_date` is the day from
    which the money bears interest; `journal_id` is empty where only the month changes.
    """

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="lines")
    contribution = models.ForeignKey(Contribution, null=True, on_delete=models.PROTECT, related_name="corrected_by")
    back_payment = models.ForeignKey(BackPayment, null=True, on_delete=models.PROTECT, related_name="corrected_by")
    earlier = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    month = models.IntegerField(_("原年月"))
    to_member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    to_month = models.IntegerField(_("更正后年月"), null=True)
    unit_amount = models.BigIntegerField(_("单位部分"))
    person_amount = models.BigIntegerField(_("个人部分"))
    value_date = models.DateField(_("起息日"))
    journal_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["to_member", "to_month"], name="contributions_correction_to"),
            models.Index(fields=["member", "month"], name="contributions_correction_from"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(contribution__isnull=False, back_payment=None, earlier=None)
                | models.Q(contribution=None, back_payment__isnull=False, earlier=None)
                | models.Q(contribution=None, back_payment=None, earlier__isnull=False),
                name="contributions_correction_source",
            ),
            models.CheckConstraint(
                condition=models.Q(to_member=None, to_month=None)
                | models.Q(to_member__isnull=False, to_month__isnull=False),
                name="contributions_correction_target",
            ),
            models.CheckConstraint(
                condition=models.Q(unit_amount__gte=0, person_amount__gte=0)
                & ~models.Q(unit_amount=0, person_amount=0),
                name="contributions_correction_amounts",
            ),
            models.CheckConstraint(
                condition=models.Q(journal_id__isnull=False) | models.Q(to_member=models.F("member")),
                name="contributions_correction_booked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.correction_id} {self.member_id} {self.month}"


class Refund(models.Model):
    """Money that waits under 219 and goes back (退款): reserved when approved, booked when the bank has paid.

    `unit` alone: a unit's own money. `unit` and `receipt`: what came for a person's notice and lies on the collective
    account of `unit`. `receipt` alone: money of an unknown payer. `hold_id` reserves the amount while the bank's answer
    is awaited; `attempt` counts how often it was sent.
    """

    case_number = models.CharField(_("业务流水号"), max_length=20, unique=True)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="refunds")
    receipt = models.ForeignKey(Receipt, null=True, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField(_("退款金额"))
    payee_name = models.CharField(_("收款户名"), max_length=120)
    payee_account = SealedTextField(_("收款账号"), row="case_number")
    reason = models.CharField(_("退款原因"), max_length=200)
    bank_account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    attempt = models.IntegerField(default=1)
    hold_id = models.BigIntegerField(null=True)
    journal_id = models.BigIntegerField(unique=True, null=True)
    paid_date = models.DateField(_("退款日期"), null=True)
    maker = models.CharField(max_length=150)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0, attempt__gt=0), name="contributions_refund_amount"),
            models.CheckConstraint(
                condition=models.Q(journal_id=None, paid_date=None, bank_account=None)
                | models.Q(journal_id__isnull=False, paid_date__isnull=False, bank_account__isnull=False),
                name="contributions_refund_paid",
            ),
            models.CheckConstraint(
                condition=models.Q(unit__isnull=False) | models.Q(receipt__isnull=False),
                name="contributions_refund_source",
            ),
        ]

    def __str__(self) -> str:
        return self.case_number
