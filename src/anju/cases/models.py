"""Tables of cases. A case, its history, its clock and its reviews are written by `cases_move` alone (sql/cases.sql).

Answers may hold identity numbers: they are sealed (`CaseForm`), everything else here is free of them.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from anju.cases.clock import DayCount
from anju.cases.declarations import ApplicantKind, Channel, Source
from anju.cases.states import ENDS, Clock, State, Verb
from anju.platform.files.models import StoredFile
from anju.platform.people.models import Office, Person, Role
from anju.platform.sealed_fields import SealedTextField


class Case(models.Model):
    """One application, from draft to its end. `version` counts its moves; `waits_for` is the role that must act."""

    number = models.CharField(_("业务流水号"), max_length=20, unique=True)
    item = models.CharField(_("事项"), max_length=10)
    revision = models.IntegerField(help_text=_("受理时事项的版本"))
    channel = models.CharField(_("渠道"), max_length=10, choices=Channel)
    applicant_kind = models.CharField(_("申请人类别"), max_length=10, choices=ApplicantKind)
    applicant_reference = models.CharField(_("申请人账号"), max_length=20, blank=True)
    applicant_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opening_key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001 - unique where there is one
    office = models.ForeignKey(Office, null=True, on_delete=models.PROTECT, help_text=_("空：中心本级"))
    subject = models.CharField(_("摘要"), max_length=120, blank=True)
    amount = models.BigIntegerField(_("金额（分）"), default=0)
    steps = models.JSONField(_("经办与审核岗位"), default=dict)
    state = models.CharField(_("状态"), max_length=12, choices=State)
    version = models.IntegerField(default=0)
    level = models.IntegerField(_("审核级次"), default=0)
    waits_for = models.CharField(_("待办岗位"), max_length=20, choices=Role, blank=True)
    handler = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    maker = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", help_text=_("经办人"))
    submitted_date = models.DateField(_("受理日期"), null=True)
    due = models.DateField(_("办理期限"), null=True)
    due_provisional = models.BooleanField(default=False)
    escalated = models.IntegerField(_("预警级别"), default=0)
    closed_date = models.DateField(_("办结日期"), null=True)
    result = models.JSONField(_("办理结果"), default=dict)
    reversal_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["waits_for", "office", "due", "id"], name="cases_queue_office", condition=~Q(waits_for="")),
            models.Index(fields=["waits_for", "due", "id"], name="cases_queue_center", condition=~Q(waits_for="")),
            models.Index(fields=["due", "id"], name="cases_due", condition=Q(due__isnull=False, closed_date__isnull=True)),
            models.Index(fields=["opened_at", "id"], name="cases_drafts", condition=Q(state="draft")),
            models.Index(fields=["opened_by", "-id"], name="cases_opened_by"),
            models.Index(
                fields=["applicant_kind", "applicant_reference", "-id"], name="cases_applicant",
                condition=~Q(applicant_reference=""),
            ),
            models.Index(fields=["applicant_person", "-id"], name="cases_person"),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="cases_case_state"),
            models.CheckConstraint(condition=Q(waits_for__in=["", *Role.values]), name="cases_case_waits_for"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="cases_case_amount"),
            models.CheckConstraint(
                condition=Q(state__in=ENDS, closed_date__isnull=False, waits_for="")
                | ~Q(state__in=ENDS) & Q(closed_date__isnull=True),
                name="cases_case_closed_when_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.REVIEW) | Q(level__gte=1, maker__isnull=False) & ~Q(waits_for=""),
                name="cases_case_review_has_a_maker",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class AllowedMove(models.Model):
    """The table of moves as the database knows it; `states.moves()` in rows."""

    verb = models.CharField(max_length=12, choices=Verb)
    source = models.CharField(max_length=12, choices=State)
    target = models.CharField(max_length=12, choices=State)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["verb", "source", "target"], name="cases_allowedmove_once"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.source} {self.target}"


class CaseEvent(models.Model):
    """A move that happened: who, when, from where to where, and the reason given. Never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    version = models.IntegerField(help_text=_("移动后的版本"))
    verb = models.CharField(max_length=12, choices=Verb)
    source = models.CharField(max_length=12, choices=State)
    target = models.CharField(max_length=12, choices=State)
    level = models.IntegerField()
    actor = models.CharField(max_length=150)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    business_date = models.DateField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["case", "version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "version"], name="cases_event_version")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.version} {self.verb}"


class ClockEventRow(models.Model):
    """An event of the clock; the due date of the case is what `clock.standing` makes of all of them. Never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clock_events")
    version = models.IntegerField()
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Clock if kind])
    day = models.DateField()
    term_days = models.IntegerField(null=True)
    term_count = models.CharField(max_length=10, blank=True, choices=[(count.value, count.value) for count in DayCount])

    class Meta:
        db_table = "cases_clockevent"
        ordering: ClassVar = ["case", "version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "version"], name="cases_clockevent_version")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.version} {self.kind}"


class Review(models.Model):
    """A verdict at a level of review. Maker, applicant and checkers of one round are different persons."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reviews")
    version = models.IntegerField()
    round = models.IntegerField(help_text=_("第几次送复核"))
    level = models.IntegerField()
    verb = models.CharField(max_length=12, choices=Verb)
    maker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    applicant = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    checker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(maker=F("checker")), name="cases_review_two_persons"),
            models.CheckConstraint(
                condition=Q(applicant__isnull=True) | ~Q(applicant=F("checker")), name="cases_review_not_of_own"
            ),
            models.UniqueConstraint(fields=["case", "round", "checker"], name="cases_review_once_a_round"),
            models.UniqueConstraint(fields=["case", "version"], name="cases_review_version"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.level} {self.verb}"


class CaseForm(models.Model):
    """What was answered, as typed: a revision for each submission; the latest may still be typed on while unsubmitted.

    `part` is the application or the handler's own form. `stamp` counts the savings of a draft: two windows on one draft
    do not overwrite each other unseen. `key` binds the sealed content to its row.
    """

    APPLICATION, HANDLING = "application", "handling"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="forms")
    part = models.CharField(max_length=12, choices=[(APPLICATION, APPLICATION), (HANDLING, HANDLING)])
    revision = models.IntegerField()
    key = models.CharField(max_length=60, unique=True)
    content = SealedTextField(row="key")
    stamp = models.IntegerField(default=1)
    submitted = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "part", "revision"], name="cases_form_revision")
        ]

    def __str__(self) -> str:
        return self.key


class CaseMaterial(models.Model):
    """A paper of a case: a file, a datum shared by another authority, or the applicant's declaration."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="materials")
    code = models.CharField(max_length=30)
    source = models.CharField(max_length=10, choices=Source)
    file = models.OneToOneField(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.CharField(max_length=200, blank=True, help_text=_("共享数据的核验编号，或承诺书编号"))
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "code"], name="cases_material_case")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(source=Source.SUBMITTED, file__isnull=False)
                | ~Q(source=Source.SUBMITTED) & Q(file__isnull=True),
                name="cases_material_submitted_is_a_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.code}"


class Tolerance(models.Model):
    """A paper that the case was accepted without (容缺受理), and until when it must follow."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tolerances")
    code = models.CharField(max_length=30)
    due = models.DateField(_("补交期限"))
    provisional = models.BooleanField(default=False)
    accepted_at = models.DateTimeField()
    accepted_by = models.CharField(max_length=150)
    fulfilled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due"], name="cases_tolerance_open", condition=Q(fulfilled_at__isnull=True))
        ]
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "code"], name="cases_tolerance_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.code}"


class CheckResult(models.Model):
    """What a rule of eligibility said, with the version at which it was asked."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="check_results")
    version = models.IntegerField()
    rule = models.CharField(max_length=60)
    title = models.CharField(max_length=60, blank=True)
    passed = models.BooleanField()
    blocking = models.BooleanField()
    message = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.rule}"


class Rating(models.Model):
    """What the applicant thought of the service (满意度), once a case, 1 to 5."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="rating")
    score = models.IntegerField(_("满意度"))
    words = models.CharField(_("意见"), max_length=500, blank=True)
    rated_at = models.DateTimeField()
    rated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(score__range=(1, 5)), name="cases_rating_score")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.score}"


class Message(models.Model):
    """A line to the applicant or to staff about a case (站内消息), made from an event of the outbox, once."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=80, help_text=_("发件箱事件的键"))
    text = models.CharField(max_length=500)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["recipient", "-id"], name="cases_message_recipient")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["event", "recipient"], name="cases_message_once")]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.event}"


def form_key(case: Case, part: str, revision: int) -> str:
    """What the sealed content of a form is bound to."""
    return f"{case.number}/{part}/{revision}"
