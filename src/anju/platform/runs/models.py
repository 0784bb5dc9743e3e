"""Runs, their chunks and the problems found in their rows. What state a run is in follows from these rows (`sql/`)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    """Where a run stands; derived by the view `platform_run_standing`, stored nowhere."""

    STAGING = "staging", _("待导入")
    REJECTED = "rejected", _("已退回")
    READY = "ready", _("待处理")
    RUNNING = "running", _("处理中")
    FINISHED = "finished", _("已完成")
    PARTIAL = "partial", _("部分完成")
    CANCELLED = "cancelled", _("已取消")


class ChunkState(models.TextChoices):
    """A chunk being worked is still `waiting` to everyone else: its lock tells, and its commit marks it done."""

    WAITING = "waiting", _("待处理")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


class Run(models.Model):
    """One run of a declared job. `key` is its business key: the same key is the same run, for ever."""

    job = models.CharField(max_length=100)
    key = models.CharField(max_length=200, unique=True)
    params = models.JSONField()
    business_date = models.DateField()
    maker = models.TextField()
    created_at = models.DateTimeField()
    #: Rows staged, the bad ones included, and a digest of them: staged anew, they must be the same.
    rows = models.BigIntegerField(db_default=0)
    rows_digest = models.BinaryField(null=True)
    #: Problems found (all of them, also those beyond the number kept), and rows set aside because of them.
    problems = models.BigIntegerField(db_default=0)
    rows_set_aside = models.BigIntegerField(db_default=0)
    rejected = models.BooleanField(db_default=False)
    staged_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.TextField(db_default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="platform_run_named",
                condition=~models.Q(key="") & ~models.Q(job="") & ~models.Q(maker=""),
            ),
            models.CheckConstraint(
                name="platform_run_rows",
                condition=models.Q(rows__gte=0, rows_set_aside__gte=0, problems__gte=0)
                & models.Q(rows_set_aside__lte=models.F("rows")),
            ),
            models.CheckConstraint(
                name="platform_run_rejected_for_a_reason",
                condition=models.Q(rejected=False) | models.Q(problems__gt=0, ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.key}"


class Chunk(models.Model):
    """A range of row numbers or keys, both ends included, worked in one transaction."""

    pk = models.CompositePrimaryKey("run_id", "number")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, db_index=False)
    number = models.IntegerField()
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    rows = models.BigIntegerField()
    state = models.TextField(choices=ChunkState, db_default=ChunkState.WAITING)
    counts = models.JSONField(db_default={})
    failures = models.IntegerField(db_default=0)
    error_code = models.TextField(db_default="")
    error_message = models.TextField(db_default="")
    sqlstate = models.TextField(db_default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "platform_run_chunk"
        ordering = ["number"]
        indexes = [
            models.Index(
                name="platform_run_chunk_waiting", fields=["run", "number"], condition=models.Q(state="waiting")
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="platform_run_chunk_state",
                condition=models.Q(state__in=ChunkState.values) & models.Q(low__lte=models.F("high")),
            ),
            models.CheckConstraint(
                name="platform_run_chunk_failed_with_cause",
                condition=~models.Q(state="failed") | ~models.Q(error_code=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class Problem(models.Model):
    """A row that breaks a rule: where, which value (masked when it is a person's), why."""

    pk = models.CompositePrimaryKey("run_id", "line", "rule")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, db_index=False)
    line = models.BigIntegerField()
    rule = models.TextField()
    column = models.TextField()
    value = models.TextField()
    message = models.TextField()

    class Meta:
        db_table = "platform_run_problem"
        ordering = ["line", "rule"]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.line} {self.rule}"
