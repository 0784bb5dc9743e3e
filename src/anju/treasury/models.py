from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.ledger.models import Account
from anju.platform.sealed_fields import SealedTextField


class BankAccount(models.Model):
    """A special account (专户) of the center at a bank, or a time deposit placed from one."""

    code = models.CharField(_("代码"), max_length=30, unique=True)
    bank = models.CharField(_("银行"), max_length=60)
    account = models.OneToOneField(Account, on_delete=models.PROTECT)
    rate = models.IntegerField(_("年利率"), help_text="ppm")
    matures_date = models.DateField(_("到期日"), null=True, help_text=_("仅定期存款"))

    def __str__(self) -> str:
        return self.code


class RefusalState(models.TextChoices):
    """What became of a notice that was refused."""

    OPEN = "open", _("待处理")
    TAKEN = "taken", _("已入账")
    CLOSED = "closed", _("已关闭")


class BankRefusal(models.Model):
    """A bank's notice that could not be booked, amount in fen. Payer and remark are in `content` only, sealed (JSON).

    It is open until it is taken after all, or closed by hand with a reason; `attempts` counts how often it was refused.
    Refusals of earlier versions have no content: account and serial find them at the bank.
    """

    number = models.BigIntegerField(_("通知序号"), unique=True)
    account = models.CharField(_("账户代码"), max_length=30)
    serial = models.CharField(_("银行流水号"), max_length=40)
    amount = models.BigIntegerField(_("金额"))
    arrived_date = models.DateField(_("到账日期"))
    content = SealedTextField(_("通知内容"), row="number", null=True)  # type: ignore[misc]
    code = models.CharField(_("原因代码"), max_length=40)
    message = models.CharField(_("原因"), max_length=200)
    attempts = models.IntegerField(_("次数"), default=1)
    state = models.CharField(_("状态"), max_length=6, choices=RefusalState, default=RefusalState.OPEN)
    settled_by = models.CharField(_("处理人"), max_length=150, blank=True)
    settled_at = models.DateTimeField(_("处理时间"), null=True)
    reason = models.CharField(_("关闭原因"), max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=RefusalState.OPEN, settled_at=None, settled_by="", reason="")
                | models.Q(state=RefusalState.TAKEN, settled_at__isnull=False, reason="") & ~models.Q(settled_by="")
                | models.Q(state=RefusalState.CLOSED, settled_at__isnull=False)
                & ~models.Q(settled_by="")
                & ~models.Q(reason=""),
                name="treasury_bankrefusal_settled",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.serial}"
