from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.registry.models import Member


class Reason(models.TextChoices):
    """Withdrawal reasons 提取原因, JGJ/T 320-2014."""

    PURCHASE = "01", _("购买住房")
    BUILD = "02", _("建造、翻建、大修住房")
    RETIREMENT = "03", _("离休、退休")
    DISABILITY = "04", _("完全丧失劳动能力并终止劳动关系")
    EMIGRATION = "05", _("户口迁出或出境定居")
    REPAY_LOAN = "06", _("偿还购房贷款本息")
    RENT = "07", _("房租")
    DEATH = "08", _("死亡")
    ILLNESS = "09", _("大病医疗")
    OTHER = "99", _("其他")


class Withdrawal(models.Model):
    """Money paid out to a member. `interest` (fen) is paid besides `amount` when the account closes."""

    case_number = models.CharField(_("业务流水号"), max_length=40, unique=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    reason = models.CharField(_("提取原因"), max_length=2, choices=Reason)
    amount = models.BigIntegerField(_("提取金额"))
    interest = models.BigIntegerField(_("销户利息"), default=0)
    closes_account = models.BooleanField(_("销户"), default=False)
    business_date = models.DateField()
    journal_id = models.BigIntegerField(unique=True)

    class Meta:
        ordering = ["business_date", "case_number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gte=0, interest__gte=0)
                & (models.Q(amount__gt=0) | models.Q(interest__gt=0)),
                name="withdrawals_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(closes_account=True) | models.Q(interest=0), name="withdrawals_interest_on_close"
            ),
            models.CheckConstraint(condition=models.Q(reason__in=Reason.values), name="withdrawals_reason"),
        ]

    def __str__(self) -> str:
        return self.case_number
