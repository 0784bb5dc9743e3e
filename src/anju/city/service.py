"""A city's service work as it stands on a morning: cases in every state, for the desks and portals of a demo to look at.

All of it goes through the public operations, with invented words; numbers of persons are the synthetic city's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from anju.cases import operations
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel, Source
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.city.sampling import stream
from anju.kernel.identity import credit_code_check_char, identity_check_digit
from anju.kernel.workday_table import CalendarKind
from anju.kernel.workdays import calendar
from anju.platform.people.models import User
from anju.registry.models import Member, MemberSignIn, UnitAgent

_ZONE = ZoneInfo("Asia/Shanghai")
#: How many of each item the demo shows.
_CHANGES, _ENQUIRIES, _REGISTRATIONS = 24, 18, 6
_ASKED = (
    ("enquiry", "租房提取需要什么材料，多久到账？"), ("enquiry", "换了单位，原来的账户怎样转过来？"),
    ("complaint", "单位已三个月没有缴存，请帮助核实。"), ("complaint", "大厅周六排队时间过长。"),
    ("proposal", "建议短信提醒每月缴存到账。"), ("enquiry", "提前还款后月供怎样重新计算？"),
)  # fmt: skip
_REPLIED = "您好，您反映的事项已核实，经办部门已与您联系并说明办理方式与依据。感谢您的监督。"


@dataclass(frozen=True, slots=True)
class Desk:
    """The sign-ins that work the demo's cases."""

    teller: User
    reviewer: User
    service: User
    unit: User
    member: User


@dataclass(frozen=True, slots=True)
class _Morning:
    """A working day before today, and the instant of half past nine on it."""

    day: date

    @property
    def at(self) -> datetime:
        return datetime.combine(self.day, time(9, 30), _ZONE)


@transaction.atomic
def open_cases(*, desk: Desk, today: date, seed: int) -> int:
    """Link the demo's portal accounts to a unit and a member, and leave cases on the desks; how many.

    Called again it makes nothing new: every case has a key of its own.
    """
    office = desk.teller.office
    assert office is not None
    chance = stream(seed, "service")
    members = list(
        Member.objects.filter(unit__office=office.name, closed_date=None).select_related("unit").order_by("number")[:80]
    )
    mine = members[0]
    MemberSignIn.objects.get_or_create(user=desk.member, defaults={"member": mine})
    UnitAgent.objects.get_or_create(user=desk.unit, unit=mine.unit, defaults={"since": mine.unit.opened_date})
    days = list(_mornings(today, 8))
    made = [_change(desk, members[place], days, place, chance) for place in range(_CHANGES)]
    made += [_enquiry(desk, days, place, chance) for place in range(_ENQUIRIES)]
    made += [_registration(desk, office.name, days, place) for place in range(_REGISTRATIONS)]
    return len(made)


def _mornings(today: date, count: int) -> Iterator[_Morning]:
    """The latest working days before today, the earliest first."""
    found, working = [], calendar(CalendarKind.SERVICE)
    day = today
    for _each in range(count):
        day = working.previous_working_day(day).day
        found.append(_Morning(day))
    return reversed(found)


def _change(desk: Desk, member: Member, days: list[_Morning], place: int, chance: Random) -> Case:
    """P02 at the counter, the first one by the member's own sign-in: finished, in review, or just accepted."""
    by = desk.member if place == 0 else desk.teller
    morning = days[place % len(days)] if place % 3 else days[-1 - (place > 12)]
    case = _open(by, "P02", Channel.MEMBER if place == 0 else Channel.COUNTER, ApplicantKind.MEMBER, member.number,
                 morning, place)  # fmt: skip
    if case.state != "draft":
        return case
    phone = f"199{chance.randrange(10**8):08d}"
    case = _submit(case, by, morning, {"phone": [phone], "address": [f"示例路 {place + 1} 号"]})
    if case.state == "accepted":
        return case
    if place % 3:
        case = _move(case, Verb.APPROVE, desk.reviewer, morning)
    elif place % 6 == 0:
        case = _move(case, Verb.RETURN, desk.reviewer, morning, reason="请核对手机号码是否为本人使用")
    return case


def _enquiry(desk: Desk, days: list[_Morning], place: int, chance: Random) -> Case:
    """S01 from the portals and the hotline: answered, or waiting for customer service."""
    by = (desk.member, desk.unit, desk.service)[place % 3]
    channel = (Channel.MEMBER, Channel.EMPLOYER, Channel.HOTLINE)[place % 3]
    kind = (ApplicantKind.MEMBER, ApplicantKind.UNIT, ApplicantKind.PERSON)[place % 3]
    morning = days[place % len(days)] if place % 2 == 0 else days[-1 - place % 4]
    case = _open(by, "S01", channel, kind, "", morning, place)
    if case.state != "draft":
        return case
    about, words = _ASKED[chance.randrange(len(_ASKED))]
    case = _submit(case, by, morning, {"kind": [about], "about": [words]})
    if place % 2 == 0:
        case = transition(
            number=case.number, verb=Verb.APPROVE, expected_version=case.version, actor=Actor.of(desk.service),
            at=morning.at, business_date=morning.day, handling={"reply": [_REPLIED]},
        )  # fmt: skip
    return case


def _registration(desk: Desk, office: str, days: list[_Morning], place: int) -> Case:
    """U01: one draft of the unit clerk's, the others at the counter, in review or registered."""
    by = desk.unit if place == 0 else desk.teller
    morning = days[-1 - place % 3]
    case = _open(by, "U01", Channel.EMPLOYER if place == 0 else Channel.COUNTER, ApplicantKind.UNIT, "", morning, place)
    if case.state != "draft":
        return case
    _type(case, by, morning, _unit_answers(office, place, morning.day))
    if place == 0:
        return case
    for code in ("licence", "legal_identity", "agent_identity"):
        operations.add_material(
            number=case.number, code=code, actor=Actor.of(by), at=morning.at, source=Source.SHARED,
            evidence=f"示例核验 {place:03d}",
        )  # fmt: skip
    case = operations.submit(
        number=case.number, expected_version=case.version, actor=Actor.of(by), at=morning.at,
        business_date=morning.day, tolerate=["authorisation"],
    )  # fmt: skip
    return _move(case, Verb.APPROVE, desk.reviewer, morning) if place % 2 else case


def _unit_answers(office: str, place: int, day: date) -> dict[str, list[str]]:
    first17 = f"91430600MA9{place:06d}"
    typed = {
        "name": f"示例新设企业 {place:02d}", "credit_code": first17 + credit_code_check_char(first17),
        "sector": "民营企业", "industry": "C", "economic_type": "150",
        "affiliation": "90", "established": (day - timedelta(days=20 + 8 * place)).isoformat(),
        "address": f"示例大道 {place + 1} 号", "postcode": "414000", "office": office, "legal_name": "示例甲",
        "legal_document_type": "03", "legal_number": f"E{place:08d}", "agent_name": "示例乙",
        "agent_number": _identity(place), "agent_phone": f"1990730{place:04d}", "payday": "15", "bank": "示例银行",
        "unit_ratio": "8", "person_ratio": "8", "first_month": f"{day:%Y-%m}",
    }  # fmt: skip
    return {name: [value] for name, value in typed.items()}


def _identity(place: int) -> str:
    first17 = f"43060219900101{place:03d}"
    return first17 + identity_check_digit(first17)


def _open(by: User, item: str, channel: Channel, kind: ApplicantKind, reference: str, on: _Morning, place: int) -> Case:
    return operations.open_draft(
        item=item, channel=channel, applicant_kind=kind, reference=reference, actor=Actor.of(by), at=on.at,
        business_date=on.day, applicant_person=None if by.kind == "staff" else by.person_id, key=f"demo-{item}-{place}",
    )  # fmt: skip


def _type(case: Case, by: User, on: _Morning, typed: Mapping[str, list[str]]) -> None:
    operations.save_draft(number=case.number, typed=typed, actor=Actor.of(by), at=on.at)


def _submit(case: Case, by: User, on: _Morning, typed: Mapping[str, list[str]]) -> Case:
    _type(case, by, on, typed)
    return operations.submit(
        number=case.number, expected_version=case.version, actor=Actor.of(by), at=on.at, business_date=on.day
    )


def _move(case: Case, verb: Verb, by: User, on: _Morning, reason: str = "") -> Case:
    return transition(
        number=case.number, verb=verb, expected_version=case.version, actor=Actor.of(by), at=on.at,
        business_date=on.day, reason=reason,
    )  # fmt: skip
