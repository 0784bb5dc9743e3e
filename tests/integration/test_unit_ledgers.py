"""A unit's ledger: bills and back payments, members who come and go, the interest of who was there on the day."""

import re
from datetime import date

import pytest
from django.test import Client

from anju.contributions.back_payments import BackLine, issue_back_payment
from anju.contributions.unit_ledgers import unit_ledger
from anju.kernel.periods import Month
from anju.registry.accounts import Deed, Joining, move
from anju.registry.models import Member, Unit
from anju.registry.models_successions import SuccessionKind
from anju.registry.successions import Transfer, succeed
from anju.registry.unit_changes import Act
from contribution_walk import a_bank, a_paying_unit, pay, remit
from interest_walk import interest_of, settle
from item_walk import AT, serial
from portal_walk import Walk, clerk
from sign_ins import staff
from uploads import pdf_text

pytestmark = [pytest.mark.usefixtures("business_days")]
FIRST, YEAR = Month(2025, 1), (date(2025, 1, 1), date(2025, 12, 31))


def moved(member: Member, unit: Unit, day: date, month: Month) -> None:
    deed = Deed(business_date=day, actor="甲", at=AT, case=serial())
    move(unit=unit.number, joining=[Joining(member.number, 500_000)], first_month=month, deed=deed)


def lines(unit: Unit) -> list[tuple[str, str, int, int]]:
    shown = unit_ledger(unit=unit, start=YEAR[0], end=YEAR[1])
    return [(f"{line.day:%m-%d}", line.kind, line.members, line.amount) for line in shown.lines]


def two_units() -> tuple[Unit, Unit, list[Member]]:
    """Four members of the first: one goes before the settlement, one after it; the second unit has one."""
    here, (stays, early, late, fourth) = a_paying_unit(*[500_000] * 4, first=FIRST)
    there, (other,) = a_paying_unit(500_000, first=FIRST)
    bank = a_bank(FIRST.first_day)
    remit(here, 1, date(2025, 1, 10), bank)
    remit(there, 1, date(2025, 1, 10), bank)
    line = BackLine(
        member=stays.number, month=Month(2024, 12), reason="other", unit_amount=10_000, person_amount=10_000
    )
    bill = issue_back_payment(
        unit_number=here.number, lines=[line], business_date=date(2025, 2, 3), maker="甲", case_number=serial()
    )
    pay(bill, date(2025, 2, 4), bank)
    moved(early, there, date(2025, 3, 5), Month(2025, 4))
    settle(stays, early, late, fourth, other, year=2025)
    moved(late, there, date(2025, 7, 1), Month(2025, 8))
    return here, there, [stays, early, late, fourth, other]


def test_bills_moves_and_the_interest_of_who_was_there():
    here, there, (stays, early, late, fourth, other) = two_units()
    interest = {each.pk: interest_of(each) for each in (stays, early, late, fourth, other)}
    kept = interest[stays.pk] + interest[late.pk] + interest[fourth.pk]
    assert lines(here) == [
        ("01-10", "汇缴", 4, 320_000), ("02-04", "补缴", 1, 20_000), ("03-05", "同城转出", 1, 80_000),
        ("06-30", "结算公积金利息", 3, kept), ("07-01", "同城转出", 1, 80_000 + interest[late.pk]),
    ]  # fmt: skip
    assert lines(there) == [
        ("01-10", "汇缴", 1, 80_000), ("03-05", "同城转入", 1, 80_000),
        ("06-30", "结算公积金利息", 2, interest[early.pk] + interest[other.pk]),
        ("07-01", "同城转入", 1, 80_000 + interest[late.pk]),
    ]  # fmt: skip
    shown = unit_ledger(unit=here, start=YEAR[0], end=YEAR[1])
    assert (shown.amount, shown.interest) == (340_000, kept)
    assert [line.months for line in shown.lines[:2]] == ["2025-01", "2024-12"]


def test_a_merger_counts_for_both():
    here, there, _members = two_units()
    transfer = Transfer(kind=SuccessionKind.MERGER, source=here.number, target=there.number, first_month=Month(2025, 9))
    succeed(transfer=transfer, act=Act(business_date=date(2025, 8, 1), actor="甲", at=AT, case=serial()))
    assert [line[:3] for line in lines(here)][-1] == ("08-01", "合并转出", 2)
    assert [line[:3] for line in lines(there)][-1] == ("08-01", "合并转入", 2)
    assert len(lines(here)) == len(lines(there)) + 1 == 6  # what is past stays where it was


def test_an_employer_sees_how_many_moved_and_not_what_persons_have():
    here, there, (_stays, early, *_rest, other) = two_units()
    few = f"{(interest_of(early) + interest_of(other)) / 100:,.2f}"
    kept = f"{unit_ledger(unit=here, start=YEAR[0], end=YEAR[1]).interest / 100:,.2f}"
    for unit, moved_as, shown, hidden in (
        (here, "同城转出", ("3,200.00", "200.00", kept), ("800.00", there.name)),
        (there, "同城转入", ("800.00",), (few, "805.73", here.name)),
    ):
        walk = Walk(clerk(unit))
        page = walk.get(f"units/{unit.number}/ledger/?year=2025")
        paper = pdf_text(walk.client.post(f"/employer/units/{unit.number}/ledger/issue/", {"year": "2025"}).content)
        for words in (page, paper):
            assert moved_as in words
            assert [text for text in shown if text not in words] == []
            assert [text for text in hidden if re.search(rf"(?<![\d,]){text}", words)] == []
    teller = Client()
    teller.force_login(staff(f"t{here.number}", "teller"))
    words = teller.get(f"/units/{there.number}/ledger/?start=2025-01-01&end=2025-12-31").content.decode()
    assert f"同城转入：{here.name}" in words
    assert few in words
    assert "805.73" in words
