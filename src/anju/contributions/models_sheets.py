"""Tables of uploaded lists (清单): what a unit sent, row by row, what is wrong with it, and what of it can be used."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.platform.sealed_fields import SealedTextField
from anju.registry.models import Member, Unit


class SheetState(models.TextChoices):
    """Where a list stands. Only one that is ready can be used, and once."""

    CHECKING = "checking", _("校验中")
    BAD = "bad", _("有误，待更正")
    READY = "ready", _("校验通过")
    USED = "used", _("已使用")
    DROPPED = "dropped", _("已作废")


class Sheet(models.Model):
    """A list that a unit uploaded. `month` is yyyymm where the kind asks for one; `checked` tells how far the check is."""

    number = models.CharField(_("清单编号"), max_length=20, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="sheets")
    kind = models.CharField(_("类别"), max_length=20)
    month = models.IntegerField(_("年月"), null=True)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("状态"), max_length=10, choices=SheetState, default=SheetState.CHECKING)
    rows = models.IntegerField(_("行数"))
    checked = models.IntegerField(_("已校验行数"), default=0)
    problems = models.IntegerField(_("问题数"), default=0)
    uploaded_by = models.CharField(max_length=150)
    uploaded_at = models.DateTimeField()
    business_date = models.DateField()
    case_number = models.CharField(_("业务流水号"), max_length=20, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # The same file again is the same list, as long as it was not used or dropped.
            models.UniqueConstraint(
                fields=["unit", "kind", "month", "sha256"],
                nulls_distinct=False,
                condition=models.Q(state__in=[SheetState.CHECKING, SheetState.BAD, SheetState.READY]),
                name="contributions_sheet_once",
            ),
            models.UniqueConstraint(
                fields=["case_number"], condition=~models.Q(case_number=""), name="contributions_sheet_once_a_case"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class SheetPart(models.Model):
    """Some thousand rows of a list as they were typed, sealed: JSON of [line, cells in the order of the kind's columns]."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="parts")
    place = models.IntegerField()
    key = models.CharField(max_length=40, unique=True)
    content = SealedTextField(row="key")

    class Meta:
        ordering = ["sheet", "place"]

    def __str__(self) -> str:
        return self.key


class SheetRow(models.Model):
    """A row in order: whose it is and its figures in fen. `person` is the digest of one who has no account yet."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="lines")
    line = models.IntegerField()
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    person = models.BinaryField(null=True)
    month = models.IntegerField(null=True)
    base = models.BigIntegerField(null=True)
    unit_amount = models.BigIntegerField(null=True)
    person_amount = models.BigIntegerField(null=True)
    code = models.CharField(max_length=20, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "line"], name="contributions_sheetrow_once")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.line}"


class SheetProblem(models.Model):
    """A broken rule: row as in the file, column heading, value (an identity number masked), rule, and how to mend it."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="found")
    line = models.IntegerField()
    column = models.CharField(max_length=40)
    value = models.CharField(max_length=60)
    rule = models.CharField(max_length=40)
    message = models.CharField(max_length=300)

    class Meta:
        ordering = ["line", "id"]
        indexes = [models.Index(fields=["sheet", "line"], name="contributions_sheetproblem_line")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.line} {self.rule}"
