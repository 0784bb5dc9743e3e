"""灵活就业 through the years: terms agreed anew, a stop, an employer who takes over, subsidies, the right to borrow."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from django.test import Client

import policy_packs
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import IneligibleError
from anju.cases.states import Verb
from anju.contributions.back_payments import claimed
from anju.contributions.bills import cancel_bill, issue_remittance, named
from anju.contributions.debit import collect
from anju.contributions.errors import FlexibleRefusedError
from anju.contributions.flexible import agreements, exits, subsidies
from anju.contributions.flexible.debits import bill_due
from anju.contributions.flexible.loan_right import loan_right
from anju.contributions.flexible.payments import issue
from anju.contributions.models import Bill, BillState, Contribution, Receipt
from anju.contributions.models_debit import DebitMandate
from anju.contributions.models_flexible import Agreement, AgreementEnded, Mode, Subsidy
from anju.contributions.queries import continuous_months
from anju.contributions.receipts import Notice, receive
from anju.kernel.identity import identity_check_digit, mask_name
from anju.kernel.periods import Month
from anju.ledger.operations import JournalRequest, credit, debit, post
from anju.ledger.queries import account_balance
from anju.platform.people.models import Kind, Office
from anju.platform.runs.models import RunState
from anju.registry.accounts import Deed
from anju.registry.models import Change, Member, MemberSignIn, MemberState
from contribution_walk import a_bank, a_paying_unit, pay
from item_walk import AT, DAY, actor, approved, caller, draft, move, phone, serial, submit
from portal_walk import a_sign_in, member_user
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("business_days")]


def someone() -> agreements.Applicant:
    first17 = f"43060219900102{serial()[-3:]}"
    number = first17 + identity_check_digit(first17)
    return agreements.Applicant(name="周小乔", identity_number=number, phone=phone(), office="市直")


def signed(
    who: agreements.Applicant, mode: Mode = Mode.MONTHLY, *, on: date = DAY, base: int = 500_000, card: str = ""
) -> Agreement:
    terms = agreements.Terms(mode=mode, base=base, ratio=100_000, first_month=Month.of(on), debit_card=card)
    return agreements.sign(
        applicant=who, terms=terms, business_date=on, actor="teller", at=AT, case=f"C{serial()}"
    )  # fmt: skip


def paid(member: Member, amount: int | None = None, *, on: date = DAY) -> None:
    bill = issue(member=Member.objects.get(pk=member.pk), amount=amount, business_date=on, maker="teller")
    notice = Notice(
        bank_account=a_bank(on),
        serial=serial(),
        arrived=on,
        payer_name="周小乔",
        amount=bill.amount,
        remark=bill.number,
    )
    receive(notice=notice, business_date=on, maker="bank")
    bill.refresh_from_db()
    assert bill.state == BillState.PAID


def deed(on: date = DAY) -> Deed:
    return Deed(business_date=on, actor="teller", at=AT, case=f"C{serial()}")


def test_terms_agreed_anew_end_the_old_and_keep_what_was_left_over():
    who = someone()
    first = signed(who, Mode.FREE)
    paid(first.member, first.amount + 700)
    second = signed(who, base=600_000)
    first.refresh_from_db()
    assert (first.ended_by, second.member_id, second.amount) == (AgreementEnded.CHANGED, first.member_id, 60_000)
    assert Change.objects.filter(number=second.member.number, kind="member_changed").count() == 1
    bill = issue(member=second.member, amount=None, business_date=DAY, maker="teller")
    assert (bill.flexible.months, bill.flexible.carried, bill.flexible.rest) == (1, 700, 700)
    with pytest.raises(FlexibleRefusedError, match="未缴款的缴款通知"):
        signed(who, base=700_000)


def test_nobody_signs_for_an_account_that_is_not_theirs():
    office = Office.objects.create(code=serial(), name=f"管理部{serial()}", place=97)
    mine, other = signed(someone()).member, someone()
    signed(other)
    typed = {
        "name": other.name, "identity_number": other.identity_number, "phone": other.phone, "office": office.name,
        "mode": "monthly", "base": "6000", "ratio": "20", "first_month": "2026-05",
    }  # fmt: skip
    by = caller(Kind.MEMBER, mine.number)
    with pytest.raises(IneligibleError, match="不是您的账户"):
        submit(draft("P10", typed, by, Channel.MEMBER, ApplicantKind.MEMBER, reference=mine.number), by)


def test_whoever_stops_keeps_the_money_and_may_come_back():
    who = someone()
    agreement = signed(who)
    member = agreement.member
    paid(member)
    by = caller(Kind.MEMBER, member.number)
    case = submit(draft("P12", {"way": "stop"}, by, Channel.MEMBER, ApplicantKind.MEMBER, reference=member.number), by)
    assert approved(case).state == "completed"
    member.refresh_from_db()
    agreement.refresh_from_db()
    assert (member.state, agreement.ended_by) == (MemberState.SEALED, AgreementEnded.STOPPED)
    assert account_balance(account=member.account_id) == 50_000
    with pytest.raises(FlexibleRefusedError, match="请改为下月"):
        signed(who)
    again = signed(who, on=date(2026, 6, 3))
    assert (again.member_id, again.member.state) == (member.pk, MemberState.NORMAL)
    assert subsidies.joined(again.member) == DAY


def test_whoever_has_nothing_is_told_so_before_the_bank_is_asked_to_pay():
    member, teller = signed(someone()).member, actor("teller")
    typed = {"way": "leave", "bank": "示例银行", "card": "622202123456"}
    with pytest.raises(IneligibleError, match="没有可退的余额，请办理停缴"):
        submit(draft("P12", typed, teller, Channel.COUNTER, ApplicantKind.MEMBER, reference=member.number), teller)


def test_whoever_stopped_may_leave_later_without_agreeing_anew():
    member = signed(someone()).member
    paid(member)
    exits.stop(member=Member.objects.get(pk=member.pk), deed=deed())
    teller, june = actor("teller"), date(2026, 6, 3)
    typed = {"way": "leave", "bank": "示例银行", "card": "622202123456"}
    case = submit(draft("P12", typed, teller, Channel.COUNTER, ApplicantKind.MEMBER, reference=member.number), teller)
    assert exits.obstacles(member=Member.objects.get(pk=member.pk), on=june) == []
    leaving = move(approved(case), Verb.COMPLETE, actor("accountant"))
    member.refresh_from_db()
    assert (leaving.result, member.state) == ({"paid": "500.00"}, MemberState.WITHDRAWN)
    assert Agreement.objects.get(member=member).ended_by == AgreementEnded.STOPPED


def test_an_employer_takes_over_and_what_was_paid_ahead_stays():
    joined, may = date(2026, 4, 7), Month(2026, 5)
    agreement = signed(someone(), Mode.YEARLY, on=joined)
    member = agreement.member
    paid(member, on=joined)
    open_bill = issue(member=member, amount=None, business_date=joined, maker="teller")
    unit, _staff = a_paying_unit(first=may)
    by = caller(Kind.UNIT, unit.number)
    typed = {"members": f"{member.number} {member.name} 6000", "first_month": "2026-05"}
    approved(submit(draft("P05", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by))
    agreement.refresh_from_db()
    open_bill.refresh_from_db()
    assert (agreement.ended_by, open_bill.state) == (AgreementEnded.EMPLOYED, BillState.CANCELLED)
    assert claimed(member=member.pk, month=may) == 0
    bill = pay(issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="甲"), DAY, a_bank(DAY))
    assert (bill.amount, account_balance(account=member.account_id)) == (96_000, 600_000 + 96_000)
    assert (continuous_months(member), claimed(member=member.pk, month=may)) == (12, 96_000)


def test_money_on_the_way_keeps_an_employer_waiting():
    agreement = signed(someone())
    bill = issue(member=agreement.member, amount=None, business_date=DAY, maker="teller")
    notice = Notice(
        bank_account=a_bank(DAY), serial=serial(), arrived=DAY, payer_name="周小乔", amount=bill.amount - 1,
        remark=bill.number,
    )  # fmt: skip
    receive(notice=notice, business_date=DAY, maker="bank")
    with pytest.raises(FlexibleRefusedError, match="请职工先补足"):
        exits.employed(members=[agreement.member], business_date=DAY)
    agreement.refresh_from_db()
    assert agreement.ended_date is None


def test_the_right_to_borrow_counts_months_that_have_come_and_goes_when_they_end(db):
    policy_packs.load()
    joined = date(2025, 11, 9)
    member = signed(someone(), Mode.YEARLY, on=joined).member
    paid(member, on=joined)
    rights = [loan_right(member=member, on=day) for day in (date(2026, 9, 30), date(2026, 10, 21), date(2026, 12, 2))]
    assert [(each.months, each.granted) for each in rights] == [(11, False), (12, True), (0, False)]
    assert rights[0].missing[0] == "灵活就业连续缴存月数：需要 12 个月，现有 11 个月（示例中心政策第十四条，示例值）"
    assert rights[1].missing == []
    assert rights[1].points == 600_000 * (date(2026, 10, 21) - joined).days


@pytest.fixture
def generous(monkeypatch):
    monkeypatch.setattr(subsidies, "subsidy_rate", lambda _on: 10_000)


def subsidised(year: int, on: date):
    return subsidies.subsidise(
        year=year, business_date=on, maker="accountant", clock=lambda: datetime(2026, 7, 2, tzinfo=UTC)
    )


def test_a_subsidy_waits_for_its_money_comes_once_and_goes_back_with_an_early_exit(center, generous):
    joined, day, paid_out = date(2025, 6, 20), date(2025, 7, 10), date(2026, 7, 1)
    agreement, late = (signed(someone(), Mode.YEARLY, on=joined) for _each in range(2))
    member = agreement.member
    paid(member, on=day)
    with pytest.raises(FlexibleRefusedError, match="尚未结束"):
        subsidised(2026, date(2026, 6, 30))
    assert subsidised(2026, paid_out).state is RunState.PARTIAL
    assert not Subsidy.objects.filter(member=member).exists()
    notice = Notice(
        bank_account=a_bank(paid_out), serial=serial(), arrived=paid_out, payer_name="财政局", amount=10_000,
        remark=f"2026年度{subsidies.REMARK}",
    )  # fmt: skip
    receipt = receive(notice=notice, business_date=paid_out, maker="bank")
    assert receipt.matched_by == "subsidy"
    fund = subsidies.fund_account()
    before = account_balance(account=fund)
    assert {subsidised(2026, paid_out).state for _each in range(2)} == {RunState.FINISHED}
    subsidised(2026, date(2026, 7, 2))
    # 6 000.00 yuan lie there from 10 July to 30 June, 356 days of 365, at 1 %.
    amount = round(600_000 * 356 * 0.01 / 365)
    given = Subsidy.objects.get(member=member)
    assert (given.product, given.amount, given.days) == (600_000 * 356, amount, 365)
    assert account_balance(account=member.account_id) == 600_000 + amount
    assert before - account_balance(account=fund) == amount
    assert not Subsidy.objects.filter(member=late.member).exists()
    assert subsidies.refundable(member=member, on=date(2028, 5, 31)) == amount
    assert subsidies.refundable(member=member, on=date(2028, 6, 1)) == 0
    with transaction.atomic():  # whoever has drawn it cannot give it back, and is told before the bank is asked
        drawn = [debit(member.account_id, 600_001), credit(a_bank(paid_out), 600_001)]
        post(
            journals=[JournalRequest(key=serial(), kind="withdrawal", business_date=paid_out, maker="甲", lines=drawn)]
        )
        assert "不足以退回缴存补贴" in "".join(exits.obstacles(member=member, on=date(2026, 12, 2)))
        transaction.set_rollback(True)
    assert exits.obstacles(member=member, on=date(2026, 12, 2)) == []
    closed = exits.leave(member=member, case=f"C{serial()}", business_date=date(2026, 12, 2), maker="teller")
    assert closed.principal == 600_000
    assert account_balance(account=fund) == before
    given.refresh_from_db()
    assert given.taken_date == date(2026, 12, 2)


def test_the_member_sees_how_they_stand_and_nobody_else_sees_the_notice(db):
    member = signed(someone(), Mode.FREE, on=date(2026, 5, 6)).member
    paid(member, 130_000, on=date(2026, 5, 6))
    bill = issue(member=member, amount=50_000, business_date=DAY, maker="teller")
    user = a_sign_in(Kind.MEMBER)
    MemberSignIn.objects.create(user=user, member=member)
    mine, other = Client(), Client()
    mine.force_login(user)
    other.force_login(member_user())
    page = mine.get("/member/flexible/").content.decode()
    assert [bill.number in page, "1,300.00" in page, "自由缴存" in page] == [True, True, True]
    assert "灵活就业缴存" in mine.get("/member/").content.decode()
    notice = mine.get(f"/member/bills/{bill.number}/")
    assert (notice.status_code, mask_name(member.name) in notice.content.decode()) == (200, True)
    assert mine.get(f"/member/bills/{bill.number}/notice.pdf").headers["Content-Type"] == "application/pdf"
    assert {other.get(f"/member/bills/{bill.number}/{page}").status_code for page in ("", "notice.pdf")} == {404}
    assert other.post(f"/member/bills/{bill.number}/cancel/").status_code == 404
    assert "还没有有效的缴存协议" in other.get("/member/flexible/").content.decode()
    mine.post(f"/member/bills/{bill.number}/cancel/")
    bill.refresh_from_db()
    assert bill.state == BillState.CANCELLED


def rows_of(member: Member) -> list[tuple[object, ...]]:
    """What a person's open notice says, line by line."""
    bill = Bill.objects.get(member=member, state=BillState.OPEN)
    lines = Contribution.objects.filter(remittance__bill=bill, own=True).order_by("month")
    return [
        (bill.kind, bill.amount, bill.members, bill.method, bill.due_date),
        (bill.flexible.months, bill.flexible.carried, bill.flexible.rest, bill.flexible.unallocated),
        *((each.month, each.base, each.person_amount, each.remittance.amount) for each in lines),
    ]


def test_whoever_gave_a_card_is_billed_once_as_if_they_had_asked_and_the_bank_is_told(center):
    with_card, asking = someone(), someone()
    for who, card in ((with_card, "622202123456"), (asking, "")):
        free = signed(who, Mode.FREE)
        paid(free.member, 2 * free.amount - 1)  # what is left over is more than a month of the terms that follow
        signed(who, Mode.QUARTERLY, card=card, on=date(2026, 6, 1), base=200_000)
    one, two = (agreements.account_of(who.identity_number) for who in (with_card, asking))
    june = date(2026, 6, 2)
    for _each in range(2):
        assert bill_due(business_date=june, maker="system", clock=lambda: AT).state is RunState.FINISHED
    bill_due(business_date=date(2026, 6, 3), maker="system", clock=lambda: AT)
    assert not Bill.objects.filter(member=two, state=BillState.OPEN).exists()
    issue(member=two, amount=None, business_date=june, maker="system")
    assert rows_of(one) == rows_of(two)
    assert rows_of(one)[1:3] == [(3, 19_999, 19_999, 19_999), (202606, 200_000, 1, 1)]
    batch = collect(bank_account=a_bank(june), business_date=june, maker="system")
    assert [line.bill.member_id for line in batch.lines.all() if line.bill.member_id in (one.pk, two.pk)] == [one.pk]
    cancel_bill(number=Bill.objects.get(member=two, state=BillState.OPEN).number)
    exits.employed(members=[two], business_date=june)
    assert list(DebitMandate.objects.filter(member=one).values_list("ended_date", flat=True)) == [None]


def test_two_clicks_make_one_notice_and_two_payments_at_once_pay_it_once(center):
    member = signed(someone()).member

    def click(_place: int) -> object:
        try:
            return issue(member=Member.objects.get(pk=member.pk), amount=None, business_date=DAY, maker="teller").number
        except FlexibleRefusedError as error:
            return error.code

    told = in_threads(click, 2)
    bill = Bill.objects.get(member=member)
    assert sorted(map(str, told)) == sorted([bill.number, "FLEXIBLE_REFUSED"])
    bank = a_bank(DAY)

    def transfer(place: int) -> object:
        notice = Notice(
            bank_account=bank, serial=f"{member.number}-{place}", arrived=DAY, payer_name="周小乔", amount=bill.amount,
            remark=bill.number,
        )  # fmt: skip
        return receive(notice=notice, business_date=DAY, maker="bank").pk

    receipts = Receipt.objects.filter(pk__in=in_threads(transfer, 2))
    bill.refresh_from_db()
    assert (bill.state, account_balance(account=member.account_id)) == (BillState.PAID, bill.amount)
    # Whoever came second either named a notice that was paid meanwhile, or is left over on it.
    nobodys = sum(each.amount for each in receipts if each.bill_id is None)
    assert nobodys + named(bill) == 2 * bill.amount
