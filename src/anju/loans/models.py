from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.ledger.models import Account
from anju.registry.models import Member


class Method(models.TextChoices):
    """Repayment methods 还款方式, JGJ/T 320-2014 (03 and 04 come with the loan business)."""

    EQUAL_INSTALMENT = "01", _("等额本息")
    EQUAL_PRINCIPAL = "02", _("等额本金")


class LoanState(models.TextChoices):
    """Loan account states 贷款账户状态, as used in a real core system."""

    NORMAL = "2", _("正常")
    SETTLED = "3", _("已结清")
    OVERDUE = "5", _("逾期")


class Loan(models.Model):
    """A disbursed loan. The schedule is derived, not stored: `payment` is the level instalment (等额本息) or the
    principal share (等额本金) in fen; `periods_left` counts the instalments that have not fallen due yet.
    """

    contract_number = models.CharField(_("合同编号"), max_length=30, unique=True)
    borrower = models.ForeignKey(Member, on_delete=models.PROTECT)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+", help_text=_("121 下的账户"))
    overdue_account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="+", help_text=_("122 下的账户")
    )
    principal = models.BigIntegerField(_("发放额"))
    months = models.IntegerField(_("期数"))
    rate = models.IntegerField(_("年利率"), help_text="ppm")
    method = models.CharField(_("还款方式"), max_length=2, choices=Method)
    disbursed_date = models.DateField(_("发放日期"))
    due_day = models.IntegerField(_("约定还款日"))
    payment = models.BigIntegerField(_("月还款额"))
    periods_left = models.IntegerField(_("剩余期数"))
    next_due = models.DateField(_("下次还款日"), null=True)
    state = models.CharField(_("状态"), max_length=1, choices=LoanState, default=LoanState.NORMAL)

    class Meta:
        ordering = ["contract_number"]
        indexes = [models.Index(fields=["next_due"], name="loans_loan_next_due")]
        constraints = [
            models.CheckConstraint(condition=models.Q(principal__gt=0, months__range=(1, 360)), name="loans_principal"),
            models.CheckConstraint(condition=models.Q(due_day__range=(1, 31)), name="loans_due_day"),
            models.CheckConstraint(
                condition=models.Q(periods_left=0, next_due__isnull=True)
                | models.Q(periods_left__gt=0, next_due__isnull=False),
                name="loans_next_due",
            ),
        ]

    def __str__(self) -> str:
        return self.contract_number


class Instalment(models.Model):
    """An instalment that fell due: what was owed and when it was paid."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="instalments")
    due_date = models.DateField(_("应还日"))
    principal = models.BigIntegerField(_("应还本金"))
    interest = models.BigIntegerField(_("应还利息"))
    paid_date = models.DateField(_("实还日"), null=True)
    journal_id = models.BigIntegerField(null=True)
    overdue_journal_id = models.BigIntegerField(null=True, help_text=_("转逾期的凭证"))

    class Meta:
        ordering = ["due_date", "loan"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "due_date"], name="loans_instalment_once"),
            models.CheckConstraint(
                condition=models.Q(principal__gte=0, interest__gte=0), name="loans_instalment_amounts"
            ),
            models.CheckConstraint(
                condition=models.Q(paid_date__isnull=True, journal_id__isnull=True)
                | models.Q(paid_date__isnull=False, journal_id__isnull=False),
                name="loans_instalment_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.due_date}"
