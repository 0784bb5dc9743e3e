from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.ledger.models import Account
from anju.platform.sealed_fields import BlindIndexField, SealedTextField, matches
from anju.registry.code_lists import IDENTITY_CARD
from anju.registry.spelling import SpellingField


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


class SpellBegan(models.TextChoices):
    """How an employment spell began."""

    OPENED = "opened", _("账户设立")
    UNSEALED = "unsealed", _("启封")
    TRANSFERRED = "transferred", _("同城转移")
    TAKEN_OVER = "taken_over", _("单位合并或分立")


class SpellEnded(models.TextChoices):
    """How an employment spell ended; what the unit gives as reason for sealing, or what the center did."""

    LEFT = "left", _("终止劳动关系")
    UNPAID = "unpaid", _("停薪留职")
    RETIRED = "retired", _("离休、退休")
    OTHER = "other", _("其他")
    TRANSFERRED = "transferred", _("同城转移")
    TAKEN_OVER = "taken_over", _("单位合并或分立")
    CLOSED = "closed", _("账户销户")


class UnitKind(models.TextChoices):
    """An employer, or one of the center's own collective accounts for members without one; an office has one of each."""

    EMPLOYER = "employer", _("单位")
    FLEXIBLE = "flexible", _("灵活就业集中户")
    CUSTODY = "custody", _("集中封存户")


class Unit(models.Model):
    """A contributing unit. Ratios are ppm; `paid_to` is the latest month remitted, as yyyymm."""

    kind = models.CharField(_("类别"), max_length=10, choices=UnitKind, default=UnitKind.EMPLOYER)

    number = models.CharField(_("单位账号"), max_length=20, unique=True)
    name = models.CharField(_("单位名称"), max_length=120)
    name_spelling = SpellingField("name", _("单位名称全拼"), max_length=600, person=False)
    name_initials = SpellingField("name", _("单位名称首字母"), max_length=120, short=True, person=False)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True, null=True)  # noqa: DJ001 - unique
    office = models.CharField(_("管理部"), max_length=30)
    sector = models.CharField(_("单位性质"), max_length=30)
    unit_ratio = models.IntegerField(_("单位缴存比例"))
    person_ratio = models.IntegerField(_("个人缴存比例"))
    state = models.CharField(_("状态"), max_length=2, choices=UnitState, default=UnitState.NORMAL)
    opened_date = models.DateField(_("开户日期"))
    sealed_date = models.DateField(_("封存日期"), null=True)
    closed_date = models.DateField(_("销户日期"), null=True)
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
            models.CheckConstraint(
                condition=~models.Q(kind=UnitKind.EMPLOYER) | models.Q(credit_code__isnull=False),
                name="registry_unit_employer_credit_code",
            ),
            models.UniqueConstraint(
                fields=["kind", "office"], condition=~models.Q(kind=UnitKind.EMPLOYER), name="registry_unit_collective"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_date__isnull=False, state=UnitState.CLOSED)
                | (models.Q(closed_date__isnull=True) & ~models.Q(state=UnitState.CLOSED)),
                name="registry_unit_closed_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Member(models.Model):
    """A person with a savings account. Identity number and phone are sealed; the blind index finds and keeps unique.

    `Member.objects.filter(identity_index="4306…")` finds by the number itself, in its canonical form. `name_spelling`
    and `name_initials` are the name in pinyin without tones and spaces, kept in step by `save` and `bulk_create`.
    """

    number = models.CharField(_("个人账号"), max_length=20, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    name_spelling = SpellingField("name", _("姓名全拼"), max_length=300)
    name_initials = SpellingField("name", _("姓名首字母"), max_length=60, short=True)
    document_type = models.CharField(_("证件类型"), max_length=2, default=IDENTITY_CARD)
    document_country = models.CharField(_("签发国家或地区"), max_length=3, default="CHN")
    identity = SealedTextField(_("证件号码"), row="number")
    identity_index = BlindIndexField("identity")
    phone = SealedTextField(_("手机号码"), row="number")
    phone_index = BlindIndexField("phone", null=True)  # type: ignore[misc]
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
            # One person, one account (条例 Art. 13). One that has closed keeps the number on file; its holder may come back.
            models.UniqueConstraint(
                fields=["identity_index", "document_type", "document_country"],
                condition=models.Q(closed_date=None),
                name="registry_member_one_account",
            ),
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

    @property
    def identity_number(self) -> str | None:
        """The identity number; None for who has another document."""
        return self.identity if self.document_type == IDENTITY_CARD else None

    def has_identity(self, number: str) -> bool:
        """Whether this canonical identity number is the holder's; nothing is opened for the answer."""
        return matches(self, "identity_index", number)


class Employment(models.Model):
    """A spell of a member at a unit: the months `first_month`..`last_month` (yyyymm) for which contributions are due.

    `last_month` is empty while the spell goes on. Spells of a member never overlap (exclusion constraint in
    sql/employment.sql); a spell ends by sealing, transfer, merger or closing, and unsealing begins a new one.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="employments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="employments")
    first_month = models.IntegerField(_("起缴年月"))
    last_month = models.IntegerField(_("止缴年月"), null=True)
    began_by = models.CharField(_("建立原因"), max_length=12, choices=SpellBegan)
    ended_by = models.CharField(_("终止原因"), max_length=12, choices=SpellEnded, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(last_month=None), name="registry_employment_one_current"
            ),
            models.CheckConstraint(
                condition=models.Q(last_month=None, ended_by="")
                | (models.Q(last_month__isnull=False) & ~models.Q(ended_by="")),
                name="registry_employment_ended",
            ),
        ]
        indexes = [models.Index(fields=["unit", "first_month"], name="registry_employment_unit")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.unit_id} {self.first_month}"


class MemberBase(models.Model):
    """A member's contribution base from a month on (yyyymm), in fen: one row for each change, never rewritten."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="bases")
    first_month = models.IntegerField(_("生效年月"))
    amount = models.BigIntegerField(_("缴存基数"))
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "first_month"], name="registry_memberbase_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="registry_memberbase_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.first_month}"


class UnitTerms(models.Model):
    """A unit's ratios (ppm) from a month on (yyyymm): one row for each change, never rewritten."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="terms")
    first_month = models.IntegerField(_("生效年月"))
    unit_ratio = models.IntegerField(_("单位缴存比例"))
    person_ratio = models.IntegerField(_("个人缴存比例"))
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "first_month"], name="registry_unitterms_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.first_month}"


class AgentPower(models.TextChoices):
    """What a unit lets one of its agents do besides looking (经办权限)."""

    REMIT = "remit", _("汇缴与补缴")
    MEMBERS = "members", _("职工账户")
    REGISTRY = "registry", _("单位信息与比例")


def every_power() -> list[str]:
    """All powers: what an agent has unless the unit says less."""
    return list(AgentPower.values)


class UnitAgent(models.Model):
    """A sign-in that acts for a unit (单位经办人), with the powers that the unit gave; without any, it looks only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="agents")
    since = models.DateField(_("授权日期"))
    powers = ArrayField(models.CharField(max_length=10), default=every_power, verbose_name=_("经办权限"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "unit"], name="registry_unitagent_once"),
            models.CheckConstraint(
                condition=models.Q(powers__contained_by=AgentPower.values), name="registry_unitagent_powers"
            ),
        ]

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
    UNIT_CHANGED = "unit_changed", _("单位信息变更")
    UNIT_TERMS = "unit_terms", _("缴存比例调整")
    UNIT_BASES = "unit_bases", _("缴存基数调整")
    UNIT_SEALED = "unit_sealed", _("单位封存")
    UNIT_UNSEALED = "unit_unsealed", _("单位启封")
    UNIT_CLOSED = "unit_closed", _("单位注销")
    UNIT_MERGED = "unit_merged", _("单位合并或分立")
    UNIT_RELIEF = "unit_relief", _("降低比例或缓缴")
    MEMBER_OPENED = "member_opened", _("个人账户设立")
    MEMBER_CHANGED = "member_changed", _("个人信息变更")
    MEMBER_SEALED = "member_sealed", _("个人账户封存")
    MEMBER_UNSEALED = "member_unsealed", _("个人账户启封")
    MEMBER_MOVED = "member_moved", _("同城转移")
    MEMBER_MERGED = "member_merged", _("账户合并")
    MEMBER_FROZEN = "member_frozen", _("司法冻结")
    MEMBER_CLOSED = "member_closed", _("个人账户销户")


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
                fields=["kind", "case_number", "number"],
                condition=~models.Q(case_number=""),
                name="registry_change_once_a_case",
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


from anju.registry.models_accounts import Freeze, Move  # noqa: E402,F401 - Django looks here
from anju.registry.models_successions import Succession, SuccessionMember  # noqa: E402,F401 - Django looks here
