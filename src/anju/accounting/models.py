from django.db import models
from django.utils.translation import gettext_lazy as _


class Distribution(models.Model):
    """The year's value-added income and where it went, in fen; the three parts add up to the whole."""

    year = models.IntegerField(_("年度"), primary_key=True)
    value_added_income = models.BigIntegerField(_("增值收益"))
    risk_reserve = models.BigIntegerField(_("贷款风险准备金"))
    management_fee = models.BigIntegerField(_("管理费用"))
    housing_supplement = models.BigIntegerField(_("城市廉租住房建设补充资金"))
    journal_id = models.BigIntegerField(unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    value_added_income=models.F("risk_reserve")
                    + models.F("management_fee")
                    + models.F("housing_supplement")
                ),
                name="accounting_distribution_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(risk_reserve__gte=0, management_fee__gte=0, housing_supplement__gte=0),
                name="accounting_distribution_parts",
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)
