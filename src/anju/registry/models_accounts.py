"""Tables of personal accounts that change hands or are held: moves between units, freezes of courts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Move(models.Model):
    """A member's change of unit: the account stays, its money counts to the other unit from that day on.

    `balance` in fen and `moment` in fen x days (see ledger: products follow from it) are the account's at that instant. Never changed.
    """

    member = models.ForeignKey("registry.Member", on_delete=models.PROTECT, related_name="moves")
    from_unit = models.ForeignKey("registry.Unit", on_delete=models.PROTECT, related_name="+")
    to_unit = models.ForeignKey("registry.Unit", on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("转移日期"))
    balance = models.BigIntegerField(_("余额"))
    moment = models.BigIntegerField(_("积数矩"))
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["from_unit", "day"], name="registry_move_from"),
            models.Index(fields=["to_unit", "day"], name="registry_move_to"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="registry_move_balance"),
            models.CheckConstraint(condition=~models.Q(from_unit=models.F("to_unit")), name="registry_move_elsewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.day}"


class FreezeState(models.TextChoices):
    """Where a court's freeze stands; a waiting one is active: its place is derived from the ledger's queue."""

    ACTIVE = "active", _("冻结中")
    LIFTED = "lifted", _("已解除")
    EXPIRED = "expired", _("已到期")


class Freeze(models.Model):
    """A court's freeze of an account (司法冻结), bound to its hold in the ledger. `amount` in fen; empty: all of it."""

    member = models.ForeignKey("registry.Member", on_delete=models.PROTECT, related_name="freezes")
    hold_id = models.BigIntegerField(unique=True)
    amount = models.BigIntegerField(_("冻结金额"), null=True)
    document = models.CharField(_("执行文书编号"), max_length=60)
    court = models.CharField(_("执行法院"), max_length=100)
    officer = models.CharField(_("执行人员"), max_length=60)
    first_day = models.DateField(_("冻结日期"))
    last_day = models.DateField(_("到期日期"))
    state = models.CharField(_("状态"), max_length=8, choices=FreezeState, default=FreezeState.ACTIVE)
    ended_date = models.DateField(_("解除日期"), null=True)
    case_number = models.CharField(_("业务流水号"), max_length=20, unique=True)

    class Meta:
        ordering = ["hold_id"]
        indexes = [
            models.Index(fields=["last_day"], condition=models.Q(state="active"), name="registry_freeze_running")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount=None) | models.Q(amount__gt=0), name="registry_freeze_sum"
            ),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="registry_freeze_days"
            ),
            models.CheckConstraint(
                condition=models.Q(state="active", ended_date=None)
                | (~models.Q(state="active") & models.Q(ended_date__isnull=False)),
                name="registry_freeze_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.case_number
