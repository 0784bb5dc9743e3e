"""Months of contributions over the real database beside a model in plain Python: the same fen after every step.

People join, leave and come back, bases and ratios change, notices are issued, paid short, over or by nobody known,
cancelled; past months are paid and corrected; money goes back; interest is settled on 1 July. After each step: every
person's balance, the sums by unit and of subject 201, the waiting money, the months paid to, and what is paid for whom.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from anju.contributions.back_payments import derive, issue_back_payment
from anju.contributions.bills import cancel_bill, issue_remittance, pay_bills
from anju.contributions.corrections import Act, Wish, correct
from anju.contributions.errors import BillStateError, CorrectionRefusedError, RemittanceRefusedError
from anju.contributions.models import BackPaymentReason, Bill, Receipt
from anju.contributions.models_repair import CorrectionKind
from anju.contributions.receipts import UNKNOWN, Notice, identify, receive
from anju.contributions.refunds import Payee, refund_paid, refund_released, refund_suspense
from anju.contributions.rules import round_unit
from anju.kernel.periods import Month
from anju.ledger.database import rows
from anju.ledger.operations import CENTER_OPENED, NewAccount, open_accounts
from anju.ledger.rates import member_rates
from anju.ledger.settlement import settle_chunk
from anju.registry.models import Member, MemberState, SpellBegan, Unit, UnitTerms
from anju.registry.operations import adjust_bases, begin_spells, month_number, seal_members
from contribution_walk import a_bank, a_paying_unit, join
from item_walk import serial

FIRST, SETTLED = Month(2026, 1), date(2026, 7, 1)
picks = st.integers(0, 30)
bases = st.integers(170_000, 2_000_000)


def in_force(dated: list[tuple[Month, int]], month: Month) -> int:
    """The latest value that began by the month, else the first that begins after it."""
    before = [each for each in dated if each[0] <= month]
    return max(before)[1] if before else min(dated)[1]


@dataclass
class Person:
    number: str
    pk: int
    account: int
    opened: date
    spells: list[tuple[Month, Month | None]]
    bases: list[tuple[Month, int]]
    flows: list[tuple[date, int]] = field(default_factory=list)

    def employed(self, month: Month) -> bool:
        return any(first <= month and (last is None or month <= last) for first, last in self.spells)

    def balance(self, settled: bool, rate: int) -> int:
        """Flows, and once settled the interest on those valued before: fen × days × ppm / 360, half-up."""
        product = sum(amount * (SETTLED - day).days for day, amount in self.flows if day < SETTLED)
        interest = (product * rate + 180_000_000) // 360_000_000 if settled else 0
        return sum(amount for _day, amount in self.flows) + interest


@dataclass
class Line:
    """What is billed or paid for a person and a month; `day` once it is paid."""

    person: Person
    month: Month
    unit: int
    own: int
    day: date | None = None


@dataclass
class Notified:
    """A bill of the model."""

    pk: int
    number: str
    months: list[Month]
    lines: list[Line]
    state: str = "open"

    @property
    def amount(self) -> int:
        return sum(line.unit + line.own for line in self.lines)


@dataclass
class Payer:
    row: Unit
    people: list[Person]
    ratios: list[tuple[Month, int]]
    paid_to: Month
    waiting: int = 0
    bills: list[Notified] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)  # paid, as corrections left them

    @property
    def issued(self) -> list[Month]:
        return sorted(month for bill in self.bills if bill.state != "cancelled" for month in bill.months)

    def next_month(self) -> Month:
        return max([*self.issued, self.paid_to]).plus(1)

    def next_billed(self) -> Month:
        """The next month with anybody in it; where nobody will be any more, the next."""
        coming = [self.next_month().plus(place) for place in range(24)]
        return next((month for month in coming if any(person.employed(month) for person in self.people)), coming[0])

    def in_turn(self, bill: Notified) -> list[Notified]:
        """Bills that money for this one pays, in order: months are paid without a gap."""
        earlier = [each for each in self.bills if each.months and each.state == "open" and each.pk < bill.pk]
        return [*(earlier if bill.months else []), bill]

    def parts(self, person: Person, month: Month) -> tuple[int, int]:
        unit = round_unit(month.first_day)
        part = (in_force(person.bases, month) * in_force(self.ratios, month) * 2 + 1_000_000 * unit) // (
            2_000_000 * unit
        )
        return part * unit, part * unit

    def claimed(self, person: Person, month: Month) -> list[Line]:
        billed = [line for bill in self.bills if bill.state == "open" for line in bill.lines]
        return [line for line in (*self.lines, *billed) if line.person is person and line.month == month]


class Months(RuleBasedStateMachine):
    """One program of two units, in a savepoint that is rolled back."""

    serial: ClassVar[Iterator[int]] = iter(range(1, 10**9))

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.day, self.settled, self.unknown = date(2026, 1, 10), False, 0
        self.receipts: list[tuple[int, int]] = []  # of unknown payers: id, fen
        self.rate = max((each.start, each.rate) for each in member_rates() if each.start <= FIRST.first_day)[1]

    @initialize()
    def open_the_house(self) -> None:
        self.before = self.total()
        self.bank = a_bank(FIRST.first_day)
        unknown = open_accounts(accounts=[NewAccount(UNKNOWN, "219", CENTER_OPENED)])
        self.unknown_account = unknown[UNKNOWN]
        self.unknown_before = self.balance(self.unknown_account)
        hot = [NewAccount(f"H{serial()}", subject, FIRST.first_day) for subject in ("211", "41101")]
        self.payable, self.expense = open_accounts(accounts=hot, hot=True, overdraft_allowed=True).values()
        self.payers = []
        for ratio in (50_000, 120_000):
            unit, members = a_paying_unit(500_000, 987_654, first=FIRST, ratio=ratio)
            people = [self.person(member, FIRST, member.base) for member in members]
            self.payers.append(Payer(unit, people, [(FIRST, ratio)], FIRST.plus(-1)))

    def person(self, member: Member, first: Month, base: int) -> Person:
        return Person(member.number, member.pk, member.account_id, first.first_day, [(first, None)], [(first, base)])

    @property
    def month(self) -> Month:
        return Month.of(self.day)

    def payer(self, pick: int) -> Payer:
        return self.payers[pick % 2]

    # --- time and people

    @precondition(lambda self: self.day.month < 11)
    @rule()
    def go_on(self) -> None:
        self.day = self.day.replace(month=self.day.month + 1)
        if self.day >= SETTLED and not self.settled:
            accounts = [person.account for payer in self.payers for person in payer.people]
            settle_chunk(
                low=min(accounts), high=max(accounts), subject="201", settlement_day=date(2026, 6, 30), payable=self.payable,
                expense=self.expense, key=f"m{next(self.serial)}", maker="t",
            )  # fmt: skip
            self.settled = True

    @rule(pick=picks, base=bases, back=st.integers(0, 3))
    def join(self, pick: int, base: int, back: int) -> None:
        payer, first = self.payer(pick), max(FIRST, self.month.plus(-back))
        payer.people.append(self.person(join(payer.row.number, base, first), first, base))

    @rule(pick=picks, who=picks, later=st.integers(0, 1))
    def leave_or_come_back(self, pick: int, who: int, later: int) -> None:
        payer = self.payer(pick)
        person = payer.people[who % len(payer.people)]
        first, last = person.spells[-1]
        if last is None:
            last = max(first, self.month.plus(-later))
            seal_members(numbers=[person.number], sealed=self.day, last_month=last)
            person.spells[-1] = (first, last)
        else:
            again = max(last.plus(1), self.month.plus(-later))
            Member.objects.filter(pk=person.pk).update(state=MemberState.NORMAL, sealed_date=None)
            begin_spells(members=[person.pk], unit=payer.row.pk, first_month=again, reason=SpellBegan.UNSEALED)
            person.spells.append((again, None))

    @rule(pick=picks, who=picks, base=bases, later=st.integers(0, 1))
    def change_base(self, pick: int, who: int, base: int, later: int) -> None:
        payer = self.payer(pick)
        person, month = payer.people[who % len(payer.people)], payer.next_month().plus(later)
        adjust_bases(bases=[(person.number, base)], first_month=month)
        person.bases = [each for each in person.bases if each[0] != month] + [(month, base)]

    @rule(pick=picks, ratio=st.integers(5, 12))
    def change_ratio(self, pick: int, ratio: int) -> None:
        payer = self.payer(pick)
        month = payer.next_month()
        UnitTerms.objects.update_or_create(
            unit=payer.row, first_month=month_number(month),
            defaults={"unit_ratio": ratio * 10_000, "person_ratio": ratio * 10_000},
        )  # fmt: skip
        payer.ratios = [each for each in payer.ratios if each[0] != month] + [(month, ratio * 10_000)]

    # --- notices and money

    @rule(pick=picks, months=st.integers(1, 2))
    def issue(self, pick: int, months: int) -> None:
        payer = self.payer(pick)
        wanted = [payer.next_billed().plus(place) for place in range(months)]
        lines = [
            Line(person, month, *payer.parts(person, month))
            for month in wanted for person in payer.people if person.employed(month)
        ]  # fmt: skip
        fits = wanted[-1] <= self.month.plus(1) and {line.month for line in lines} == set(wanted)
        try:
            bill = issue_remittance(unit_number=payer.row.number, months=months, business_date=self.day, maker="t")
        except RemittanceRefusedError:
            assert not fits
            return
        assert fits
        self.note(payer, bill, wanted, lines)

    def note(self, payer: Payer, bill: Bill, months: list[Month], lines: list[Line]) -> None:
        payer.bills.append(Notified(bill.pk, bill.number, months, lines))
        assert (bill.amount, bill.members) == (payer.bills[-1].amount, len({line.person.pk for line in lines}))

    @rule(pick=picks, which=picks, off=st.sampled_from([-1, 0, 0, 0, 1]), known=st.booleans())
    def money_arrives(self, pick: int, which: int, off: int, known: bool) -> None:
        payer = self.payer(pick)
        if not payer.bills:
            return
        bill = payer.bills[which % len(payer.bills)]
        notice = Notice(
            bank_account=self.bank, serial=serial(), arrived=self.day, payer_name="某人", amount=bill.amount + off,
            remark=bill.number if known else "",
        )  # fmt: skip
        receipt = receive(notice=notice, business_date=self.day, maker="t")
        if not known:
            self.unknown += notice.amount
            self.receipts.append((receipt.pk, notice.amount))
            return
        payer.waiting += notice.amount
        if bill.state == "open":
            self.settle_bills(payer, payer.in_turn(bill))

    @precondition(lambda self: self.receipts)
    @rule(pick=picks)
    def identify(self, pick: int) -> None:
        receipt, amount = self.receipts.pop()
        payer = self.payer(pick)
        identify(receipt_id=receipt, unit_number=payer.row.number, business_date=self.day, maker="t")
        assert Receipt.objects.get(pk=receipt).unit_id == payer.row.pk
        self.unknown, payer.waiting = self.unknown - amount, payer.waiting + amount

    @rule()
    def pay_all(self) -> None:
        ours = sorted(bill.pk for payer in self.payers for bill in payer.bills)
        if ours:
            done = pay_bills(low=ours[0], high=ours[-1], business_date=self.day, maker="t")
            paid = [self.settle_bills(payer, [b for b in payer.bills if b.state == "open"]) for payer in self.payers]
            assert done.bills == sum(paid)

    def settle_bills(self, payer: Payer, bills: list[Notified]) -> int:
        """The model's own booking: in the order of issue, as far as the money goes."""
        paid = 0
        for bill in bills:
            if bill.amount > payer.waiting:
                break
            bill.state, paid = "paid", paid + 1
            payer.waiting -= bill.amount
            for line in bill.lines:
                line.person.flows.append((self.day, line.unit + line.own))
                payer.lines.append(replace(line, day=self.day))
            payer.paid_to = max([payer.paid_to, *bill.months])
        return paid

    @rule(pick=picks, which=picks)
    def cancel(self, pick: int, which: int) -> None:
        payer = self.payer(pick)
        if not payer.bills:
            return
        bill = payer.bills[which % len(payer.bills)]
        latest = payer.next_month().plus(-1)
        fits = bill.state == "open" and (not bill.months or bill.months[-1] == latest)
        try:
            cancel_bill(number=bill.number)
        except BillStateError:
            assert not fits
        else:
            assert fits
            bill.state = "cancelled"

    @rule(pick=picks, share=st.integers(1, 4), paid=st.booleans())
    def refund(self, pick: int, share: int, paid: bool) -> None:
        payer = self.payer(pick)
        amount, case = payer.waiting // share, serial()
        if not amount:
            return
        refund_suspense(
            unit_number=payer.row.number, amount=amount, payee=Payee(name=payer.row.name, account="4300"),
            reason="误汇", case_number=case, business_date=self.day, maker="t",
        )  # fmt: skip
        if paid:
            refund_paid(case_number=case, bank_account=self.bank, business_date=self.day, maker="u")
            payer.waiting -= amount
        else:
            refund_released(case_number=case, business_date=self.day, maker="u")

    # --- past months

    @rule(pick=picks, who=picks)
    def pay_the_past(self, pick: int, who: int) -> None:
        payer = self.payer(pick)
        person = payer.people[who % len(payer.people)]
        last = min(payer.paid_to, self.month)
        if last < FIRST:
            return
        months = [FIRST.plus(place) for place in range(last.number)]
        lines = []
        for month in months:
            if person.employed(month):
                had, should = payer.claimed(person, month), payer.parts(person, month)
                unit = max(0, should[0] - sum(line.unit for line in had))
                own = max(0, should[1] - sum(line.own for line in had))
                lines += [Line(person, month, unit, own)] if unit + own else []
        derived = derive(
            member=person.number, payer=payer.row.number, first=FIRST, last=last, reason=BackPaymentReason.OTHER
        )
        assert [(each.month, each.unit_amount, each.person_amount) for each in derived] == [
            (line.month, line.unit, line.own) for line in lines
        ]
        if derived:
            bill = issue_back_payment(unit_number=payer.row.number, lines=derived, business_date=self.day, maker="t")
            self.note(payer, bill, [], lines)

    @rule(pick=picks, which=picks, to=picks, kind=st.sampled_from(list(CorrectionKind)), part=st.integers(0, 3))
    def correct(self, pick: int, which: int, to: int, kind: CorrectionKind, part: int) -> None:
        payer = self.payer(pick)
        if not payer.lines:
            return
        chosen = payer.lines[which % len(payer.lines)]
        person, month = chosen.person, chosen.month
        lines = sorted(
            (line for line in payer.lines if line.person is person and line.month == month), key=lambda line: line.day,
            reverse=True,
        )  # fmt: skip
        taker, target = payer.people[to % len(payer.people)], month
        wish = {"kind": kind, "unit": payer.row.number, "member": person.number, "month": month}
        if kind == CorrectionKind.MONTH:
            taker, target = person, FIRST.plus(to % 11)
            wish["to_month"] = target
        elif kind == CorrectionKind.REASSIGN:
            wish["to_member"] = taker.number
        else:
            taker = None
            wish |= {"unit_amount": lines[0].unit * part // 3, "person_amount": lines[0].own * part // 3}
        fits = taker is None or self.may_take(payer, person, taker, target, kind)
        act = Act(reason="更正", business_date=self.day, maker="t", case_number=serial(), checker="u")
        try:
            correct(wish=Wish(**wish), act=act)
        except CorrectionRefusedError:
            assert not fits
            return
        assert fits
        part_of = taker is None and wish["unit_amount"] + wish["person_amount"] > 0
        self.move(payer, lines[:1] if part_of else lines, taker, target, wish if part_of else None)

    def may_take(self, payer: Payer, person: Person, taker: Person, target: Month, kind: CorrectionKind) -> bool:
        if kind == CorrectionKind.REASSIGN and taker is person:
            return False
        beyond = target > self.month or (target > payer.paid_to)
        return not beyond and not payer.claimed(taker, target)

    def move(self, payer: Payer, lines: list[Line], taker: Person | None, target: Month, some: dict | None) -> None:
        for line in lines:
            unit, own = (line.unit, line.own) if some is None else (some["unit_amount"], some["person_amount"])
            opened = max(line.person.opened, taker.opened if taker else FIRST.first_day)
            day = max(line.day, opened)
            if taker is not line.person:
                line.person.flows.append((day, -unit - own))
                if taker is None:
                    payer.waiting += unit + own
                else:
                    taker.flows.append((day, unit + own))
            line.unit, line.own = line.unit - unit, line.own - own
            if taker is not None:
                payer.lines.append(Line(taker, target, unit, own, line.day))
        payer.lines = [line for line in payer.lines if line.unit + line.own]

    # --- what must hold

    @invariant()
    def every_balance_is_the_models(self) -> None:
        people = [person for payer in self.payers for person in payer.people]
        found = dict(
            rows("SELECT account_id, side * amount FROM ledger_balance WHERE account_id = ANY (%s)",
                 [[person.account for person in people]])
        )  # fmt: skip
        assert found == {person.account: person.balance(self.settled, self.rate) for person in people}
        assert self.total() - self.before == sum(found.values())
        for payer in self.payers:
            assert self.balance(payer.row.suspense_id) == payer.waiting
        assert self.balance(self.unknown_account) - self.unknown_before == self.unknown

    @invariant()
    def months_follow_one_another_and_nobody_is_paid_twice(self) -> None:
        for payer in self.payers:
            payer.row.refresh_from_db()
            assert payer.row.paid_to == month_number(payer.paid_to)
            remitted = rows(
                "SELECT r.month FROM contributions_remittance r WHERE r.unit_id = %s ORDER BY r.month", [payer.row.pk]
            )
            assert [month for (month,) in remitted] == list(map(month_number, payer.issued))
            expected: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
            for line in payer.lines:
                sums = expected[line.person.pk, month_number(line.month)]
                sums[0], sums[1] = sums[0] + line.unit, sums[1] + line.own
            found = rows(
                "SELECT member_id, month, sum(unit_amount), sum(person_amount) FROM contributions_paid"
                " WHERE unit_id = %s GROUP BY member_id, month", [payer.row.pk],
            )  # fmt: skip
            assert {(who, month): [unit, own] for who, month, unit, own in found} == dict(expected)

    @invariant()
    def every_bills_journal_is_its_lines(self) -> None:
        found = rows(
            "SELECT b.id, b.amount, -(SELECT sum(e.amount) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id"
            "   WHERE e.journal_id = b.journal_id AND e.business_date = b.paid_date AND a.subject_id = '201')"
            "  FROM contributions_bill b WHERE b.unit_id = ANY (%s) AND b.state = 'paid' ORDER BY b.id",
            [[payer.row.pk for payer in self.payers]],
        )
        paid = [(b.pk, b.amount, b.amount) for p in self.payers for b in p.bills if b.state == "paid"]
        assert [tuple(map(int, row)) for row in found] == sorted(paid)

    @staticmethod
    def total() -> int:
        return int(rows("SELECT coalesce(-sum(amount), 0) FROM ledger_balance WHERE subject_id = '201'", [])[0][0])

    @staticmethod
    def balance(account: int) -> int:
        return int(rows("SELECT side * amount FROM ledger_balance WHERE account_id = %s", [account])[0][0])

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Months,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.usefixtures("business_days")
def test_months_of_random_units_agree_with_the_model():
    run(examples=25, steps=30)


@pytest.mark.slow
@pytest.mark.usefixtures("business_days")
def test_many_months_of_random_units_agree_with_the_model():
    run(examples=150, steps=60)
