from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.ledger.models import Account


class BankAccount(models.Model):
    """A special account (专户) of the center at a bank, or a time deposit placed from one."""

    code = models.CharField(_("代码"), max_length=30, unique=True)
    bank = models.CharField(_("银行"), max_length=60)
    account = models.OneToOneField(Account, on_delete=models.PROTECT)
    rate = models.IntegerField(_("年利率"), help_text="ppm")
    matures_date = models.DateField(_("到期日"), null=True, help_text=_("仅定期存款"))

    def __str__(self) -> str:
        return self.code


class BankRefusal(models.Model):
    """A bank's notice that could not be booked, without its payer: account and serial find it at the bank."""

    number = models.BigIntegerField(_("通知序号"), unique=True)
    account = models.CharField(_("账户代码"), max_length=30)
    serial = models.CharField(_("银行流水号"), max_length=40)
    amount = models.BigIntegerField(_("金额"))
    arrived_date = models.DateField(_("到账日期"))
    code = models.CharField(_("原因代码"), max_length=40)
    message = models.CharField(_("原因"), max_length=200)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.account} {self.serial}"
