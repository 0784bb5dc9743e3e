"""Money that arrives: matched by reference, by payer and amount, or waiting; imported once; a fen short or over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from anju.cases.declarations import ApplicantKind, Channel
from anju.contributions.bills import cancel_bill, issue_remittance, next_month, pay_bill, pay_bills
from anju.contributions.errors import ReceiptKnownError, ReceiptRefusedError
from anju.contributions.models import Receipt, Remittance
from anju.contributions.receipt_file import import_receipts
from anju.contributions.receipts import Notice, identify, receive
from anju.contributions.suspense import Asked, Line, lines
from anju.kernel.periods import Month
from anju.ledger.operations import NewAccount, close_account, open_accounts
from anju.ledger.queries import account_balance, balance
from anju.registry.models import Unit
from anju.registry.operations import seal_members
from bill_walk import billed, state
from contribution_walk import a_paying_unit
from item_walk import DAY, actor, approved, draft, serial, submit
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("business_days")]
HEADINGS = "银行流水号,到账日期,付款户名,付款账号,金额（元）,附言"


def a_bank() -> int:
    return open_accounts(
        accounts=[NewAccount(f"B{serial()}", "10101", DAY)], hot=True, overdraft_allowed=True
    ).popitem()[1]


def notice(bank: int, payer: str, amount: int, remark: str = "", number: str = "") -> Notice:
    return Notice(
        bank_account=bank, serial=number or serial(), arrived=DAY, payer_name=payer, amount=amount, remark=remark,
        payer_account="6222021234567890123",
    )  # fmt: skip


def came(told: Notice) -> Receipt:
    return receive(notice=told, business_date=DAY, maker="bank")


def waiting(number: str) -> Line:
    """The line of the queue with that number."""
    (found,) = [row for row in lines(asked=Asked(today=DAY), limit=10_000) if row.number == number]
    return found


@pytest.mark.parametrize(
    ("payer", "more", "remark", "how", "paid", "left"),
    [
        ("别的单位", 0, "汇缴{bill}公积金", "reference", "paid", 0),  # a parent company pays its subsidiary's
        ("{unit}", 0, "", "amount", "paid", 0),
        ("{unit}", -1, "{bill}", "reference", "open", 79_999),
        ("{unit}", 1, "{bill}", "reference", "paid", 1),
        ("{unit}", -1, "", "payer", "open", 79_999),
        ("不相干", 0, "公积金", "", "open", 0),
    ],
    ids=["by another", "amount", "a fen short", "a fen over", "payer", "unknown"],
)  # fmt: skip
def test_money_finds_its_bill_or_waits(payer, more, remark, how, paid, left):
    unit, bill = billed()
    told = notice(a_bank(), payer.format(unit=unit.name), 80_000 + more, remark.format(bill=bill.number))
    receipt = came(told)
    assert (receipt.matched_by, state(bill), account_balance(account=unit.suspense_id)) == (how, paid, left)
    if how == "":
        assert (waiting(receipt.serial).kind, waiting(receipt.serial).amount) == ("unmatched", 80_000 + more)


def test_two_parts_pay_one_bill_when_the_last_fen_is_there():
    unit, bill = billed()
    bank = a_bank()
    came(notice(bank, unit.name, 79_999, bill.number))
    assert state(bill) == "open"
    line = waiting(unit.number)
    assert (line.kind, line.amount, line.difference) == ("short", 79_999, -1)
    came(notice(bank, unit.name, 1, bill.number))
    assert state(bill) == "paid"


def test_a_later_month_is_never_paid_before_an_earlier_one():
    (unit, may), bank = billed(), a_bank()
    june = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="tests")
    came(notice(bank, unit.name, june.amount - 1, june.number))
    assert (state(may), state(june), account_balance(account=unit.suspense_id)) == ("open", "open", 79_999)
    came(notice(bank, unit.name, 1, june.number))  # enough for one month, and it names the later
    unit.refresh_from_db()
    assert (state(may), state(june), unit.paid_to) == ("paid", "open", 202605)
    came(notice(bank, unit.name, may.amount, may.number))
    pay_bills(low=may.pk, high=june.pk, business_date=DAY, maker="tests")
    unit.refresh_from_db()
    assert (state(june), unit.paid_to, account_balance(account=unit.suspense_id)) == ("paid", 202606, 0)


def test_a_later_month_waits_for_one_that_names_a_closed_account():
    unit, (gone, _stays) = a_paying_unit(500_000, 500_000, first=Month(2026, 5))
    may = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="tests")
    seal_members(numbers=[gone.number], sealed=DAY, last_month=Month(2026, 5))
    june = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="tests")
    close_account(account=gone.account_id, closing_date=DAY)
    came(notice(a_bank(), unit.name, may.amount + june.amount))
    assert pay_bill(bill=june, business_date=DAY, maker="tests").state == "open"
    done = pay_bills(low=may.pk, high=june.pk, business_date=DAY, maker="tests")
    assert (done.bills, done.closed, state(may), state(june)) == (0, 1, "open", "open")


def test_a_serial_is_booked_once_and_with_other_content_refused():
    unit, bill = billed()
    bank, number = a_bank(), serial()
    first = came(notice(bank, unit.name, 80_000, bill.number, number))
    assert came(notice(bank, unit.name, 80_000, bill.number, number)) == first
    with pytest.raises(ReceiptKnownError):
        came(notice(bank, unit.name, 80_001, bill.number, number))
    assert account_balance(account=bank) == 80_000


@pytest.mark.usefixtures("center")
def test_the_same_notice_eight_times_at_once_is_booked_once():
    unit, bill = billed()
    told = notice(a_bank(), unit.name, 80_000, bill.number)
    both = in_threads(lambda _place: came(told), 8)
    assert len({each.pk for each in both}) == 1
    assert account_balance(account=told.bank_account) == 80_000
    assert (state(bill), account_balance(account=unit.suspense_id)) == ("paid", 0)


@pytest.mark.usefixtures("center")
def test_two_tellers_give_money_to_two_units_and_one_has_it():
    units = [billed()[0] for _each in range(2)]
    receipt = came(notice(a_bank(), "不相干", 80_000))
    told = in_threads(
        lambda place: identify(
            receipt_id=receipt.pk, unit_number=units[place].number, business_date=DAY, maker="tests"
        ),
        2,
    )
    assert sorted(isinstance(each, ReceiptRefusedError) for each in told) == [False, True]
    assert sum(account_balance(account=unit.suspense_id) for unit in units) == 80_000


@pytest.mark.usefixtures("center")
def test_a_month_taken_back_while_the_next_is_issued_leaves_no_gap():
    for _round in range(4):
        unit, may = billed()

        def both(place: int, unit=unit, may=may) -> object:
            if place == 0:
                return cancel_bill(number=may.number)
            return issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="tests")

        in_threads(both, 2)
        months = list(Remittance.objects.filter(unit=unit).values_list("month", flat=True))
        assert months in ([202605], [202605, 202606]), months
        assert next_month(unit) == Month(2026, 5).plus(len(months))


@pytest.mark.usefixtures("center")
def test_money_is_claimed_while_more_arrives_for_the_unit():
    """Both hold the unit before the ledger: neither waits for the other in a circle."""
    unit, bill = billed()
    bank = a_bank()
    receipts = [came(notice(bank, "不相干", 1)) for _each in range(6)]

    def claim_or_send(place: int) -> None:
        for receipt in receipts:
            if place == 0:
                with transaction.atomic():  # as the item does it
                    identify(receipt_id=receipt.pk, unit_number=unit.number, business_date=DAY, maker="tests")
                    pay_bill(bill=bill, business_date=DAY, maker="tests")
            else:
                came(notice(bank, unit.name, 1, bill.number))

    assert in_threads(claim_or_send, 3) == [None, None, None]
    assert account_balance(account=Unit.objects.get(pk=unit.pk).suspense_id) == 18


def test_c04_gives_unknown_money_to_a_unit_and_pays_its_bill():
    unit, bill = billed()
    receipt = came(notice(a_bank(), "不相干", 80_000))
    teller = actor("teller")
    case = draft("C04", {"serial": receipt.serial, "unit": unit.number, "reason": "单位来函"}, teller, Channel.COUNTER,
                 ApplicantKind.CENTER)  # fmt: skip
    case = approved(submit(case, teller))
    assert (case.state, state(bill), account_balance(account=unit.suspense_id)) == ("completed", "paid", 0)


def test_old_money_is_old_whatever_came_since():
    unit, bank = billed()[0], a_bank()
    for days, amount in ((40, 500), (35, 300), (5, 100), (1, 50)):
        came(replace(notice(bank, unit.name, amount), arrived=DAY - timedelta(days)))
    line = waiting(unit.number)
    assert (line.amount, line.since, line.age(DAY)) == (950, DAY - timedelta(40), 40)


def test_money_spent_first_is_what_came_first():
    (unit, bill), bank = billed(), a_bank()
    for days, amount in ((40, 79_999), (5, 101)):
        came(replace(notice(bank, unit.name, amount, bill.number), arrived=DAY - timedelta(days)))
    line = waiting(unit.number)
    assert (state(bill), line.kind, line.amount, line.age(DAY)) == ("paid", "over", 100, 5)


class TestFile:
    def content(self, *lines: str) -> bytes:
        return "\n".join([HEADINGS, *lines]).encode("gb18030")

    def test_a_list_is_booked_once_however_often_it_is_imported(self):
        (unit, bill), bank = billed(), a_bank()
        content = self.content(
            f"{serial()},2026-05-11,{unit.name},6222021234567890123,800.00,{bill.number}",
            f"{serial()},2026/5/11,不相干,,1.00,",
        )
        facts = {"content": content, "bank_account": bank, "business_date": DAY, "maker": "tests"}
        first, again = import_receipts(**facts), import_receipts(**facts)
        assert (first.booked, first.known, first.amount, first.problems) == (2, 0, 80_100, [])
        assert (again.booked, again.known, again.amount) == (0, 2, 0)
        assert (state(bill), account_balance(account=bank)) == ("paid", 80_100)

    def test_a_line_that_cannot_be_read_refuses_the_whole_list(self):
        bank = a_bank()
        content = self.content(
            f"{serial()},2026-05-11,甲,,8.00,", f"{serial()},2026-13-01,乙,,八元,", ",2026-05-11,丙,,-1,"
        )
        done = import_receipts(content=content, bank_account=bank, business_date=DAY, maker="tests")
        assert [(each.row, each.column) for each in done.problems] == [
            (3, "到账日期"), (3, "金额"), (4, "银行流水号"), (4, "金额"),
        ]  # fmt: skip
        assert (done.booked, account_balance(account=bank)) == (0, 0)

    def test_a_serial_with_another_amount_is_told_and_the_others_are_booked(self):
        bank, number = a_bank(), serial()
        came(notice(bank, "甲", 800, number=number))
        content = self.content(f"{number},2026-05-11,甲,,9.00,", f"{serial()},2026-05-11,乙,,1.00,")
        done = import_receipts(content=content, bank_account=bank, business_date=DAY, maker="tests")
        assert (done.booked, [each.row for each in done.problems]) == (1, [2])


def test_subject_219_holds_what_no_bill_took():
    before = balance(subject="219", on=DAY)
    unit, bill = billed()
    bank = a_bank()
    came(notice(bank, unit.name, 80_001, bill.number))
    came(notice(bank, "不相干", 5))
    assert balance(subject="219", on=DAY) - before == 6
