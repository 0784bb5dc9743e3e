"""Tables of the arrears radar (催缴): what is wrong at a unit, since when, until when; and who was reminded of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.registry.models import Unit


class RadarKind(models.TextChoices):
    """What the radar looks for."""

    MISSING = "missing", _("逾期未汇缴")
    SHRUNK = "shrunk", _("缴存人数骤减")
    LOW_BASE = "low_base", _("缴存基数低于下限")
    STALE_BASE = "stale_base", _("本年度未调整基数")
    BASE_FELL = "base_fell", _("人均基数低于上年")


class RadarHit(models.Model):
    """A fault of a unit's month, as first and last seen; resolved when it was no longer there, and kept as history.

    A fault that comes back after it was resolved is another row, so that the history tells both.
    `amount` is what is owed in fen where money is missing, `members` how many people it touches.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="radar_hits")
    kind = models.CharField(_("类别"), max_length=12, choices=RadarKind)
    month = models.IntegerField(_("年月"))
    members = models.IntegerField(_("人数"))
    amount = models.BigIntegerField(_("欠缴金额"), default=0)
    first_seen = models.DateField(_("首次发现"))
    last_seen = models.DateField(_("最近发现"))
    resolved = models.DateField(_("消除日期"), null=True)

    class Meta:
        ordering = ["unit", "month", "kind"]
        indexes = [
            models.Index(fields=["unit"], condition=models.Q(resolved=None), name="contributions_radar_open"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "month"],
                condition=models.Q(resolved=None),
                name="contributions_radar_stands_once",
            ),
            models.CheckConstraint(
                condition=models.Q(members__gte=0, amount__gte=0, last_seen__gte=models.F("first_seen")),
                name="contributions_radar_sums",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind} {self.month}"


class ArrearsReminder(models.Model):
    """A first reminder (催缴提醒) of a fault to those who act for the unit: one for each fault, whoever presses.

    `members` and `amount` (fen) are what the unit was told, `agents` how many sign-ins could read it at `sent_at`.
    """

    hit = models.OneToOneField(RadarHit, on_delete=models.PROTECT, related_name="reminder")
    members = models.IntegerField(_("人数"))
    amount = models.BigIntegerField(_("欠缴金额"))
    agents = models.IntegerField(_("送达经办人数"))
    sent_date = models.DateField(_("提醒日期"))
    sent_at = models.DateTimeField(_("发送时间"))
    sent_by = models.CharField(_("发送人"), max_length=150)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(agents__gt=0, members__gte=0, amount__gte=0), name="contributions_reminder_told"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hit_id} {self.sent_date}"
