"""Tables of 委托收款: agreements to collect, lists sent to the bank, and what became of each bill. Amounts in fen."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.contributions.models import Bill, Receipt
from anju.ledger.models import Account
from anju.platform.sealed_fields import SealedTextField
from anju.registry.models import Member, Unit


class DebitMandate(models.Model):
    """Who agreed that bills are collected from their account: a unit, or a flexible worker (`member`); one in force each."""

    key = models.CharField(max_length=40, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="debit_mandates")
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="debit_mandates")
    payer_name = models.CharField(_("付款户名"), max_length=120)
    payer_account = SealedTextField(_("付款账号"), row="key")
    signed_date = models.DateField(_("签约日期"))
    ended_date = models.DateField(_("终止日期"), null=True)
    maker = models.CharField(max_length=150)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit"], condition=models.Q(ended_date=None, member=None), name="contributions_mandate_one"
            ),
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(ended_date=None), name="contributions_mandate_own_one"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_date=None) | models.Q(ended_date__gte=models.F("signed_date")),
                name="contributions_mandate_days",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class DebitBatch(models.Model):
    """A list of collections for one of the center's accounts (委托收款清单); it changes no more once it was sent."""

    bank_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField(_("编制日期"))
    sent_at = models.DateTimeField(_("送出时间"), null=True)
    maker = models.CharField(_("编制人"), max_length=150)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What the bank states with its results."""
        return f"D{self.pk:012d}"


class DebitState(models.TextChoices):
    """What became of a collection."""

    WAITING = "waiting", _("待回盘")
    PAID = "paid", _("扣款成功")
    FAILED = "failed", _("扣款失败")


class DebitLine(models.Model):
    """One bill on a list. A bill waits on one list at a time, and is collected once."""

    batch = models.ForeignKey(DebitBatch, on_delete=models.PROTECT, related_name="lines")
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="debits")
    mandate = models.ForeignKey(DebitMandate, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField(_("金额"))
    state = models.CharField(_("状态"), max_length=8, choices=DebitState)
    reason = models.CharField(_("失败原因"), max_length=120, blank=True)
    receipt = models.OneToOneField(Receipt, null=True, on_delete=models.PROTECT, related_name="debit")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "bill"], name="contributions_debit_once"),
            models.UniqueConstraint(
                fields=["bill"], condition=~models.Q(state=DebitState.FAILED), name="contributions_debit_under_way"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="contributions_debit_amount"),
            models.CheckConstraint(
                condition=models.Q(state=DebitState.WAITING, receipt=None, reason="")
                | models.Q(state=DebitState.PAID, receipt__isnull=False, reason="")
                | (models.Q(state=DebitState.FAILED, receipt=None) & ~models.Q(reason="")),
                name="contributions_debit_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.bill_id}"
