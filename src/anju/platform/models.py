from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.platform.runs.models import Chunk, Problem, Run

__all__ = ["CenterFact", "Chunk", "Problem", "Role", "Run", "SensitiveView", "User"]


class Role(models.TextChoices):
    """What a member of staff is there to do; pages open by role."""

    DIRECTOR = "director", _("主任")
    ACCOUNTANT = "accountant", _("会计")
    TELLER = "teller", _("柜员")
    AUDITOR = "auditor", _("审计")


class User(AbstractUser):
    """A person who signs in. The sign-in name is `username`; the name shown is `display_name`."""

    display_name = models.CharField(_("姓名"), max_length=60)
    role = models.CharField(_("岗位"), max_length=20, choices=Role)

    def __str__(self) -> str:
        return self.display_name or self.username


class CenterFact(models.Model):
    """A named fact about this center: its title, and for a synthetic city the scale it is made at."""

    key = models.CharField(primary_key=True, max_length=60)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.key


class SensitiveView(models.Model):
    """Somebody looked at a person's account: who, whose, when, on which page. Written before the page is shown."""

    viewer = models.ForeignKey(User, on_delete=models.PROTECT)
    subject = models.CharField(max_length=60, help_text=_("被查看的账号"))
    page = models.CharField(max_length=120)
    viewed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.viewer_id} → {self.subject}"
