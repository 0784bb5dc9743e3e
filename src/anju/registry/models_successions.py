"""Tables of mergers and splits of units, and of what closing moves to the 集中封存户."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SuccessionKind(models.TextChoices):
    """How a unit's members came to another unit at once."""

    MERGER = "merger", _("合并")
    SPLIT = "split", _("分立")
    CLOSING = "closing", _("注销转集中封存")


class Succession(models.Model):
    """Members of one unit who went to another at once, with the balances (fen) that the unit totals moved by.

    The members' accounts stay as they are: no entry is booked for them, so unit ledgers read this row. `suspense` is what
    was booked from one unit's suspense account to the other's. Never changed, never deleted.
    """

    kind = models.CharField(_("类别"), max_length=10, choices=SuccessionKind)
    source = models.ForeignKey("registry.Unit", on_delete=models.PROTECT, related_name="successions")
    target = models.ForeignKey("registry.Unit", on_delete=models.PROTECT, related_name="predecessions")
    first_month = models.IntegerField(_("生效年月"))
    members = models.IntegerField(_("人数"))
    balance = models.BigIntegerField(_("转移的个人账户余额"))
    suspense = models.BigIntegerField(_("转移的暂收款"), default=0)
    day = models.DateField(_("业务日期"))
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_number", "kind"],
                condition=~models.Q(case_number=""),
                name="registry_succession_once_a_case",
            ),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="registry_succession_apart"),
            models.CheckConstraint(
                condition=models.Q(kind__in=SuccessionKind.values, members__gte=0, balance__gte=0, suspense__gte=0),
                name="registry_succession_sums",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"


class SuccessionMember(models.Model):
    """A member who went with a succession, and the balance (fen) of the account at that instant."""

    succession = models.ForeignKey(Succession, on_delete=models.PROTECT, related_name="lines")
    member = models.ForeignKey("registry.Member", on_delete=models.PROTECT, related_name="+")
    balance = models.BigIntegerField(_("余额"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["succession", "member"], name="registry_successionmember_once")]

    def __str__(self) -> str:
        return f"{self.succession_id} {self.member_id}"
