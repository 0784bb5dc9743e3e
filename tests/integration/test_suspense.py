"""Money under 219: what of it goes back to whom, who looked at what others paid, and that the queue holds every fen."""

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from anju.cases import catalogue
from anju.cases.answers import read
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import IneligibleError
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.contributions.back_payments import BackLine, issue_back_payment
from anju.contributions.bills import cancel_bill, pay_bill
from anju.contributions.corrections import Wish, problem
from anju.contributions.errors import BackPaymentRefusedError, ReceiptRefusedError, RefundRefusedError
from anju.contributions.flexible.agreements import Applicant, Terms, sign
from anju.contributions.flexible.payments import issue
from anju.contributions.models import BackPaymentReason, Bill, Receipt
from anju.contributions.models_flexible import Mode
from anju.contributions.models_repair import CorrectionKind, Refund
from anju.contributions.models_reviews import ReceiptReview
from anju.contributions.receipts import Notice, identify, receive
from anju.contributions.refunds import Payee, left_over, refund_paid, refund_receipt, refund_suspense
from anju.contributions.reviews import look_at, third_party
from anju.contributions.suspense import Asked, Waiting, guesses, ledger_total, lines, totals
from anju.kernel.errors import InvalidValueError
from anju.kernel.identity import identity_check_digit
from anju.kernel.periods import Month
from anju.ledger.models import Account
from anju.ledger.queries import account_balance, balance
from anju.platform.models import AuditEntry
from anju.web.counter import applicant
from bill_walk import billed
from contribution_walk import a_bank
from item_walk import AT, DAY, actor, approved, draft, move, phone, serial, submit
from sign_ins import staff
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("business_days")]
CARD = "6222021234567890123"


def came(bank: int, payer: str, amount: int, remark: str = "", *, arrived: date = DAY) -> Receipt:
    notice = Notice(
        bank_account=bank, serial=serial(), arrived=arrived, payer_name=payer, amount=amount, remark=remark,
        payer_account=CARD,
    )  # fmt: skip
    return receive(notice=notice, business_date=DAY, maker="bank")


def a_persons_bill() -> Bill:
    """A flexible worker's notice of 500.00."""
    first17 = f"43060219900102{serial()[-3:]}"
    someone = Applicant(
        name="周小乔", identity_number=first17 + identity_check_digit(first17), phone=phone(), office="市直"
    )
    terms = Terms(mode=Mode.MONTHLY, base=500_000, ratio=100_000, first_month=Month(2026, 5))
    signed = sign(applicant=someone, terms=terms, business_date=DAY, actor="teller", at=AT, case=f"C{serial()}")
    return issue(member=signed.member, amount=None, business_date=DAY, maker="teller")


def refund(bank: int, kind: ApplicantKind, reference: str, **typed: str):
    """C05 handed in and on its way to the bank."""
    teller = actor("teller")
    answers = {"payee_account": CARD, "reason": "多汇", **typed}
    case = submit(draft("C05", answers, teller, Channel.COUNTER, kind, reference=reference), teller)
    case = move(case, Verb.FORWARD, actor("teller"), handling={"bank_account": [Account.objects.get(pk=bank).number]})
    return move(case, Verb.APPROVE, actor("reviewer"))


class TestGoesBack:
    def test_what_a_person_paid_too_much_goes_back_to_the_payer_to_the_fen(self):
        bill, other, bank = a_persons_bill(), a_persons_bill(), a_bank(DAY)
        came(bank, "周小乔", 49_999, bill.number)
        receipt = came(bank, "周大乔", 12, bill.number)
        came(bank, "周小乔", 49_999, other.number)  # another person's, a fen short, on the same account
        asked = {"serial": receipt.serial, "payee_name": "周大乔", "amount": "0.11"}
        member, account = bill.member.number, bill.unit.suspense_id
        before = account_balance(account=account)
        for wrong, words in (
            ({"amount": "0.12"}, "不超过"), ({"payee_name": "周小乔"}, "原付款户名"), ({"payee_account": "622"}, "原付款账号"),
            ({"serial": "0"}, "没有此流水号"),
        ):  # fmt: skip
            with pytest.raises(IneligibleError, match=words):
                refund(bank, ApplicantKind.MEMBER, member, **{**asked, **wrong})
        with pytest.raises(IneligibleError, match="没有此流水号"):  # one person does not ask for another's
            refund(bank, ApplicantKind.MEMBER, other.member.number, **asked)
        case = refund(bank, ApplicantKind.MEMBER, member, **asked)
        assert (left_over(receipt), account_balance(account=account)) == (0, before)
        for verb, facts in ((Verb.FAIL, {"reason": "户名不符"}), (Verb.RETRY, {}), (Verb.COMPLETE, {})):
            case = move(case, verb, actor("accountant"), **facts)
        paid = Refund.objects.get(case_number=case.number)
        assert (case.state, paid.amount, paid.receipt, paid.payee_name) == ("completed", 11, receipt, "周大乔")
        assert (account_balance(account=account), account_balance(account=bank)) == (before - 11, 99_999)

    def test_a_collective_account_is_nobodys_to_pay_from_or_to_send_back(self):
        bill, bank = a_persons_bill(), a_bank(DAY)
        came(bank, "周小乔", 30_000, bill.number)
        collective = bill.unit.number
        with pytest.raises(InvalidValueError, match="集中户"):
            applicant(catalogue.item("C05"), kind=ApplicantKind.UNIT, number=collective)
        facts = {"reason": "误汇", "case_number": f"C{serial()}", "business_date": DAY, "maker": "甲"}
        with pytest.raises(RefundRefusedError, match="集中户"):
            refund_suspense(unit_number=collective, amount=1, payee=Payee(name="周小乔", account=CARD), **facts)
        typed = {"amount": "0.01", "payee_name": bill.unit.name, "payee_account": CARD, "reason": "误汇"}
        teller = actor("teller")
        with pytest.raises(IneligibleError, match=r"不超过暂收的可用余额 0\.00"):
            submit(draft("C05", typed, teller, Channel.COUNTER, ApplicantKind.UNIT, reference=collective), teller)
        line = BackLine(
            member=bill.member.number, month=Month(2026, 4), reason=BackPaymentReason.OTHER, unit_amount=0, person_amount=1
        )  # fmt: skip
        with pytest.raises(BackPaymentRefusedError):
            issue_back_payment(unit_number=collective, lines=[line], business_date=DAY, maker="甲")
        wish = Wish(kind=CorrectionKind.TAKE_BACK, unit=collective, member=bill.member.number, month=Month(2026, 5))
        assert problem(wish=wish, on=DAY)[0] == "member"

    def test_what_went_back_pays_no_notice_and_the_notice_can_be_taken_back(self):
        bill, bank = a_persons_bill(), a_bank(DAY)
        receipt = came(bank, "周小乔", 30_000, bill.number)
        facts = {"reason": "不缴了", "payee": Payee(name="周小乔", account=CARD), "business_date": DAY, "maker": "甲"}
        refund_receipt(receipt_id=receipt.pk, amount=30_000, case_number=f"C{serial()}", **facts)
        came(bank, "周小乔", 20_000, bill.number)
        assert pay_bill(bill=bill, business_date=DAY, maker="甲").state == "open"
        with pytest.raises(RefundRefusedError):
            refund_receipt(receipt_id=receipt.pk, amount=20_001, case_number=f"C{serial()}", **facts)
        second = Receipt.objects.filter(bill=bill).latest("id")
        refund_receipt(receipt_id=second.pk, amount=20_000, case_number=f"C{serial()}", **facts)
        assert cancel_bill(number=bill.number).state == "cancelled"

    def test_money_of_an_unknown_payer_goes_back_whole_and_nobody_claims_it_meanwhile(self):
        unit, bank = billed()[0], a_bank(DAY)
        receipt = came(bank, "误汇商行", 77)
        asked = {"serial": receipt.serial, "payee_name": "误汇商行"}
        with pytest.raises(IneligibleError, match="全额"):
            refund(bank, ApplicantKind.CENTER, "", amount="0.76", **asked)
        case = refund(bank, ApplicantKind.CENTER, "", amount="0.77", **asked)
        with pytest.raises(ReceiptRefusedError):
            identify(receipt_id=receipt.pk, unit_number=unit.number, business_date=DAY, maker="甲")
        case = move(case, Verb.FAIL, actor("accountant"), reason="账号已销")
        case = move(case, Verb.VOID, actor("director"), reason="改为认领")
        receipt.refresh_from_db()
        assert (case.state, receipt.matched_by) == ("void", "")
        case = refund(bank, ApplicantKind.CENTER, "", amount="0.77", **asked)
        case = move(case, Verb.COMPLETE, actor("accountant"))
        assert (case.state, account_balance(account=bank)) == ("completed", 0)

    @pytest.mark.usefixtures("center")
    def test_of_two_refunds_at_once_one_is_made(self):
        receipt = came(a_bank(DAY), "误汇商行", 77)
        told = in_threads(
            lambda _place: refund_receipt(
                receipt_id=receipt.pk, amount=77, reason="误汇", payee=Payee(name="误汇商行", account=CARD),
                case_number=f"C{serial()}", business_date=DAY, maker="甲",
            ),
            2,
        )  # fmt: skip
        assert sorted(isinstance(each, RefundRefusedError) for each in told) == [False, True]


class TestLookedAt:
    def test_only_what_another_paid_is_looked_at_and_then_leaves_the_list(self):
        (unit, bill), own, bank = billed(), a_persons_bill(), a_bank(DAY)
        by_itself, by_parent = came(bank, unit.name, 1, bill.number), came(bank, "母公司", 79_999, bill.number)
        by_friend = came(bank, "他人", 50_000, own.number)
        assert [each in third_party() for each in (by_itself, by_parent, by_friend)] == [False, True, True]
        facts = {"actor": "甲", "at": AT, "business_date": DAY}
        with pytest.raises(ReceiptRefusedError, match="不是他人代缴"):
            look_at(receipt_id=by_itself.pk, note="看过", **facts)
        with pytest.raises(ReceiptRefusedError, match="核对意见"):
            look_at(receipt_id=by_parent.pk, note="", **facts)
        look_at(receipt_id=by_parent.pk, note="集团代缴，有函", **facts)
        assert (by_parent in third_party(), by_parent in third_party(seen=True)) == (False, True)

    @pytest.mark.usefixtures("center")
    def test_two_clicks_at_once_are_one_look(self):
        (_unit, bill), bank = billed(), a_bank(DAY)
        receipt = came(bank, "母公司", 80_000, bill.number)
        told = in_threads(
            lambda place: look_at(receipt_id=receipt.pk, note=f"看过 {place}", actor="甲", at=AT, business_date=DAY), 2
        )
        assert told[0] == told[1] == ReceiptReview.objects.get(receipt=receipt)
        assert AuditEntry.objects.filter(action="receipt.looked-at", object_reference=str(receipt.pk)).count() == 1


class TestQueue:
    def test_it_adds_up_to_the_ledger_whatever_came_was_claimed_and_went_back(self):
        before = {kind: total.amount for kind, total in totals(asked=Asked(today=DAY)).items()}
        (unit, bill), own, other, bank = billed(), a_persons_bill(), a_persons_bill(), a_bank(DAY)
        short = billed()[0]
        came(bank, "某商行", 7)
        going, gone = came(bank, "误汇商行", 11), came(bank, "误汇商行", 13)
        came(bank, unit.name, 80_017, bill.number)
        came(bank, short.name, 79_981)
        surplus = came(bank, "周小乔", 50_023, own.number)
        came(bank, "周小乔", 29, other.number)
        facts = {"reason": "误汇", "payee": Payee(name="某", account=CARD), "business_date": DAY, "maker": "甲"}
        refund_receipt(receipt_id=going.pk, amount=11, case_number=f"C{serial()}", **facts)
        for receipt, amount in ((gone, 13), (surplus, 3)):
            made = refund_receipt(receipt_id=receipt.pk, amount=amount, case_number=f"C{serial()}", **facts)
            refund_paid(case_number=made.case_number, bank_account=bank, business_date=DAY, maker="乙")
        after = {kind: total.amount for kind, total in totals(asked=Asked(today=DAY)).items()}
        grown = {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]}
        assert grown == {"unmatched": 7 + 11, "over": 17 + 20, "short": 79_981 + 29}
        assert sum(after.values()) == ledger_total() == balance(subject="219", on=date(2026, 12, 31))
        found = {line.number: line for line in lines(asked=Asked(today=DAY), limit=10_000)}
        assert (found[going.serial].free, found[own.number].free, found[own.number].receipt) == (0, 20, surplus.pk)
        assert gone.serial not in found

    def test_filters_leave_what_was_asked_for(self):
        bank, today = a_bank(DAY), date(2026, 12, 30)
        old, new = came(bank, "甲乙丙商行", 123_457), came(bank, "甲乙丙商行", 123_457, arrived=date(2026, 12, 1))
        for asked, seen in (
            ({}, [True, True]), ({"days": 30}, [True, False]), ({"least": 123_458}, [False, False]),
            ({"most": 123_456}, [False, False]), ({"kind": Waiting.OVER}, [False, False]),
        ):  # fmt: skip
            wanted = Asked(today=today, **{"least": 123_457, "most": 123_457, **asked})
            numbers = [line.number for line in lines(asked=wanted, limit=10_000)]
            assert [each.serial in numbers for each in (old, new)] == seen, asked
            assert sum(total.asked for total in totals(asked=wanted).values()) == len(numbers)

    def test_the_unit_is_guessed_by_its_number_or_by_what_was_decided_before(self):
        unit, bank, payer = billed()[0], a_bank(DAY), f"代账公司{serial()}"
        first = came(bank, payer, 5)
        identify(receipt_id=first.pk, unit_number=unit.number, business_date=DAY, maker="甲")
        again, named, unknown = came(bank, payer, 5), came(bank, "别家", 5, f"代{unit.number}缴"), came(bank, "别家", 5)
        assert guesses([again, named, unknown]) == {again.pk: unit, named.pk: unit}

    def test_c04_gives_money_to_a_persons_notice(self):
        bill, bank, teller = a_persons_bill(), a_bank(DAY), actor("teller")
        receipt = came(bank, "周大乔", 50_000)
        asked = {"serial": receipt.serial, "unit": bill.number, "reason": "本人来函"}
        case = approved(submit(draft("C04", asked, teller, Channel.COUNTER, ApplicantKind.CENTER), teller))
        bill.refresh_from_db()
        assert (case.state, case.result, bill.state) == ("completed", {"bill": bill.number}, "paid")


class TestPages:
    @pytest.fixture
    def teller(self) -> Client:
        return self.browser("teller")

    def browser(self, role: str) -> Client:
        client = Client()
        client.force_login(staff(f"{role}{serial()}", role))
        return client

    def begun(self, teller: Client, page: str, item: str, **about) -> tuple[Case, dict]:
        """The draft to which the button of an item on a page leads, pressed twice, with what it holds."""
        shown = unescape(teller.get(page).content.decode())
        (name, value), = about.items()  # fmt: skip
        button = re.search(
            rf'name="key" value="(\S+)"><input type="hidden" name="item" value="{item}"><input type="hidden" name="{name}" value="{value}">',
            shown,
        )
        assert button, shown
        sent = {"key": button[1], "item": item, name: value}
        first, second = (teller.post("/suspense/begin/", sent)["Location"] for _each in range(2))
        assert first == second
        case = Case.objects.get(number=first.split("/")[3])
        assert teller.get(first).status_code == 200
        return case, {name: texts[0] for name, texts in read(case).answers.items()}

    def test_unknown_money_is_claimed_or_sent_back_from_its_line(self, teller):
        unit, bank = billed()[0], a_bank(DAY)
        receipt = came(bank, "不相干商行", 123_461, f"代{unit.number} 430602199001011235")
        page = "/suspense/?least=1234.61&most=1234.61"
        case, typed = self.begun(teller, page, "C04", receipt=receipt.pk)
        assert (case.applicant_kind, typed) == ("center", {"serial": receipt.serial, "unit": unit.number})
        case, typed = self.begun(teller, f"/receipts/{receipt.pk}/", "C05", receipt=receipt.pk)
        assert (case.applicant_kind, typed) == (
            "center",
            {"serial": receipt.serial, "amount": "1234.61", "payee_name": "不相干商行", "payee_account": CARD},
        )
        shown = unescape(self.browser("reviewer").get(page).content.decode())
        assert "不相干商行" in shown
        assert "认领并入账" not in shown
        assert "430602199001011235" not in shown
        assert self.browser("reviewer").post("/suspense/begin/", {"item": "C04"}).status_code == 403

    def test_the_counter_opens_a_refund_for_the_center_and_asks_others_for_their_account(self, teller):
        page = teller.get("/desk/new/c05/").content.decode()
        sent = {"key": re.search(r'name="key" value="(\S+)"', page)[1], "channel": "counter"}
        opened = teller.post("/desk/new/c05/", {**sent, "kind": "center"})
        assert Case.objects.get(number=opened["Location"].split("/")[3]).applicant_kind == "center"
        refused = unescape(teller.post("/desk/new/c05/", {**sent, "kind": "unit"}).content.decode())
        assert "请填写单位账号" in refused

    def test_what_a_unit_or_a_person_paid_too_much_goes_on_or_back(self, teller):
        (unit, bill), own, bank = billed(), a_persons_bill(), a_bank(DAY)
        first = came(bank, unit.name, 80_000 + 123_463, bill.number)
        receipt = came(bank, "周小乔", 50_000 + 123_463, own.number)
        page = "/suspense/?least=1234.63&most=1234.63"
        case, typed = self.begun(teller, page, "C01", unit=unit.number)
        assert (case.applicant_reference, typed["first_month"]) == (unit.number, "2026-06")
        _case, typed = self.begun(teller, f"/receipts/{first.pk}/", "C05", unit=unit.number)
        assert typed == {"payee_name": unit.name, "amount": "1234.63", "payee_account": CARD}
        case, typed = self.begun(teller, page, "C05", receipt=receipt.pk)
        assert (case.applicant_kind, case.applicant_reference, typed["amount"]) == (
            "member",
            own.member.number,
            "1234.63",
        )
        assert "周小乔" not in unescape(teller.get(page).content.decode())

    def test_a_covered_notice_is_paid_by_a_button(self, teller, monkeypatch):
        monkeypatch.setattr(timezone, "localdate", lambda: DAY)
        unit, bill = billed()
        for part in (1, 79_999):
            came(a_bank(DAY), unit.name, part)
        assert "立即入账" in unescape(teller.get("/suspense/?kind=enough").content.decode())
        teller.post("/suspense/pay/", {"unit": unit.number})
        bill.refresh_from_db()
        assert bill.state == "paid"

    def test_a_third_partys_receipt_is_looked_at_on_its_page(self, teller):
        (_unit, bill), bank = billed(), a_bank(DAY)
        receipt = came(bank, "母公司", 80_000, bill.number)
        listed = f'href="/receipts/{receipt.pk}/"'
        assert listed in teller.get("/suspense/?kind=third").content.decode()
        for _each in range(2):
            answer = teller.post(f"/receipts/{receipt.pk}/look/", {"note": "有集团来函"}, follow=True)
        shown = unescape(answer.content.decode())
        assert "有集团来函" in shown
        assert "记为已核对" not in shown
        assert CARD not in shown
        assert listed not in teller.get("/suspense/?kind=third").content.decode()
        assert listed in teller.get("/suspense/?kind=third&seen=on").content.decode()
        assert AuditEntry.objects.filter(action="receipt.view", object_reference=str(receipt.pk)).exists()
        assert self.browser("auditor").post(f"/receipts/{receipt.pk}/look/", {"note": "x"}).status_code == 403
