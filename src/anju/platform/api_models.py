"""Tables of the API: the tokens of programs, and how often each caller asked within a minute."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

#: How long a token may hold at most.
LONGEST = timedelta(days=365)


class Scope(models.TextChoices):
    """What a token may do. Who may write may read."""

    READ = "read", _("只读")
    WRITE = "write", _("读写")


class ApiToken(models.Model):
    """A token of a sign-in. `used_day` is the latest day of use: no finer trace is kept than is needed to tidy up."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(_("用途"), max_length=60)
    scope = models.CharField(max_length=5, choices=Scope)
    digest = models.BinaryField(unique=True, max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_day = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "platform"
        db_table = "platform_apitoken"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + LONGEST),
                name="platform_apitoken_ends_within_a_year",
            ),
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="platform_apitoken_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"


class ApiQuota(models.Model):
    """Requests of one caller in one minute. `key` is a digest: no address stays in the database."""

    key = models.CharField(max_length=64)
    minute = models.BigIntegerField(help_text=_("自 1970-01-01 UTC 起的分钟数"))
    requests = models.IntegerField()

    class Meta:
        app_label = "platform"
        db_table = "platform_apiquota"
        indexes: ClassVar = [models.Index(fields=["minute"], name="platform_apiquota_minute")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "minute"], name="platform_apiquota_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.minute}"
