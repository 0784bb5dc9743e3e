from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.platform.api_models import ApiQuota, ApiToken
from anju.platform.files.models import FilePart, StoredFile
from anju.platform.people.models import Department, Kind, Office, Person, Role, SealedSecret, User, Window
from anju.platform.runs.models import Chunk, Problem, Run

__all__ = [
    "ApiQuota",
    "ApiToken",
    "AuditEntry",
    "AuditSeal",
    "CenterFact",
    "Chunk",
    "Department",
    "FilePart",
    "Kind",
    "Office",
    "OutboxEvent",
    "Person",
    "Problem",
    "Role",
    "Run",
    "SealedSecret",
    "StoredFile",
    "User",
    "Window",
]


class CenterFact(models.Model):
    """A named fact about this center: its title, and for a synthetic city the scale it is made at."""

    key = models.CharField(primary_key=True, max_length=60)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.key


class AuditEntry(models.Model):
    """Somebody did something that must be answered for. Written by `audit.record`, never changed.

    `day` is the day whose seal covers the row; `leaf` is computed by the database over everything else. References
    are account or case numbers: no name, no identity number.
    """

    happened_at = models.DateTimeField()
    day = models.DateField()
    business_date = models.DateField(null=True)
    actor = models.CharField(max_length=150, help_text=_("登录名，或程序的名称"))
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=60)
    object_reference = models.CharField(max_length=60)
    detail = models.JSONField()
    leaf = models.BinaryField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["day", "id"], name="platform_audit_day"),
            models.Index(fields=["object_kind", "object_reference", "id"], name="platform_audit_object"),
            models.Index(fields=["actor", "id"], name="platform_audit_actor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(actor="") & ~models.Q(action="") & ~models.Q(object_kind=""),
                name="platform_audit_says_who_and_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"


class AuditSeal(models.Model):
    """The root of one day of the audit log, chained to the root of the day sealed before."""

    day = models.DateField(primary_key=True)
    previous = models.BinaryField()
    root = models.BinaryField()
    entries = models.BigIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return str(self.day)


class OutboxEvent(models.Model):
    """Something that happened and must be told; delivered to the subscriber of its topic exactly once."""

    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=80, unique=True)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="platform_outbox_waiting", condition=models.Q(delivered_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.key
