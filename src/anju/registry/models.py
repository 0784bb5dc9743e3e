from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.ledger.models import Account
from anju.platform.sealed_fields import BlindIndexField, SealedTextField, matches


class UnitState(models.TextChoices):
    """Unit account states 单位账户状态, JGJ/T 320-2014."""

    NORMAL = "01", _("正常")
    OPENED = "02", _("开户")
    DEFERRED = "03", _("缓缴")
    CLOSED = "04", _("销户")
    SEALED = "05", _("封存")


class MemberState(models.TextChoices):
    """Personal account states 个人账户状态, JGJ/T 320-2014."""

    NORMAL = "01", _("正常")
    SEALED = "02", _("封存")
    MERGED = "03", _("合并销户")
    TRANSFERRED_OUT = "04", _("外部转出销户")
    WITHDRAWN = "05", _("提取销户")
    FROZEN = "06", _("冻结")


class Unit(models.Model):
    """A contributing unit. Ratios are ppm; `paid_to` is the latest month remitted, as yyyymm."""

    number = models.CharField(_("单位账号"), max_length=20, unique=True)
    name = models.CharField(_("单位名称"), max_length=120)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    office = models.CharField(_("管理部"), max_length=30)
    sector = models.CharField(_("单位性质"), max_length=30)
    unit_ratio = models.IntegerField(_("单位缴存比例"))
    person_ratio = models.IntegerField(_("个人缴存比例"))
    state = models.CharField(_("状态"), max_length=2, choices=UnitState, default=UnitState.NORMAL)
    opened_date = models.DateField(_("开户日期"))
    paid_to = models.IntegerField(_("缴至年月"), null=True)
    # What unit registration (单位缴存登记) asks for; units that came from elsewhere may lack it. Fields of JGJ/T 320
    # table 4.0.2, codes of `code_lists.yaml`.
    industry = models.CharField(_("所属行业"), max_length=4, blank=True)
    economic_type = models.CharField(_("经济类型"), max_length=3, blank=True)
    affiliation = models.CharField(_("隶属关系"), max_length=2, blank=True)
    address = models.CharField(_("单位地址"), max_length=200, blank=True)
    postcode = models.CharField(_("邮政编码"), max_length=6, blank=True)
    legal_name = models.CharField(_("法定代表人姓名"), max_length=60, blank=True)
    legal_document_type = models.CharField(_("法定代表人证件类型"), max_length=2, blank=True)
    legal_number = SealedTextField(_("法定代表人证件号码"), row="number", null=True)  # type: ignore[misc]
    agent_name = models.CharField(_("经办人姓名"), max_length=60, blank=True)
    agent_number = SealedTextField(_("经办人证件号码"), row="number", null=True)  # type: ignore[misc]
    agent_phone = SealedTextField(_("经办人手机号码"), row="number", null=True)  # type: ignore[misc]
    payday = models.IntegerField(_("发薪日"), null=True)
    established_date = models.DateField(_("设立日期"), null=True)
    bank_name = models.CharField(_("受托银行"), max_length=60, blank=True)
    suspense = models.OneToOneField(
        Account, null=True, on_delete=models.PROTECT, related_name="+", help_text=_("219 下的暂收账户")
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=models.Q(payday__range=(1, 28)), name="registry_unit_payday"),
            # 住房公积金管理条例 Art. 18: not below 5 %; 建金〔2016〕74号: not above 12 %.
            models.CheckConstraint(
                condition=models.Q(unit_ratio__range=(50_000, 120_000), person_ratio__range=(50_000, 120_000)),
                name="registry_unit_ratio",
            ),
            models.CheckConstraint(condition=models.Q(state__in=UnitState.values), name="registry_unit_state"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Member(models.Model):
    """A person with a savings account. Identity number and phone are sealed; the blind index finds and keeps unique.

    `Member.objects.filter(identity_index="4306…")` finds by the number itself, in its canonical form.
    """

    number = models.CharField(_("个人账号"), max_length=20, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    identity = SealedTextField(_("证件号码"), row="number")
    identity_index = BlindIndexField("identity", unique=True)
    phone = SealedTextField(_("手机号码"), row="number")
    address = SealedTextField(_("通信地址"), row="number", null=True)  # type: ignore[misc]
    email = SealedTextField(_("电子邮箱"), row="number", null=True)  # type: ignore[misc]
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    base = models.BigIntegerField(_("缴存基数"))
    state = models.CharField(_("状态"), max_length=2, choices=MemberState, default=MemberState.NORMAL)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, help_text=_("201 下的账户"))
    opened_date = models.DateField(_("开户日期"))
    sealed_date = models.DateField(_("封存日期"), null=True)
    closed_date = models.DateField(_("销户日期"), null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=models.Q(base__gt=0), name="registry_member_base"),
            models.CheckConstraint(condition=models.Q(state__in=MemberState.values), name="registry_member_state"),
            models.CheckConstraint(
                condition=models.Q(closed_date__isnull=True, state__in=["01", "02", "06"])
                | models.Q(closed_date__isnull=False, state__in=["03", "04", "05"]),
                name="registry_member_closed_date",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def has_identity(self, number: str) -> bool:
        """Whether this canonical identity number is the holder's; nothing is opened for the answer."""
        return matches(self, "identity_index", number)


class UnitAgent(models.Model):
    """A sign-in that acts for a unit (单位经办人)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="agents")
    since = models.DateField(_("授权日期"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "unit"], name="registry_unitagent_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.unit_id}"


class MemberSignIn(models.Model):
    """The sign-in of a member: each has one account and each account one sign-in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="sign_in")

    def __str__(self) -> str:
        return f"{self.user_id} {self.member_id}"


class ChangeKind(models.TextChoices):
    """What was done to a record of the registry."""

    UNIT_REGISTERED = "unit_registered", _("单位缴存登记")
    MEMBER_CHANGED = "member_changed", _("个人信息变更")


class Change(models.Model):
    """A change of a unit's or a member's record: the values before and after, sealed. Never changed, never deleted."""

    kind = models.CharField(max_length=20, choices=ChangeKind)
    number = models.CharField(_("单位或个人账号"), max_length=20)
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)
    day = models.DateField(_("业务日期"))
    key = models.CharField(max_length=40, unique=True)
    content = SealedTextField(row="key")

    class Meta:
        indexes = [models.Index(fields=["number", "id"], name="registry_change_number")]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=ChangeKind.values), name="registry_change_kind"),
            # A case that takes effect again after a lost answer changes a record once.
            models.UniqueConstraint(
                fields=["kind", "case_number"], condition=~models.Q(case_number=""), name="registry_change_once_a_case"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class MemberActivation(models.Model):
    """A code handed out at the counter (激活码): whoever holds it is the member. Kept as a digest, for a day, five tries."""

    member = models.OneToOneField(Member, primary_key=True, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=128)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(tries__range=(0, 5)), name="registry_activation_tries")
        ]

    def __str__(self) -> str:
        return str(self.member_id)
