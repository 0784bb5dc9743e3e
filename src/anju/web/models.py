from django.db import models

from anju.platform.models import User
from anju.platform.sealed_fields import SealedTextField


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


class HeldPost(models.Model):
    """What somebody typed into a form whose session had ended, kept until they have signed in again.

    `holder` is a digest of the browser's token; `user` the account that alone may have it back; `fields` the form as
    JSON, sealed.
    """

    number = models.CharField(max_length=32, unique=True)
    holder = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    path = models.CharField(max_length=2000)
    fields = SealedTextField(row="number")
    filled = models.IntegerField()
    held_at = models.DateTimeField()

    class Meta:
        db_table = "web_held_post"
        indexes = [
            models.Index(fields=["holder"], name="web_held_post_holder"),
            models.Index(fields=["held_at"], name="web_held_post_held_at"),
        ]

    def __str__(self) -> str:
        return self.number
