"""Tables of cross-city transfer (异地转移接续): letters to and from other centers, and every message about them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.platform.sealed_fields import BlindIndexField, SealedTextField
from anju.registry.models import Member


class Direction(models.TextChoices):
    """Whether the money comes or goes."""

    IN = "in", _("转入")
    OUT = "out", _("转出")


class LetterState(models.TextChoices):
    """States of a letter as the national transfer platform numbers them (联系函状态)."""

    APPROVED = "01", _("联系函复核通过")
    RECEIVED = "02", _("联系函确认接收")
    CANCELLED = "05", _("转入撤销业务办结")
    NEGOTIATING = "06", _("协商中")
    CHECKED = "08", _("账户信息复核通过")
    REFUSED = "13", _("转出审核不通过")
    NEGOTIATED = "20", _("协商后业务办结")
    FAILED = "40", _("转出失败业务办结")
    DONE = "00", _("正常办结")


#: From where to where a letter goes. What is not here does not happen, in either direction.
MOVES: dict[LetterState, frozenset[LetterState]] = {
    LetterState.APPROVED: frozenset(
        {LetterState.RECEIVED, LetterState.CANCELLED, LetterState.REFUSED, LetterState.FAILED}
    ),
    LetterState.RECEIVED: frozenset({LetterState.CHECKED, LetterState.REFUSED, LetterState.FAILED}),
    LetterState.CHECKED: frozenset({LetterState.DONE, LetterState.NEGOTIATING, LetterState.FAILED}),
    LetterState.NEGOTIATING: frozenset({LetterState.NEGOTIATED, LetterState.CHECKED, LetterState.FAILED}),
}
ENDED = frozenset(LetterState) - MOVES.keys()


class Letter(models.Model):
    """A letter (联系函). Its number is the institution code's first six digits, the day and four digits (spec 5.6).

    Amounts in fen are what the paying center says; `received` is what the bank reported here. `journal_id` once booked.
    """

    number = models.CharField(_("联系函编号"), max_length=20, unique=True)
    direction = models.CharField(_("方向"), max_length=3, choices=Direction)
    state = models.CharField(_("状态"), max_length=2, choices=LetterState, default=LetterState.APPROVED)
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="letters")
    partner = models.CharField(_("对方中心代码"), max_length=15)
    partner_name = models.CharField(_("对方中心"), max_length=120)
    name = models.CharField(_("姓名"), max_length=60)
    identity = SealedTextField(_("证件号码"), row="number")
    identity_index = BlindIndexField("identity")
    partner_account = models.CharField(_("对方个人账号"), max_length=20, blank=True)
    principal = models.BigIntegerField(_("转移本金"), null=True)
    interest = models.BigIntegerField(_("转移利息"), null=True)
    received = models.BigIntegerField(_("到账金额"), default=0)
    opened_date = models.DateField(_("原中心开户日期"), null=True)
    paid_to = models.IntegerField(_("原中心缴至年月"), null=True)
    six_months = models.BooleanField(_("连续缴存六个月"), null=True)
    loans = models.IntegerField(_("公积金贷款次数"), null=True)
    loan_open = models.BooleanField(_("有未结清贷款"), null=True)
    fraud = models.BooleanField(_("有骗提骗贷记录"), null=True)
    hold_id = models.BigIntegerField(null=True)
    journal_id = models.BigIntegerField(unique=True, null=True)
    made_date = models.DateField(_("发函日期"))
    ended_date = models.DateField(_("办结日期"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["direction", "state"], name="contributions_letter_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["case_number"], condition=~models.Q(case_number=""), name="contributions_letter_once_a_case"
            ),
            models.UniqueConstraint(
                fields=["direction", "partner", "identity_index"],
                condition=models.Q(state__in=[state.value for state in MOVES]),
                name="contributions_letter_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(principal=None, interest=None) | models.Q(principal__gte=0, interest__gte=0),
                name="contributions_letter_amounts",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> int | None:
        """Principal and interest together."""
        return None if self.principal is None or self.interest is None else self.principal + self.interest


class LetterMessage(models.Model):
    """A message about a letter, sent or received, its content sealed. A sender's serial is worked once."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="messages")
    sender = models.CharField(max_length=15)
    serial = models.CharField(_("业务流水号"), max_length=40)
    code = models.CharField(_("交易代码"), max_length=6)
    key = models.CharField(max_length=60, unique=True)
    content = SealedTextField(row="key")
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["sender", "serial"], name="contributions_lettermessage_once")]

    def __str__(self) -> str:
        return self.key
