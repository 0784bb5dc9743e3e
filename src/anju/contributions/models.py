from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.registry.models import Member, Unit


class Remittance(models.Model):
    """A unit's month, paid and allocated: one row for ever, whatever is uploaded again."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    month = models.IntegerField(_("汇缴年月"))
    roster_sha256 = models.CharField(max_length=64)
    members = models.IntegerField(_("人数"))
    amount = models.BigIntegerField(_("金额"))
    business_date = models.DateField()
    journal_id = models.BigIntegerField(unique=True)

    class Meta:
        ordering = ["month", "unit"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "month"], name="contributions_remittance_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, members__gt=0), name="contributions_remittance_sum"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month}"


class Contribution(models.Model):
    """One person's month within a remittance, in fen. Nobody is remitted twice for one month."""

    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    month = models.IntegerField(_("汇缴年月"))
    base = models.BigIntegerField(_("缴存基数"))
    unit_amount = models.BigIntegerField(_("单位月缴存额"))
    person_amount = models.BigIntegerField(_("个人月缴存额"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "month"], name="contributions_month_once"),
            models.CheckConstraint(
                condition=models.Q(unit_amount__gt=0, person_amount__gt=0), name="contributions_amounts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.month}"
