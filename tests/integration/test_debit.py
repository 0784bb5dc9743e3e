"""委托收款: a bill is collected once, answered once, and tried again the day after the bank could not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from anju.cases import catalogue
from anju.contributions.debit import agree, collect, end_mandate, send
from anju.contributions.debit_results import read_results
from anju.contributions.errors import DebitRefusedError
from anju.contributions.models import Bill, DebitLine, Method
from anju.contributions.receipts import Notice, receive
from anju.ledger.operations import NewAccount, open_accounts
from anju.ledger.queries import account_balance
from anju.registry.models import Unit
from anju.treasury.operations import open_bank_account
from bill_walk import billed, state
from item_walk import DAY, serial
from sign_ins import staff
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("business_days")]
AT = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)
ACCOUNT = "6222021234567890123"
HEADINGS = "批次号,缴款编号,金额,结果,扣款日期,银行流水号,失败原因"


def a_bank() -> int:
    return open_accounts(
        accounts=[NewAccount(f"B{serial()}", "10101", DAY)], hot=True, overdraft_allowed=True
    ).popitem()[1]


def agreed() -> tuple[Unit, Bill]:
    """A unit that owes 800.00 and agreed to its collection."""
    unit, bill = billed(method=Method.DEBIT)
    agree(unit_number=unit.number, payer_name=unit.name, payer_account=ACCOUNT, signed=DAY, maker="tests", at=AT)
    return unit, bill


def listed(bank: int, bill: Bill, day=DAY) -> str:
    """The number of a list of that day with the bill on it, sent."""
    batch = collect(bank_account=bank, business_date=day, maker="tests")
    assert batch is not None
    assert batch.lines.filter(bill=bill).exists()
    send(number=batch.number, maker="tests", at=AT)
    return batch.number


def answered(*lines: str):
    return read_results(content="\n".join([HEADINGS, *lines]).encode("gb18030"), business_date=DAY, maker="tests")


def test_what_was_collected_is_booked_once_and_pays_the_bill():
    (unit, bill), bank = agreed(), a_bank()
    number = listed(bank, bill)
    line = f"{number},{bill.number},800.00,成功,2026-05-11,{serial()},"
    first, again = answered(line), answered(line)
    assert (first.paid, first.problems, again.paid, again.known) == (1, [], 0, 1)
    assert (state(bill), account_balance(account=bank), account_balance(account=unit.suspense_id)) == (
        "paid", 80_000, 0,
    )  # fmt: skip
    assert Bill.objects.get(pk=bill.pk).method == "debit"


def test_what_failed_keeps_the_reason_and_is_tried_on_the_next_day_only():
    (_unit, bill), bank = agreed(), a_bank()
    number = listed(bank, bill)
    assert answered(f"{number},{bill.number},800.00,失败,,,余额不足").failed == 1
    assert DebitLine.objects.get(bill=bill).reason == "余额不足"
    again = collect(bank_account=bank, business_date=DAY, maker="tests")
    assert again is None or not again.lines.filter(bill=bill).exists()
    later = listed(bank, bill, DAY + timedelta(1))
    assert answered(f"{later},{bill.number},800.00,成功,,{serial()},").paid == 1
    told = answered(f"{number},{bill.number},800.00,成功,,{serial()},")
    assert [each.rule for each in told.problems] == ["DEBIT_REFUSED"]
    assert (state(bill), account_balance(account=bank)) == ("paid", 80_000)


@pytest.mark.parametrize(
    ("amount", "answer", "number", "reason", "column"),
    [
        ("800.01", "成功", "S1", "", "缴款编号"),
        ("800.00", "成功", "", "", "银行流水号"),
        ("800.00", "失败", "", "", "失败原因"),
        ("800.00", "处理中", "S1", "", "结果"),
    ],
    ids=["another amount", "no serial", "no reason", "no answer"],
)
def test_an_answer_that_does_not_fit_books_nothing(amount, answer, number, reason, column):
    (_unit, bill), bank = agreed(), a_bank()
    told = answered(f"{listed(bank, bill)},{bill.number},{amount},{answer},,{number},{reason}")
    assert ([each.column for each in told.problems], state(bill)) == ([column], "open")
    assert DebitLine.objects.get(bill=bill).state == "waiting"


def test_a_bill_paid_meanwhile_leaves_the_collected_money_with_the_unit():
    (unit, bill), bank = agreed(), a_bank()
    number = listed(bank, bill)
    paid = Notice(
        bank_account=bank, serial=serial(), arrived=DAY, payer_name=unit.name, amount=80_000, remark=bill.number
    )
    receive(notice=paid, business_date=DAY, maker="bank")
    assert answered(f"{number},{bill.number},800.00,成功,,{serial()},").paid == 1
    assert (state(bill), account_balance(account=unit.suspense_id)) == ("paid", 80_000)


def test_the_list_names_the_account_to_the_bank_and_is_answered_only_once_sent():
    (unit, bill), bank = agreed(), a_bank()
    batch = collect(bank_account=bank, business_date=DAY, maker="tests")
    assert batch is not None
    line = f"{batch.number},{bill.number},800.00,成功,,{serial()},"
    assert len(answered(line).problems) == 1
    text = send(number=batch.number, maker="tests", at=AT).decode("gb18030")
    assert f"{bill.number},{unit.name},{ACCOUNT},800.00,{bill.number}" in text
    assert answered(line).paid == 1
    with pytest.raises(DebitRefusedError):
        send(number="D000000000000", maker="tests", at=AT)


def test_without_an_agreement_in_force_nothing_is_collected():
    unit, bill = agreed()
    end_mandate(unit_number=unit.number, ended=DAY, maker="tests", at=AT)
    batch = collect(bank_account=a_bank(), business_date=DAY, maker="tests")
    assert batch is None or not batch.lines.filter(bill=bill).exists()


def test_what_the_unit_said_to_transfer_is_not_collected_beside():
    unit, bill = billed()
    agree(unit_number=unit.number, payer_name=unit.name, payer_account=ACCOUNT, signed=DAY, maker="tests", at=AT)
    batch = collect(bank_account=a_bank(), business_date=DAY, maker="tests")
    assert batch is None or not batch.lines.filter(bill=bill).exists()
    assert catalogue.item("C01").prefill(reference=unit.number)["method"] == "debit"


@pytest.mark.usefixtures("center")
def test_four_lists_at_once_hold_each_bill_once():
    bank, bills = a_bank(), [agreed()[1] for _each in range(3)]
    told = in_threads(lambda _place: collect(bank_account=bank, business_date=DAY, maker="tests"), 4)
    assert not [each for each in told if isinstance(each, Exception)]
    assert [DebitLine.objects.filter(bill=bill).count() for bill in bills] == [1, 1, 1]


def test_the_page_collects_sends_and_reads_answers():
    bank = open_bank_account(code=f"B{serial()}", bank="示例银行", subject="10101", rate=0, opened=DAY)
    unit, bill = billed(method=Method.DEBIT)
    client = Client()
    client.force_login(staff(f"acc{serial()}", "accountant"))
    page = reverse("debits")
    wrong = {"do": "agree", "agree-unit": f"　{unit.number[:3]} {unit.number[3:]}", "agree-payer_name": unit.name, "agree-payer_account": "六",
             "agree-signed": "2026-05-11"}  # fmt: skip
    assert "付款账号应为" in client.post(page, wrong).content.decode()
    assert client.post(page, {**wrong, "agree-payer_account": ACCOUNT}).status_code == 302
    assert client.post(page, {"do": "collect", "collect-bank": bank.pk}).status_code == 302
    line = DebitLine.objects.get(bill=bill)
    assert ACCOUNT not in client.get(page).content.decode()
    file = client.post(reverse("debit-list", args=[line.batch.number]))
    assert ACCOUNT in file.content.decode("gb18030")
    answers = SimpleUploadedFile(
        "r.csv", f"{HEADINGS}\n{line.batch.number},{bill.number},800.00,失败,,,余额不足".encode()
    )
    assert client.post(page, {"do": "results", "results-file": answers}).status_code == 302
    assert "余额不足" in client.get(page).content.decode()
