"""Accounts are sealed, unsealed, moved, merged and frozen: the money and its interest go on, and wrong ways are told."""

import uuid
from datetime import date

import pytest
from django.db import Error

from anju.kernel.periods import Month
from anju.ledger import holds, operations, settlement
from anju.ledger.errors import FrozenError
from anju.ledger.operations import JournalRequest, NewAccount, credit, debit
from anju.ledger.queries import account_balance
from anju.registry import accounts, freezes, merging
from anju.registry.accounts import Deed, Joining
from anju.registry.errors import AccountsRefusedError, FreezeRefusedError, UnknownMemberError
from anju.registry.freezes import Order
from anju.registry.models import Change, Employment, Member, MemberState, SpellEnded
from anju.registry.models_accounts import Freeze, Move
from item_walk import AT, DAY, a_member
from threads import in_threads

LATER = date(2026, 8, 3)
MAY = Month(2026, 5)
pytestmark = pytest.mark.usefixtures("business_days")


def deed(day: date = DAY) -> Deed:
    return Deed(business_date=day, actor="甲", at=AT, case=uuid.uuid4().hex[:18])


def hot(subject: str) -> int:
    (account,) = operations.open_accounts(
        accounts=[NewAccount(uuid.uuid4().hex, subject, DAY)], hot=True, overdraft_allowed=True
    ).values()
    return account


def deposit(member: Member, fen: int, day: date = DAY) -> None:
    lines = [debit(hot("10101"), fen), credit(member.account_id, fen)]
    operations.post(
        journals=[JournalRequest(key=uuid.uuid4().hex, kind="test", business_date=day, lines=lines, maker="甲")]
    )


def rich(fen: int = 1_234_567) -> Member:
    member = a_member()
    deposit(member, fen)
    return member


def seal(member: Member, last_month: Month = MAY, by: Deed | None = None) -> int:
    return accounts.seal(
        unit=member.unit.number,
        numbers=[member.number],
        last_month=last_month,
        reason=SpellEnded.LEFT,
        deed=by or deed(),
    )


def again(member: Member) -> Member:
    return Member.objects.select_related("unit").get(pk=member.pk)


def settle(*members: Member) -> None:
    for member in members:
        settlement.settle_chunk(
            low=member.account_id, high=member.account_id, subject="201", settlement_day=date(2026, 6, 30),
            payable=hot("211"), expense=hot("41101"), key=uuid.uuid4().hex, maker="甲",
        )  # fmt: skip


def order(amount: int | None = None, last_day: date = date(2026, 9, 30)) -> Order:
    return Order(document="（2026）湘06执1号", court="岳阳中院", officer="张三", amount=amount, last_day=last_day)


class TestTheMoneyGoesOn:
    def test_sealed_moved_and_unsealed_it_earns_what_its_twin_earns(self, db):
        walker, twin, there, further = rich(), rich(), a_member().unit, a_member().unit
        accounts.move(
            unit=there.number, joining=[Joining(walker.number, 600_000)], first_month=Month(2026, 6), deed=deed()
        )
        moved = Move.objects.get(member=walker)
        assert (moved.from_unit, moved.to_unit, moved.balance) == (walker.unit, there, 1_234_567)
        assert seal(again(walker), Month(2026, 6), deed(LATER)) == 1
        settle(walker, twin)
        accounts.unseal(
            unit=further.number, joining=[Joining(walker.number, 700_000)], first_month=Month(2026, 8), deed=deed(LATER)
        )
        assert account_balance(account=walker.account_id) == account_balance(account=twin.account_id) > 1_234_567
        dues = [settlement.interest_due(account=each.account_id, until=LATER) for each in (walker, twin)]
        assert dues[0] == dues[1] > 0
        now = again(walker)
        assert (now.unit, now.state, now.base, now.sealed_date) == (further, MemberState.NORMAL, 700_000, None)
        spells = Employment.objects.filter(member=walker).order_by("first_month")
        assert [(each.first_month, each.last_month) for each in spells] == [
            (202605, 202605),
            (202606, 202606),
            (202608, None),
        ]
        assert list(Change.objects.filter(number=walker.number).order_by("id").values_list("kind", flat=True)) == [
            "member_moved", "member_sealed", "member_unsealed",
        ]  # fmt: skip
        with pytest.raises(Error, match="never changed"):
            Move.objects.filter(pk=moved.pk).delete()

    def test_two_merged_earn_what_one_would_and_a_second_time_changes_nothing(self, db):
        first, second, twin, by = rich(1_000_000), rich(500_001), rich(1_500_001), deed(date(2026, 5, 20))
        seal(second)
        kept = merging.merge(numbers=(second.number, first.number), deed=by)
        assert merging.merge(numbers=(second.number, first.number), deed=by) == kept == first
        settle(first, twin)
        assert account_balance(account=first.account_id) == account_balance(account=twin.account_id)
        gone = again(second)
        assert (gone.state, gone.closed_date) == (MemberState.MERGED, date(2026, 5, 20))
        assert account_balance(account=second.account_id) == 0
        assert Change.objects.filter(kind="member_merged", case_number=by.case).count() == 2


class TestFreezes:
    def test_the_queue_covers_what_is_there_and_moves_up(self, db):
        member = rich(1_000)
        cases = [deed() for _ in range(3)]
        for by, amount in zip(cases, (600, 600, None), strict=True):
            freezes.freeze(number=member.number, order=order(amount), deed=by)
        freezes.freeze(number=member.number, order=order(600), deed=cases[0])
        assert [(each.place, each.covered) for each in freezes.queue(member=member)] == [(1, 600), (2, 400), (3, 0)]
        assert again(member).state == MemberState.FROZEN
        deposit(member, 500)  # a frozen account takes contributions
        assert sum(each.covered for each in freezes.queue(member=member)) == 1_500
        freezes.lift(case_number=cases[0].case, document="解除 1 号", deed=deed())
        assert [each.covered for each in freezes.queue(member=member)] == [600, 900]
        freezes.lift(case_number=cases[2].case, document="解除 2 号", deed=deed())
        assert again(member).state == MemberState.NORMAL
        with pytest.raises(FreezeRefusedError, match="已结束"):
            freezes.lift(case_number=cases[0].case, document="解除 3 号", deed=deed())

    def test_it_survives_sealing_is_extended_and_runs_out(self, db):
        member, by = rich(1_000), deed()
        freezes.freeze(number=member.number, order=order(None, date(2026, 6, 1)), deed=by)
        with pytest.raises(FrozenError):
            operations.post(
                journals=[
                    JournalRequest(
                        key=uuid.uuid4().hex, kind="test", business_date=DAY, maker="甲",
                        lines=[debit(member.account_id, 1), credit(hot("10101"), 1)],
                    )
                ]
            )  # fmt: skip
        assert seal(member) == 1
        assert again(member).state == MemberState.FROZEN
        freezes.extend(case_number=by.case, last_day=date(2026, 7, 1), document="续冻 1 号", deed=deed())
        freezes.expire(deed=Deed(business_date=date(2026, 7, 1), actor="甲", at=AT))
        assert again(member).state == MemberState.FROZEN
        freezes.expire(deed=Deed(business_date=date(2026, 7, 2), actor="甲", at=AT))
        assert (again(member).state, Freeze.objects.get(case_number=by.case).state) == (MemberState.SEALED, "expired")
        assert holds.available(account=member.account_id) == 1_000

    def test_a_frozen_account_is_neither_moved_nor_merged(self, db):
        member, other = rich(), rich()
        freezes.freeze(number=member.number, order=order(5), deed=deed())
        seal(other)
        with pytest.raises(AccountsRefusedError, match="冻结"):
            merging.merge(numbers=(member.number, other.number), deed=deed())
        with pytest.raises(AccountsRefusedError, match="冻结"):
            accounts.move(
                unit=other.unit.number, joining=[Joining(member.number, 1)], first_month=Month(2026, 6), deed=deed()
            )

    @pytest.mark.parametrize("last_day", [date(2026, 5, 10), date(2027, 5, 12)])
    def test_for_a_year_at_most(self, db, last_day):
        with pytest.raises(FreezeRefusedError, match="一年"):
            freezes.freeze(number=a_member().number, order=order(None, last_day), deed=deed())


class TestRefused:
    def test_each_account_with_its_reason_and_none_is_sealed(self, db):
        one, other = a_member(), a_member()
        with pytest.raises(AccountsRefusedError, match=f"{other.number} 不是本单位"):
            accounts.seal(
                unit=one.unit.number, numbers=[one.number, other.number], last_month=MAY, reason=SpellEnded.LEFT,
                deed=deed(),
            )  # fmt: skip
        assert again(one).state == MemberState.NORMAL
        with pytest.raises(UnknownMemberError):
            accounts.seal(unit=one.unit.number, numbers=["无"], last_month=MAY, reason=SpellEnded.LEFT, deed=deed())

    def test_sealed_twice_and_the_same_case_again(self, db):
        member, by = a_member(), deed()
        assert (seal(member, by=by), seal(member, by=by)) == (1, 0)
        with pytest.raises(AccountsRefusedError, match="已封存"):
            seal(member)

    def test_sealing_before_the_first_month(self, db):
        with pytest.raises(AccountsRefusedError, match="早于起缴"):
            seal(a_member(), Month(2026, 3))

    @pytest.mark.parametrize(
        ("sealed", "month", "told"),
        [
            (False, Month(2026, 6), "正在缴存"),
            (True, Month(2026, 4), "早于账户设立"),
            (True, Month(2026, 5), "重叠"),
        ],
        ids=["active", "before-opening", "overlap"],
    )
    def test_unsealing(self, db, sealed, month, told):
        member = a_member()
        if sealed:
            seal(member)
        with pytest.raises(AccountsRefusedError, match=told):
            accounts.unseal(
                unit=a_member().unit.number, joining=[Joining(member.number, 1)], first_month=month, deed=deed()
            )


@pytest.mark.usefixtures("center")
def test_two_units_unseal_one_person_at_once_and_one_is_told(center, business_days):
    member = a_member()
    seal(member)
    units = [a_member().unit for _ in range(2)]

    def unseal(index: int) -> int:
        return accounts.unseal(
            unit=units[index].number, joining=[Joining(member.number, 500_000)], first_month=Month(2026, 6), deed=deed()
        )

    results = in_threads(unseal, 2)
    assert sorted(map(type, results), key=str) == sorted([int, AccountsRefusedError], key=str), results
    assert "正在缴存" in str(next(each for each in results if isinstance(each, AccountsRefusedError)))
    assert Employment.objects.filter(member=member, last_month=None).count() == 1
    assert again(member).unit == units[results.index(1)]
