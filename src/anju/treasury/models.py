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
