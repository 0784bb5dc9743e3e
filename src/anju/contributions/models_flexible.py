"""Tables of 灵活就业: agreements of persons without an employer, and what each of their payments counts for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.contributions.models import Bill
from anju.platform.sealed_fields import SealedTextField
from anju.registry.models import Member


class Mode(models.TextChoices):
    """How a person means to pay."""

    MONTHLY = "monthly", _("按月")
    QUARTERLY = "quarterly", _("按季")
    YEARLY = "yearly", _("按年")
    LUMP = "lump", _("一次性")
    FREE = "free", _("自由缴存")


class AgreementEnded(models.TextChoices):
    """How an agreement ended."""

    EMPLOYED = "employed", _("就业转入单位")
    STOPPED = "stopped", _("停止缴存")
    EXITED = "exited", _("退出销户")
    CHANGED = "changed", _("变更协议")


class Agreement(models.Model):
    """缴存协议: the base in fen and one ratio in ppm for both parts, which the person pays alone (spec 7).

    `amount` is what one month counts, in fen. A member has one agreement at a time; ended ones stay as they are.
    """

    number = models.CharField(_("协议编号"), max_length=20, unique=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="agreements")
    mode = models.CharField(_("缴存方式"), max_length=10, choices=Mode)
    base = models.BigIntegerField(_("缴存基数"))
    ratio = models.IntegerField(_("缴存比例"))
    amount = models.BigIntegerField(_("月缴存额"))
    first_month = models.IntegerField(_("起缴年月"))
    debit_bank = models.CharField(_("扣款银行"), max_length=60, blank=True)
    debit_card = SealedTextField(_("扣款卡号"), row="number", null=True)  # type: ignore[misc]
    signed_date = models.DateField(_("签订日期"))
    ended_date = models.DateField(_("终止日期"), null=True)
    ended_by = models.CharField(_("终止原因"), max_length=10, choices=AgreementEnded, blank=True)
    case_number = models.CharField(_("业务流水号"), max_length=20, unique=True)
    hold_id = models.BigIntegerField(null=True, help_text=_("退出待支付时预留的余额"))

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(ended_date=None), name="contributions_agreement_one_current"
            ),
            models.CheckConstraint(
                condition=models.Q(base__gt=0, amount__gt=0, ratio__range=(100_000, 240_000)),
                name="contributions_agreement_amounts",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_date=None, ended_by="")
                | (models.Q(ended_date__isnull=False) & ~models.Q(ended_by="")),
                name="contributions_agreement_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class FlexiblePayment(models.Model):
    """What a person's bill counts for: by money, not by time. All in fen.

    `months` whole monthly amounts are counted from `carried` and the bill together; `rest` is carried on. `unallocated`
    is the part of the bill that stands on no month's line.
    """

    bill = models.OneToOneField(Bill, primary_key=True, on_delete=models.PROTECT, related_name="flexible")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="payments")
    months = models.IntegerField(_("折算月数"))
    carried = models.BigIntegerField(_("上次结余"))
    rest = models.BigIntegerField(_("本次结余"))
    unallocated = models.BigIntegerField(_("未折算金额"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(months__gte=0, carried__gte=0, rest__gte=0, unallocated__gte=0),
                name="contributions_flexiblepayment_amounts",
            ),
        ]

    def __str__(self) -> str:
        return str(self.bill_id)


class Subsidy(models.Model):
    """缴存补贴 of an interest year, booked to the person's account from the fund under 219 (spec 7).

    `year` is the one in which the interest year ends; `product` in fen x days over `days` days; `rate` in ppm a year. What
    an early exit takes back keeps its row, with the day.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="subsidies")
    year = models.IntegerField(_("结息年度"))
    product = models.BigIntegerField(_("积数"))
    days = models.IntegerField(_("天数"))
    rate = models.IntegerField(_("补贴年利率"))
    amount = models.BigIntegerField(_("补贴金额"))
    paid_date = models.DateField(_("入账日期"))
    taken_date = models.DateField(_("收回日期"), null=True)
    journal_id = models.BigIntegerField()

    class Meta:
        ordering = ["member", "year"]
        constraints = [
            models.UniqueConstraint(fields=["member", "year"], name="contributions_subsidy_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, product__gt=0, rate__gt=0, days__range=(1, 366)),
                name="contributions_subsidy_sums",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.year}"
