"""灵活就业: who may join, what a payment counts for, and whose money pays whose bill."""

from datetime import date

import pytest

from anju.contributions.bills import cancel_bill
from anju.contributions.errors import BillStateError, FlexibleRefusedError
from anju.contributions.flexible.agreements import Applicant, Terms, end, sign
from anju.contributions.flexible.payments import assign, issue, third_party
from anju.contributions.flexible.rules import of_working_age
from anju.contributions.models import BillState, Contribution
from anju.contributions.models_flexible import Agreement, AgreementEnded, Mode
from anju.contributions.receipts import Notice, receive
from anju.kernel.identity import identity_check_digit
from anju.kernel.periods import Month
from anju.ledger.operations import NewAccount, open_accounts
from anju.ledger.queries import account_balance
from anju.registry.models import MemberState, UnitKind
from anju.registry.operations import seal_members
from item_walk import AT, DAY, a_member, phone, serial

pytestmark = [pytest.mark.usefixtures("business_days")]


def someone(born: str = "19900102") -> Applicant:
    first17 = f"430602{born}{serial()[-3:]}"
    number = first17 + identity_check_digit(first17)
    return Applicant(name="周小乔", identity_number=number, phone=phone(), office="市直")


def signed(mode: Mode = Mode.MONTHLY, applicant: Applicant | None = None, base: int = 500_000) -> Agreement:
    terms = Terms(mode=mode, base=base, ratio=100_000, first_month=Month(2026, 5))
    return sign(
        applicant=applicant or someone(), terms=terms, business_date=DAY, actor="teller", at=AT, case=f"C{serial()}"
    )


def billed(agreement: Agreement, amount: int | None = None):
    return issue(member=agreement.member, amount=amount, business_date=DAY, maker="teller")


def money(amount: int, remark: str, payer: str = "周小乔"):
    account = open_accounts(accounts=[NewAccount(f"B{serial()}", "10101", DAY)], hot=True, overdraft_allowed=True)
    notice = Notice(
        bank_account=next(iter(account.values())), serial=serial(), arrived=DAY, payer_name=payer, amount=amount,
        remark=remark,
    )  # fmt: skip
    return receive(notice=notice, business_date=DAY, maker="bank")


@pytest.mark.parametrize(
    ("mode", "amount", "months"),
    [(Mode.MONTHLY, None, 1), (Mode.QUARTERLY, None, 3), (Mode.YEARLY, None, 12), (Mode.LUMP, 600_000, 12)],
    ids=str,
)
def test_each_mode_counts_its_months_and_the_money_books_them(mode, amount, months):
    agreement = signed(mode)
    bill = billed(agreement, amount)
    money(bill.amount, bill.number)
    bill.refresh_from_db()
    assert (bill.state, bill.amount) == (BillState.PAID, months * 50_000)
    assert account_balance(account=agreement.member.account_id) == bill.amount
    wanted = [month.year * 100 + month.number for month in (Month(2026, 5).plus(place) for place in range(months))]
    assert (
        list(Contribution.objects.filter(member=agreement.member).order_by("month").values_list("month", flat=True))
        == wanted
    )
    assert not third_party(bill)


def test_free_payments_count_by_money_and_carry_what_is_left():
    agreement = signed(Mode.FREE)
    each = agreement.amount
    seen = []
    for amount in (each - 1, 1, 2 * each + 5, each - 5):
        bill = billed(agreement, amount)
        money(amount, bill.number)
        seen.append((bill.flexible.months, bill.flexible.rest))
    assert seen == [(0, each - 1), (1, 0), (2, 5), (1, 0)]
    assert account_balance(account=agreement.member.account_id) == 4 * each


def test_money_of_one_person_never_pays_the_bill_of_another():
    first, second = billed(signed()), billed(signed())
    assert first.unit_id == second.unit_id
    assert first.unit.kind == UnitKind.FLEXIBLE
    money(first.amount - 1, first.number)
    money(second.amount - 1, second.number)
    unknown = money(first.amount, "没有编号")
    for bill in (first, second):
        bill.refresh_from_db()
        assert bill.state == BillState.OPEN
    assert unknown.unit is None
    with pytest.raises(BillStateError):
        cancel_bill(number=first.number)
    assert (
        assign(receipt_id=unknown.pk, bill_number=second.number, business_date=DAY, maker="t").state == BillState.PAID
    )
    first.refresh_from_db()
    assert first.state == BillState.OPEN
    money(1, first.number, payer="他人")
    first.refresh_from_db()
    assert first.state == BillState.PAID
    assert third_party(first)


def test_one_bill_at_a_time():
    agreement = signed()
    bill = billed(agreement)
    with pytest.raises(FlexibleRefusedError):
        billed(agreement)
    cancel_bill(number=bill.number)
    assert billed(agreement).amount == 50_000


def test_the_employed_are_refused():
    member = a_member()
    applicant = Applicant(name=member.name, identity_number=member.identity, phone=member.phone, office="市直")
    with pytest.raises(FlexibleRefusedError):
        signed(applicant=applicant)


def test_a_sealed_account_is_unsealed_and_keeps_its_number():
    applicant = someone()
    before = signed(applicant=applicant)
    assert end(agreement=before.pk, by=AgreementEnded.STOPPED, business_date=DAY)
    seal_members(numbers=[before.member.number], sealed=DAY)
    after = signed(applicant=applicant)
    assert (after.member_id, after.member.state) == (before.member_id, MemberState.NORMAL)


@pytest.mark.parametrize(
    ("born", "sex", "fits"),
    [("20100511", 1, True), ("20100512", 1, False), ("19600101", 1, False), ("19900101", 2, True)],
    ids=["sixteen today", "sixteen tomorrow", "retired", "in between"],
)
def test_working_age(born, sex, fits):
    first17 = f"430602{born}00{sex}"
    assert of_working_age(first17 + identity_check_digit(first17), date(2026, 5, 11)) is fits
