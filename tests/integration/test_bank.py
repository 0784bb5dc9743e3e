"""A bank in another thread tells of money: duplicates, delays, lost answers and refusals book each transfer once."""

import urllib.error
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from django.db import OperationalError
from django.test import Client

from anju.cli import django_setup
from anju.cli.bank import bank as commands
from anju.contributions import receipts
from anju.contributions.models import Receipt
from anju.ledger.queries import account_balance
from anju.platform.models import AuditEntry, CenterFact
from anju.treasury.bank import LATEST, HttpBank, Polled
from anju.treasury.models import BankRefusal
from anju.treasury.operations import open_bank_account
from anju.treasury.refusals import RefusalSettledError, close
from anju.web.bank_notices import book_notices, take_refused
from bank_walk import a_bank_serving, order
from bill_walk import billed, state
from item_walk import AT, DAY, in_clear, serial
from sign_ins import staff
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
def test_a_refused_notice_is_taken_once_when_what_stood_in_its_way_is_mended():
    code, facts = f"B{serial()}", {"actor": "accountant", "at": AT, "business_date": DAY}
    with a_bank() as (address, _account):
        order(address, code, 500, payer_name="周小乔")
        assert polled(address) == Polled(0, 1)
        number = BankRefusal.objects.get().number
        assert (take_refused(number=number, **facts).attempts, Receipt.objects.filter(amount=500).exists()) == (
            2,
            False,
        )
        account = open_bank_account(code=code, bank="示例银行", subject="10101", rate=0, opened=DAY)
        told = in_threads(lambda _place: take_refused(number=number, **facts), 2)
        assert [each.state for each in told] == ["taken", "taken"]
        assert account_balance(account=account.account_id) == 500
        assert polled(address) == Polled(0, 0)
    assert "treasury_bankrefusal" not in in_clear("周小乔")
    with pytest.raises(RefusalSettledError, match="已入账"):
        close(number=number, reason="重复", **facts)


def test_the_page_tells_why_masked_and_closes_for_a_reason(monkeypatch):
    monkeypatch.setattr(django_setup, "ensure", lambda: None)  # the test's own server runs
    with a_bank() as (address, _account):
        order(address, "NONE", 9, payer_name="周小乔", remark="退 430602199001011235")
        polled(address)
    number, desk = BankRefusal.objects.get().number, Client()
    desk.force_login(staff(f"accountant{serial()}", "accountant"))
    for page in ("/bank-refusals/", f"/bank-refusals/{number}/"):
        shown = desk.get(page).content.decode()
        assert "没有代码为 NONE 的活期专户" in shown
        assert "周*乔" in shown
        assert "周小乔" not in shown
        assert "430602199001011235" not in shown
    again = desk.post(f"/bank-refusals/{number}/", {"do": "take"}, follow=True).content.decode()
    assert "仍未能入账" in again
    told = CliRunner().invoke(commands, ["retry", str(number)])
    assert (told.exit_code, "NONE" in told.output, str(number) in CliRunner().invoke(commands, ["refused"]).output) == (
        1, True, True,
    )  # fmt: skip
    assert "请写明理由" in desk.post(f"/bank-refusals/{number}/", {"do": "close", "reason": ""}).content.decode()
    for _each in range(2):
        desk.post(f"/bank-refusals/{number}/", {"do": "close", "reason": "银行误发"})
    closed = BankRefusal.objects.get()
    assert (closed.state, closed.reason, closed.attempts) == ("closed", "银行误发", 3)
    done = AuditEntry.objects.filter(object_kind="bank-refusal", object_reference=str(number))
    assert done.filter(action="bank-refusal.close").count() == 1
    auditor = Client()
    auditor.force_login(staff(f"auditor{serial()}", "auditor"))
    assert auditor.get("/bank-refusals/?state=closed").status_code == 200
    assert auditor.post(f"/bank-refusals/{number}/", {"do": "take"}).status_code == 403


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
