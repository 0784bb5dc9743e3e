"""Tables of the organisation, of persons and of their sign-ins.

A person may sign in under several names, one post each. What separates duties (maker and checker, the three powers of
administration) therefore looks at the person, never at the sign-in.
"""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anju.platform.sealed_fields import BlindIndexField, SealedTextField


class Role(models.TextChoices):
    """The post of a sign-in of staff; pages, queues and steps of a case open by role."""

    DIRECTOR = "director", _("主任")
    COMMITTEE = "committee", _("管委会委员")
    OFFICE_HEAD = "office_head", _("管理部主任")
    REVIEWER = "reviewer", _("复核")
    TELLER = "teller", _("柜员")
    SERVICE = "service", _("客服")
    ACCOUNTANT = "accountant", _("会计")
    AUDITOR = "auditor", _("审计")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")


#: Three powers that one person never holds together (三员分立, GB/T 22239-2019 8.1.5).
SEPARATED_ROLES = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)


class Kind(models.TextChoices):
    """Through which portal a sign-in comes."""

    STAFF = "staff", _("工作人员")
    UNIT = "unit", _("单位经办人")
    MEMBER = "member", _("缴存职工")


class Department(models.Model):
    """A department of the center (内设部室)."""

    code = models.SlugField(primary_key=True, max_length=30)
    name = models.CharField(_("部室"), max_length=40, unique=True)
    place = models.IntegerField(help_text=_("排列顺序"))

    class Meta:
        ordering = ["place"]

    def __str__(self) -> str:
        return self.name


class Office(models.Model):
    """A management office (管理部): the scope of data that a member of its staff sees."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(_("管理部"), max_length=40, unique=True)
    place = models.IntegerField(help_text=_("排列顺序"))

    class Meta:
        ordering = ["place"]

    def __str__(self) -> str:
        return self.name


class Window(models.Model):
    """A place where people are served (服务窗口)."""

    office = models.ForeignKey(Office, null=True, on_delete=models.PROTECT, help_text=_("空：由中心直接设立"))
    name = models.CharField(_("窗口"), max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """A human being, once, however many sign-ins they have."""

    number = models.CharField(_("人员编号"), max_length=20, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    identity = SealedTextField(_("证件号码"), row="number", null=True)  # type: ignore[misc]
    identity_index = BlindIndexField("identity", unique=True, null=True)  # type: ignore[misc]
    phone = SealedTextField(_("手机号码"), row="number", null=True)  # type: ignore[misc]

    def __str__(self) -> str:
        return self.number


class User(AbstractUser):
    """A sign-in. The sign-in name is `username`; the name shown is `display_name`.

    Staff have one role and see one office's data, or the whole center's without an office.
    """

    display_name = models.CharField(_("姓名"), max_length=60)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind, default=Kind.STAFF)
    role = models.CharField(_("岗位"), max_length=20, choices=Role, blank=True)
    office = models.ForeignKey(Office, null=True, on_delete=models.PROTECT, help_text=_("空：全中心"))
    department = models.ForeignKey(Department, null=True, on_delete=models.PROTECT)
    password_is_initial = models.BooleanField(default=False, help_text=_("口令由管理员设定，本人首次登录须更换"))

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind=Kind.STAFF) | Q(role="", office__isnull=True, department__isnull=True),
                name="platform_user_post_is_for_staff",
            ),
            models.CheckConstraint(condition=Q(role__in=["", *Role.values]), name="platform_user_role"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="platform_user_kind"),
            models.CheckConstraint(
                condition=~Q(role__in=SEPARATED_ROLES) | Q(person__isnull=False),
                name="platform_user_power_has_a_person",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(role__in=SEPARATED_ROLES, is_active=True),
                name="platform_user_one_power_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username


class SealedSecret(models.Model):
    """A secret of a second factor. allauth keeps the number where it would keep the secret, so that a change of keys
    finds the secret as it finds every other sealed field.
    """

    number = models.CharField(max_length=32, unique=True)
    value = SealedTextField(row="number")

    def __str__(self) -> str:
        return self.number
