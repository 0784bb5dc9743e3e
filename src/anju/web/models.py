from django.db import models


class SignInThrottle(models.Model):
    """Sign-in attempts for one name from one address. `key` is a digest: people type passwords into the wrong field."""

    key = models.CharField(primary_key=True, max_length=64)
    attempts = models.IntegerField()
    first_attempt_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["first_attempt_at"], name="web_throttle_first_attempt")]

    def __str__(self) -> str:
        return self.key
