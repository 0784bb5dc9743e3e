"""What the API says and takes, as types. Money is integer fen, a day is an ISO date, an instant has its offset."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from ninja import Schema
from pydantic import ConfigDict, Field

from anju.cases.declarations import ApplicantKind, Channel, Source
from anju.cases.states import State, Verb

#: An item's code, the number of a case, and where a page of the queue ends, as they stand in addresses.
CODE, NUMBER, PLACE = r"^[A-Z][0-9]{2}$", r"^[A-Z][0-9]{14,18}$", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18}$"
if TYPE_CHECKING:  # lists of codes, which a type checker cannot read from the enumerations
    Kinds: TypeAlias = str
    Channels: TypeAlias = str
    Sources: TypeAlias = str
    States: TypeAlias = str
    Verbs: TypeAlias = str
    StaffVerbs: TypeAlias = str
else:
    Kinds, Channels, Sources = (Literal[tuple(each.values)] for each in (ApplicantKind, Channel, Source))
    States, Verbs = Literal[tuple(State.values)], Literal[tuple(Verb.values)]
    StaffVerbs = Literal[tuple(v.value for v in Verb if v not in (Verb.SUBMIT, Verb.RESUPPLY, Verb.REOPEN))]
Code = Annotated[str, Field(pattern=CODE)]


class Strict(Schema):
    """A body: nothing is coerced, nothing unknown is passed over."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Opening(Strict):
    """A new case: which item, for whom."""

    item: Code
    applicant_kind: Kinds = Field(description="unit 单位, member 职工, person 个人")
    reference: Annotated[str, Field(max_length=20, pattern=r"^[0-9A-Za-z]*$")] = Field(
        default="", description="单位账号或个人账号；没有账户时为空"
    )


class CaseQuery(Schema):
    """Which page of one's own cases."""

    limit: int = Field(50, ge=1, le=100)
    after: str | None = Field(None, pattern=NUMBER, description="上一页的 next")


class QueueQuery(Schema):
    """Which page of the queue, of which item, and whether only cases on the caller's own desk."""

    limit: int = Field(50, ge=1, le=100)
    item: Code | None = None
    mine: bool = False
    after: str | None = Field(None, pattern=PLACE, description="上一页的 next")


class Submission(Strict):
    """Handing in; `tolerate`: papers to be accepted without for a while (容缺受理)."""

    tolerate: Annotated[list[Annotated[str, Field(max_length=30)]], Field(max_length=30)] = []


class NewMaterial(Strict):
    """Evidence that is not a file: the number of a shared datum, or of a declaration."""

    code: Annotated[str, Field(max_length=30)]
    source: Literal["shared", "declared"]
    evidence: Annotated[str, Field(max_length=200)] = ""


class NewRating(Strict):
    """What the applicant thought of the service."""

    score: Annotated[int, Field(ge=1, le=5)]
    words: Annotated[str, Field(max_length=500)] = ""


class Reason(Strict):
    """Why."""

    reason: Annotated[str, Field(max_length=500)]


class StaffMove(Strict):
    """What a member of staff does with a case."""

    verb: StaffVerbs
    reason: Annotated[str, Field(max_length=500)] = ""
    office: Annotated[str, Field(max_length=30, pattern=r"^[-a-zA-Z0-9_]*$")] = Field(
        default="", description="转办的管理部代码；空为中心本级"
    )
    handling: dict[str, Any] = Field(default={}, description="经办人填写的内容，见组件 Handling<事项代码>")


class Step(Schema):
    """A level of review."""

    role: str
    title: str
    above: int = Field(description="over which amount in fen it is needed")


class Paper(Schema):
    """A material that an item asks for."""

    code: str
    title: str
    sources: list[Sources]
    required: bool
    tolerable: bool = Field(description="可容缺受理")


class TermOut(Schema):
    """A deadline."""

    days: int
    count: Literal["working", "calendar"]


class ItemBrief(Schema):
    """A service item in the catalogue."""

    code: str
    name: str
    summary: str
    applicants: list[Kinds]
    channels: list[Channels]
    cross_province: bool
    term: TermOut = Field(description="办理时限（今日适用）")


class ItemFull(ItemBrief):
    """A service item with everything that a client needs to apply."""

    revision: int
    source: str = Field(description="依据")
    materials: list[Paper]
    steps: list[Step]
    answers: dict[str, Any] = Field(description="JSON schema of the answers, as in component Answers<code>")


class CaseBrief(Schema):
    """A case in a list."""

    number: str
    item: str
    item_name: str
    subject: str
    state: States
    state_title: str
    version: int = Field(description="for If-Match")
    applicant_kind: Kinds
    reference: str
    office: str = Field(description="name of the office; empty: the center itself")
    submitted: date | None
    due: date | None
    due_provisional: bool = Field(description="暂定：放假安排尚未公布")


class Event(Schema):
    """A move that happened."""

    version: int
    verb: str
    title: str
    state: str
    at: datetime
    by: str = Field(description="for staff the sign-in; for applicants: applicant, center")
    reason: str


class MaterialOut(Schema):
    """A paper of a case."""

    id: int
    code: str
    source: str
    evidence: str
    at: datetime


class CaseFull(CaseBrief):
    """A case with its history."""

    amount: int = Field(description="分")
    result: dict[str, Any]
    history: list[Event]
    materials: list[MaterialOut]
    missing: list[str] = Field(description="codes of papers that are asked for and not there")
    verbs: list[Verbs]


class CasePage(Schema):
    """A page of cases; `next` goes into `after` for the next one, null at the end."""

    cases: list[CaseBrief]
    next: str | None


class Waiting(CaseBrief):
    """A case in a queue."""

    waits_for: str
    level: int
    handler: str
    own: bool = Field(description="经办过，不能复核")
    days_left: int | None = Field(description="剩余工作日，负数为超期")


class QueuePage(Schema):
    """A page of a queue, the most urgent first."""

    cases: list[Waiting]
    next: str | None


class Saved(Schema):
    """A draft was kept; `stamp` goes into the next saving, so that two clients do not overwrite each other."""

    number: str
    stamp: int


class Rated(Schema):
    """A rating that was kept."""

    number: str
    score: int


#: What a case page shows of moves inside the center (a reviewer's reasons for the handler) stays inside.
INTERNAL = frozenset({Verb.RETURN, Verb.TRANSFER})
BY_APPLICANT = frozenset({Verb.SUBMIT, Verb.RESUPPLY, Verb.WITHDRAW, Verb.REOPEN})
