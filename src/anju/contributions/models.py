"""Tables of 归集: bills, what they are for, the money that arrived. All amounts in fen, months as yyyymm."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.ledger.models import Account
from anju.platform.sealed_fields import SealedTextField
from anju.registry.models import Member, Unit


class BillKind(models.TextChoices):
    """What a bill is for."""

    REMITTANCE = "remittance", _("汇缴")
    BACK_PAYMENT = "back_payment", _("补缴")
    FLEXIBLE = "flexible", _("灵活就业缴存")


class BillState(models.TextChoices):
    """Where a bill stands. Its lines are written when it is issued and stay for ever once it is paid."""

    OPEN = "open", _("待缴款")
    PAID = "paid", _("已入账")
    CANCELLED = "cancelled", _("已撤销")


class Method(models.TextChoices):
    """How the payer pays."""

    TRANSFER = "transfer", _("转账")
    DEBIT = "debit", _("委托收款")


class Bill(models.Model):
    """A payment notice (缴款通知书): its number is the reference that the payer states. `journal_id` once it is paid.

    `member` is the payer of a flexible-employment bill; its unit is then the office's collective account.
    """

    number = models.CharField(_("缴款编号"), max_length=20, unique=True)
    kind = models.CharField(_("类别"), max_length=12, choices=BillKind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="bills")
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField(_("金额"))
    members = models.IntegerField(_("人数"))
    state = models.CharField(_("状态"), max_length=10, choices=BillState, default=BillState.OPEN)
    method = models.CharField(_("缴款方式"), max_length=10, choices=Method, default=Method.TRANSFER)
    issued_date = models.DateField(_("开具日期"))
    due_date = models.DateField(_("缴款期限"), null=True)
    paid_date = models.DateField(_("入账日期"), null=True)
    journal_id = models.BigIntegerField(unique=True, null=True)
    maker = models.CharField(_("开具人"), max_length=150)
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["unit", "id"], name="contributions_bill_unit"),
            models.Index(fields=["id"], condition=models.Q(state=BillState.OPEN), name="contributions_bill_open"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0, members__gt=0), name="contributions_bill_sum"),
            models.CheckConstraint(
                condition=models.Q(state=BillState.PAID, journal_id__isnull=False, paid_date__isnull=False)
                | (~models.Q(state=BillState.PAID) & models.Q(journal_id=None, paid_date=None)),
                name="contributions_bill_paid",
            ),
            models.UniqueConstraint(
                fields=["case_number"], condition=~models.Q(case_number=""), name="contributions_bill_once_a_case"
            ),
            # What a payment counts depends on the one before: a person pays one bill after the other.
            models.UniqueConstraint(
                fields=["member"],
                condition=models.Q(kind=BillKind.FLEXIBLE, state=BillState.OPEN),
                name="contributions_bill_one_open_flexible",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=BillKind.FLEXIBLE, member__isnull=False)
                | (~models.Q(kind=BillKind.FLEXIBLE) & models.Q(member=None)),
                name="contributions_bill_member",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Remittance(models.Model):
    """A unit's month on a bill: one row for ever, whatever is uploaded again. Cancelling the bill takes it away."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="remittances")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", help_text=_("灵活就业人员自己缴存的月份")
    )
    month = models.IntegerField(_("汇缴年月"))
    roster_sha256 = models.CharField(max_length=64, blank=True, help_text=_("按文件汇缴时，清册文件的摘要"))
    members = models.IntegerField(_("人数"))
    amount = models.BigIntegerField(_("金额"))

    class Meta:
        ordering = ["month", "unit"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "month"], condition=models.Q(member=None), name="contributions_remittance_once"
            ),
            models.UniqueConstraint(
                fields=["member", "month"], condition=~models.Q(member=None), name="contributions_remittance_own_once"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, members__gt=0), name="contributions_remittance_sum"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month}"


class Contribution(models.Model):
    """One person's month within a remittance, in fen. Nobody is remitted twice for one month.

    `own` tells what somebody paid alone (灵活就业): who paid ahead and is employed meanwhile keeps those months, and the
    employer remits them all the same (条例 Art. 15).
    """

    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    month = models.IntegerField(_("汇缴年月"))
    base = models.BigIntegerField(_("缴存基数"))
    unit_amount = models.BigIntegerField(_("单位月缴存额"))
    person_amount = models.BigIntegerField(_("个人月缴存额"))
    own = models.BooleanField(_("本人缴存"), default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "month", "own"], name="contributions_month_once"),
            models.CheckConstraint(
                condition=models.Q(unit_amount__gte=0, person_amount__gte=0)
                & ~models.Q(unit_amount=0, person_amount=0),
                name="contributions_amounts",
            ),
            models.CheckConstraint(
                condition=models.Q(own=False) | models.Q(unit_amount=0), name="contributions_month_own"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.month}"


class BackPaymentReason(models.TextChoices):
    """Why a past month is paid now (补缴原因)."""

    MISSED = "missed", _("漏缴")
    BASE_SHORT = "base_short", _("缴存基数少报")
    RATIO_SHORT = "ratio_short", _("缴存比例调整")
    DEFERRED = "deferred", _("缓缴到期补缴")
    ORDERED = "ordered", _("责令限期缴存")
    OTHER = "other", _("其他")


class BackPayment(models.Model):
    """A person's past month, or what was short of it, on a bill (补缴)."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="back_payments")
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    month = models.IntegerField(_("补缴年月"))
    reason = models.CharField(_("补缴原因"), max_length=12, choices=BackPaymentReason)
    unit_amount = models.BigIntegerField(_("单位补缴额"))
    person_amount = models.BigIntegerField(_("个人补缴额"))

    class Meta:
        indexes = [models.Index(fields=["member", "month"], name="contributions_backpay_member")]
        constraints = [
            models.UniqueConstraint(fields=["bill", "member", "month"], name="contributions_backpay_once"),
            models.CheckConstraint(
                condition=models.Q(unit_amount__gte=0, person_amount__gte=0)
                & ~models.Q(unit_amount=0, person_amount=0),
                name="contributions_backpay_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.month}"


class Receipt(models.Model):
    """Money that a bank reported (到账通知), booked 借101 贷219 on arrival: the unit's suspense account, or while nobody
    knows whose it is the center's own. A bank's serial number is booked once.

    `third_party`: it named a notice of a unit or a person whose name, on arrival, was not the payer's (他人代缴).
    """

    bank_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    serial = models.CharField(_("银行流水号"), max_length=40)
    arrived_date = models.DateField(_("到账日期"))
    payer_name = models.CharField(_("付款户名"), max_length=120)
    payer_account = SealedTextField(_("付款账号"), row="key", null=True)  # type: ignore[misc]
    amount = models.BigIntegerField(_("金额"))
    remark = models.CharField(_("附言"), max_length=200, blank=True)
    key = models.CharField(max_length=60, unique=True)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="receipts")
    bill = models.ForeignKey(Bill, null=True, on_delete=models.PROTECT, related_name="receipts")
    matched_by = models.CharField(_("匹配方式"), max_length=12, blank=True)
    third_party = models.BooleanField(_("他人代缴"), default=False)
    business_date = models.DateField(_("记账日期"))
    journal_id = models.BigIntegerField(unique=True)
    maker = models.CharField(max_length=150)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["unit", "id"], name="contributions_receipt_unit"),
            models.Index(fields=["id"], condition=models.Q(unit=None), name="contributions_receipt_unknown"),
            models.Index(fields=["id"], condition=models.Q(third_party=True), name="contributions_receipt_third"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["bank_account", "serial"], name="contributions_receipt_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="contributions_receipt_amount"),
        ]

    def __str__(self) -> str:
        return self.key


class ReliefKind(models.TextChoices):
    """What a unit in difficulty may be allowed (条例 Art. 20)."""

    REDUCED = "reduced", _("降低缴存比例")
    DEFERRAL = "deferral", _("缓缴")


class Relief(models.Model):
    """A lower ratio or a deferral that was approved for the months `first_month`..`last_month`, at most twelve.

    It ends by itself; what was deferred is made up afterwards by the plan: `make_up_months` monthly parts.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reliefs")
    kind = models.CharField(_("类别"), max_length=10, choices=ReliefKind)
    first_month = models.IntegerField(_("起始年月"))
    last_month = models.IntegerField(_("终止年月"))
    unit_ratio = models.IntegerField(_("单位缴存比例"), null=True)
    person_ratio = models.IntegerField(_("个人缴存比例"), null=True)
    resolution = models.CharField(_("职代会或工会决议"), max_length=120)
    make_up_months = models.IntegerField(_("补缴期数"), default=0)
    case_number = models.CharField(_("业务流水号"), max_length=20, unique=True)
    reason = models.CharField(_("申请原因"), max_length=200, blank=True)
    approved_date = models.DateField(_("批准日期"))
    ended_early = models.DateField(_("提前恢复日期"), null=True)
    restored_date = models.DateField(_("恢复日期"), null=True, help_text=_("到期或提前恢复后，由每日批处理登记"))

    class Meta:
        ordering = ["unit", "first_month"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=ReliefKind.DEFERRAL, unit_ratio=None, person_ratio=None)
                | models.Q(kind=ReliefKind.REDUCED, unit_ratio__range=(1, 120_000), person_ratio__range=(1, 120_000)),
                name="contributions_relief_ratio",
            ),
            models.CheckConstraint(
                condition=models.Q(last_month__gte=models.F("first_month")), name="contributions_relief_months"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind} {self.first_month}"


class MakeUp(models.Model):
    """A month that was deferred, due later: what is owed for it at the terms of that month, and in which month it is due.

    Written when the deferral ends; what was paid of it is read from the back payments of the month.
    """

    relief = models.ForeignKey(Relief, on_delete=models.PROTECT, related_name="make_ups")
    month = models.IntegerField(_("缓缴年月"))
    due_month = models.IntegerField(_("应补年月"))
    members = models.IntegerField(_("人数"))
    amount = models.BigIntegerField(_("应补金额"))

    class Meta:
        db_table = "contributions_makeup"
        ordering = ["relief", "month"]
        constraints = [
            models.UniqueConstraint(fields=["relief", "month"], name="contributions_makeup_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, members__gt=0, due_month__gt=models.F("month")),
                name="contributions_makeup_sums",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.relief_id} {self.month}"


from anju.contributions import models_repair  # noqa: E402, F401 - its tables point to those above
from anju.contributions.models_arrears import RadarHit  # noqa: E402,F401 - as above
from anju.contributions.models_certificates import Certificate  # noqa: E402,F401 - as above
from anju.contributions.models_debit import DebitBatch, DebitLine, DebitMandate  # noqa: E402,F401 - as above
from anju.contributions.models_flexible import Agreement, FlexiblePayment  # noqa: E402,F401
from anju.contributions.models_letters import Letter, LetterMessage  # noqa: E402,F401 - Django looks for models here
from anju.contributions.models_reviews import ReceiptReview  # noqa: E402,F401 - as above
from anju.contributions.models_sheets import Sheet, SheetPart, SheetProblem, SheetRow  # noqa: E402,F401 - as above
