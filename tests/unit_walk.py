"""What tests of the units' items share: a case walked on any business day, members, money on the suspense account."""

import uuid
from datetime import UTC, date, datetime

from anju.cases import catalogue, operations
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.models import Case
from anju.cases.states import State, Verb
from anju.cases.transition import transition
from anju.contributions.bills import issue_remittance
from anju.contributions.receipts import Notice, receive
from anju.kernel.periods import Month
from anju.ledger.operations import NewAccount, open_accounts
from anju.registry.models import Member, Unit
from anju.registry.operations import NewMember, NewUnit, open_member_accounts, register_units
from anju.registry.unit_changes import Act
from item_walk import actor, credit_code, hand_in, identity_number, phone, serial


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)


def act(day: date, case: str = "") -> Act:
    return Act(business_date=day, actor="tests", at=at(day), case=case)


def a_unit(*, opened: date, ratio: int = 80_000, paid_to: Month | None = None) -> Unit:
    number = f"7{serial()}"
    register_units(
        units=[
            NewUnit(
                number=number, name=f"洞庭{number}", credit_code=credit_code(), office="市直", sector="机关",
                unit_ratio=ratio, person_ratio=ratio, opened=opened, paid_to=paid_to or Month.of(opened).plus(-1),
            )
        ]
    )  # fmt: skip
    return Unit.objects.get(number=number)


def staff_of(unit: Unit, *, count: int, opened: date, base: int = 500_000, first: Month | None = None) -> list[Member]:
    numbers = [f"6{serial()}" for _each in range(count)]
    open_member_accounts(
        members=[
            NewMember(
                number=number, name="王小明", identity_number=identity_number(), phone=phone(), unit_number=unit.number,
                base=base, opened=opened, first_month=first,
            )
            for number in numbers
        ]
    )  # fmt: skip
    return list(Member.objects.filter(number__in=numbers).order_by("pk"))


def started(code: str, unit: str, by: Actor, day: date, **typed: object) -> Case:
    """The case handed in, with every paper that it calls for."""
    channel = Channel.COUNTER if by.is_staff else Channel.EMPLOYER
    case = operations.open_draft(
        item=code, channel=channel, applicant_kind=ApplicantKind.UNIT, reference=unit, actor=by, at=at(day),
        business_date=day, applicant_person=None if by.is_staff else by.person,
    )  # fmt: skip
    answers = {name: [str(value)] for name, value in typed.items()}
    operations.save_draft(number=case.number, typed=answers, actor=by, at=at(day))
    for material in catalogue.item(code).materials:
        if material.asked_for(typed):
            hand_in(case, material, by)
    return operations.submit(
        number=case.number, expected_version=case.version, actor=by, at=at(day), business_date=day
    )  # fmt: skip


def step(case: Case, verb: Verb, by: Actor, day: date) -> Case:
    return transition(
        number=case.number, verb=verb, expected_version=case.version, actor=by, at=at(day), business_date=day
    )  # fmt: skip


def finished(case: Case, day: date) -> Case:
    """The case through every level of its review, each by somebody else."""
    if case.state == State.ACCEPTED:
        case = step(case, Verb.FORWARD, actor("teller"), day)
    while case.state == State.REVIEW:
        case = step(case, Verb.APPROVE, actor(case.waits_for), day)
    return case


def bank() -> int:
    number = f"B{uuid.uuid4().hex[:12]}"
    return open_accounts(accounts=[NewAccount(number, "101", date(2019, 1, 1))], hot=True)[number]


def money(unit: Unit, amount: int, day: date, *, bank_account: int, remark: str = "") -> None:
    receive(
        notice=Notice(
            bank_account=bank_account, serial=uuid.uuid4().hex, arrived=day, payer_name=unit.name, amount=amount,
            remark=remark,
        ),
        business_date=day, maker="bank",
    )  # fmt: skip


def remitted(unit: Unit, day: date, *, bank_account: int, months: int = 1) -> int:
    """The unit's next months billed and paid; how much."""
    bill = issue_remittance(unit_number=unit.number, months=months, business_date=day, maker="tests")
    money(unit, bill.amount, day, bank_account=bank_account, remark=bill.number)
    bill.refresh_from_db()
    assert bill.state == "paid"
    return bill.amount
