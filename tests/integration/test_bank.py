"""A bank in another thread tells of money: duplicates, delays, lost answers and refusals book each transfer once."""

import urllib.error
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from anju.contributions import receipts
from anju.contributions.models import Receipt
from anju.ledger.queries import account_balance
from anju.platform.models import CenterFact
from anju.treasury.bank import LATEST, HttpBank, Polled
from anju.treasury.models import BankRefusal
from anju.treasury.operations import open_bank_account
from anju.web.bank_notices import book_notices
from bank_walk import a_bank_serving, order
from bill_walk import billed, state
from item_walk import DAY, serial
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("business_days")]


@contextmanager
def a_bank():
    """A bank's address with its books, and an account of ours there; our count of its notices begins anew."""
    CenterFact.objects.filter(key=LATEST).delete()
    BankRefusal.objects.all().delete()
    account = open_bank_account(code=f"B{serial()}", bank="示例银行", subject="10101", rate=0, opened=DAY)
    with a_bank_serving(DAY) as address:
        yield address, account


def polled(address: str) -> Polled:
    return book_notices(bank=HttpBank(address), business_date=DAY)


def test_each_transfer_is_booked_once_told_twice_late_or_lost():
    unit, bill = billed()
    with a_bank() as (address, account):
        order(address, account.code, 80_000, payer_name=unit.name, remark=bill.number, plan="twice")
        order(address, account.code, 5, plan="late")
        order(address, account.code, 7, plan="lost")
        with pytest.raises((OSError, urllib.error.URLError)):
            polled(address)
        assert state(bill) == "open"
        assert (polled(address), polled(address)) == (Polled(4, 0), Polled(0, 0))
    assert (state(bill), account_balance(account=account.account_id)) == ("paid", 80_012)


def test_a_refused_notice_is_kept_and_holds_up_no_other():
    with a_bank() as (address, account):
        number = order(address, account.code, 5)
        order(address, account.code, 6, serial=number)
        order(address, "NONE", 9)
        order(address, account.code, 7)
        assert (polled(address), polled(address)) == (Polled(2, 2), Polled(0, 0))
    assert [each.code for each in BankRefusal.objects.all()] == ["RECEIPT_KNOWN", "BANK_ACCOUNT_UNKNOWN"]
    assert account_balance(account=account.account_id) == 12


@pytest.mark.usefixtures("center")
def test_two_polls_at_once_book_each_notice_once():
    with a_bank() as (address, account):
        for amount in (1, 2, 4):
            order(address, account.code, amount)
        both = in_threads(lambda _place: polled(address), 2)
    assert sum(each.taken for each in both) == 3
    assert account_balance(account=account.account_id) == 7


@pytest.mark.usefixtures("center")
def test_a_crash_between_booking_and_paying_leaves_nothing_and_is_made_good(monkeypatch):
    unit, bill = billed()
    with a_bank() as (address, account):
        order(address, account.code, 80_000, payer_name=unit.name, remark=bill.number)

        def cut_off(**_facts: object) -> None:
            raise OperationalError("the connection is gone")

        with monkeypatch.context() as patched:
            patched.setattr(receipts, "pay_bills", cut_off)
            with pytest.raises(OperationalError):
                polled(address)
        assert not Receipt.objects.filter(bank_account=account.account_id).exists()
        assert (state(bill), account_balance(account=account.account_id)) == ("open", 0)
        assert polled(address) == Polled(1, 0)
    assert (state(bill), account_balance(account=account.account_id)) == ("paid", 80_000)
