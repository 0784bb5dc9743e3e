"""How a service item (事项) is declared: one class in one file says everything that is particular to it.

Pages, API, queues and the catalogue are made from the declaration; nothing else in the house knows the item by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.cases.clock import DayCount, Term
from anju.kernel.money import Fen
from anju.platform.people.models import Role

if TYPE_CHECKING:
    from anju.cases.models import Case

__all__ = [
    "ApplicantKind", "Channel", "Check", "DayCount", "Facts", "Group", "Material", "Preview", "ReviewStep", "ServiceItem",
    "Settlement", "Source", "Term",
]  # fmt: skip


class ApplicantKind(models.TextChoices):
    """For whom an item is."""

    UNIT = "unit", _("单位")
    MEMBER = "member", _("职工")
    PERSON = "person", _("个人")
    CENTER = "center", _("中心")


class Channel(models.TextChoices):
    """Through which door a case came in (渠道)."""

    COUNTER = "counter", _("柜面")
    EMPLOYER = "employer", _("单位网厅")
    MEMBER = "member", _("个人网厅")
    BANK = "bank", _("银行网点")
    API = "api", _("接口")
    HOTLINE = "hotline", _("热线")


class Source(models.TextChoices):
    """Where a material comes from (材料来源)."""

    SUBMITTED = "submitted", _("申请人提交")
    SHARED = "shared", _("数据共享")
    DECLARED = "declared", _("告知承诺")


class Settlement(StrEnum):
    """What follows an approval: the effect at once, a booking that the bank's result completes, or a payment."""

    IMMEDIATE = "immediate"
    BOOKING = "booking"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Group:
    """A question group: one page for members and employers, one fieldset at the counter."""

    name: str
    title: Any
    fields: tuple[str, ...]
    hint: Any = ""


@dataclass(frozen=True, slots=True)
class Material:
    """A paper that the item asks for.

    `tolerable`: the case may be accepted without it (容缺受理) and the paper follows within `follows_within` working
    days. `when` names a form field: the paper is asked for when that answer is true or one of `values`.
    """

    code: str
    title: Any
    sources: tuple[Source, ...] = (Source.SUBMITTED,)
    required: bool = True
    tolerable: bool = False
    follows_within: int = 10
    when: str = ""
    values: tuple[str, ...] = ()
    hint: Any = ""

    def asked_for(self, data: Mapping[str, Any]) -> bool:
        """Whether these answers call for the paper."""
        if not self.when:
            return True
        answer = data.get(self.when)
        return str(answer) in self.values if self.values else bool(answer)


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """A level of review: who, and above which amount (fen) it is needed."""

    role: Role
    above: Fen = 0


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one rule of eligibility, kept with the case. One that is not `blocking` is a remark.

    `title` says what was asked, `message` what is wrong and what to do when it is not met.
    """

    rule: str
    passed: bool
    message: str
    blocking: bool = True
    field: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an item may look at: the case, its cleaned answers, who acts, the day and the instant."""

    case: "Case"
    data: Mapping[str, Any]
    actor: str
    business_date: date
    at: datetime
    handling: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an application comes to, as a table beside the answers: column heads, rows of cells ready to read, a closing note.

    Columns named in `figures` (by place) hold amounts and stand to the right. No identity number, no phone.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    figures: tuple[int, ...] = ()
    note: str = ""


class ServiceItem:
    """Base of all items. A subclass states the class variables and, where it needs them, the methods."""

    code: ClassVar[str]
    #: Raised by one when form, materials or steps change: cases made before go on as they were declared.
    revision: ClassVar[int] = 1
    name: ClassVar[Any]
    summary: ClassVar[Any] = ""
    source: ClassVar[str] = ""  # the article that it rests on
    applicants: ClassVar[frozenset[ApplicantKind]]
    channels: ClassVar[frozenset[Channel]]
    cross_province: ClassVar[bool] = False
    #: Used where the policy book has no `service.term.<code>`.
    term: ClassVar[Term]
    form: ClassVar[type[forms.Form]]
    groups: ClassVar[tuple[Group, ...]]
    materials: ClassVar[tuple[Material, ...]] = ()
    handler: ClassVar[Role] = Role.TELLER
    #: What the handler fills in before forwarding (a reply, say).
    handling: ClassVar[type[forms.Form] | None] = None
    reviews: ClassVar[tuple[ReviewStep, ...]] = (ReviewStep(Role.REVIEWER),)
    #: Nothing is left to decide once the rules are met: handed in is approved, by the program. No review, no handling.
    straight_through: ClassVar[bool] = False
    settlement: ClassVar[Settlement] = Settlement.IMMEDIATE
    #: Whether the applicant may ask to have a completed case taken up again, and for how many calendar days.
    reopen_days: ClassVar[int] = 0
    #: For applicants who have no record yet (unit registration): the case has no reference until its effect.
    needs_reference: ClassVar[bool] = True
    #: The power that a unit's agent needs for it (registry.models.AgentPower); empty: by the family of its code.
    agent_power: ClassVar[str] = ""

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        """Answers that the center knows already; `reference` is the applicant's account number or empty."""
        return {}

    def on_record(self, *, reference: str) -> Mapping[str, str]:
        """What the center has on record of the applicant, masked, by the form's fields: shown beside the inputs."""
        return {}

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        """Name of the office that handles the case; None: the center itself."""
        return None

    def subject(self, data: Mapping[str, Any]) -> str:
        """How lists name the case: no identity number, no phone."""
        return ""

    def amount(self, data: Mapping[str, Any]) -> Fen:
        """The money at stake in fen, which decides the levels of review."""
        return 0

    def settles(self, data: Mapping[str, Any]) -> Settlement:
        """How a case with these answers ends; the same for all, unless an item says otherwise."""
        return self.settlement

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        """What the answers come to, shown before handing in and to whoever reviews: the lines of a roster, say."""
        return None

    def checks(self, facts: Facts) -> Sequence[Check]:
        """The rules of eligibility, asked at submission and again before the effect."""
        return ()

    def effect(self, facts: Facts) -> Mapping[str, str]:
        """Do what was approved, in the transition's transaction; the result's references come back, shown with the case.

        Called once for each approval: an item with `reopen_days` must bear being approved again.
        """
        return {}

    def reserve(self, facts: Facts) -> None:
        """Hold what the approval promised until the bank's result is known: called as the case goes to booking or payment."""

    def release(self, facts: Facts) -> None:
        """Give up what `reserve` held: called when a case whose booking or payment failed is declared void."""

    def reply(self, handling: Mapping[str, Any]) -> str:
        """What the handler's clean answers tell the applicant, shown to them with the completed case."""
        return ""
