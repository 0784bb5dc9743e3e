"""Past months set right: C02 补缴, C03 错缴更正, C05 退款, from the application to the fen."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import Error, connection, transaction
from django.test import Client

from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import FormInvalidError, IneligibleError
from anju.cases.states import Verb
from anju.contributions.back_payments import BackLine, Truth, derive, issue_back_payment, problems
from anju.contributions.bills import cancel_bill, issue_remittance, next_month
from anju.contributions.corrections import Act, Wish, correct, paid
from anju.contributions.errors import BackPaymentRefusedError, CorrectionRefusedError
from anju.contributions.models import BackPaymentReason, Bill, Relief, ReliefKind
from anju.contributions.models_repair import CorrectionKind, CorrectionLine, Refund
from anju.contributions.models_sheets import Sheet
from anju.contributions.refunds import available
from anju.contributions.sheets.operations import check, upload
from anju.kernel.periods import Month
from anju.ledger.operations import JournalRequest, credit, debit, post
from anju.ledger.queries import account_balance
from anju.ledger.settlement import settle_interest
from anju.platform.people.models import Kind
from anju.registry.models import Member
from anju.registry.operations import seal_members
from contribution_walk import a_bank, a_paying_unit, arrive, join, pay, remit
from item_walk import AT, DAY, actor, approved, caller, draft, move, serial, submit
from sign_ins import staff
from threads import in_threads

pytestmark = pytest.mark.usefixtures("business_days")
FIRST, MISSED = Month(2026, 1), BackPaymentReason.MISSED


def a_line(member: Member, month: Month, amount: int = 40_000, reason: BackPaymentReason = MISSED) -> BackLine:
    return BackLine(member=member.number, month=month, reason=reason, unit_amount=amount, person_amount=amount)


def told(unit, line: BackLine) -> str:
    return "".join(each.message for each in problems(unit=unit, lines=[line], on=DAY))


def issue(unit, *lines: BackLine, case: str = "") -> Bill:
    return issue_back_payment(
        unit_number=unit.number, lines=lines, business_date=DAY, maker="甲", case_number=case or serial()
    )  # fmt: skip


def act() -> Act:
    return Act(reason="工资表串行", business_date=DAY, maker="甲", case_number=serial(), checker="乙")


def balances(*members: Member) -> list[int]:
    return [account_balance(account=each.account_id) for each in members]


def test_c02_what_was_missed_is_derived_billed_once_and_paid():
    unit, _others = a_paying_unit(500_000, first=FIRST)
    bank = a_bank(DAY)
    remit(unit, 4, DAY, bank)
    late = join(unit.number, 987_654, Month(2026, 3))  # on record only after January to April were paid
    by = caller(Kind.UNIT, unit.number)
    full_width = late.number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    typed = {"member": full_width, "reason": "missed", "first_month": "２０２６－０１", "last_month": "2026-04"}
    case = submit(draft("C02", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)
    bill = Bill.objects.get(number=case.result["bill"])
    assert (case.state, bill.amount, bill.members) == ("completed", 2 * 2 * 79_012, 1)  # March and April alone
    again = draft("C02", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number)
    with pytest.raises(IneligibleError, match="没有需要补缴的月份"):
        submit(again, by)
    pay(bill, DAY, bank)
    assert balances(late) == [bill.amount]
    unit.refresh_from_db()
    assert (unit.paid_to, next_month(unit)) == (202604, Month(2026, 5))


def test_c02_for_many_people_by_a_list_that_is_used_once():
    unit, _others = a_paying_unit(500_000, first=FIRST)
    bank = a_bank(DAY)
    remit(unit, 4, DAY, bank)
    late = [join(unit.number, 500_000, Month(2026, 3)) for _each in range(2)]
    seal_members(numbers=[late[1].number], sealed=DAY, last_month=Month(2026, 4))

    def taken(*rows: tuple) -> Sheet:
        heads = "个人账号,姓名,证件号码,补缴年月,补缴原因,单位补缴额,个人补缴额"
        lines = [",".join([member.number, member.name, member.identity, *cells]) for member, *cells in rows]
        content = "\r\n".join([heads, *lines]).encode("gb18030")
        sheet = upload(
            unit_number=unit.number, kind="back_payment", month=None, content=content, actor="tests", at=AT,
            business_date=DAY,
        )  # fmt: skip
        return check(sheet_id=sheet.pk)

    bad = taken((late[0], "2026-02", "漏缴", "400", "400"), (late[1], "2026-05", "忘了", "400", "400"))
    found = sorted(bad.found.values_list("column", "rule"))
    assert (bad.state, found) == ("bad", [("补缴原因", "BACK_PAYMENT_REASON"), ("补缴年月", "BACK_PAYMENT")])
    good = taken((late[0], "2026-03", "漏缴", "400.00", "400.00"), (late[1], "202604", "责令限期缴存", "100", "0"))
    assert good.state == "ready", list(good.found.values_list("message", flat=True))
    by = caller(Kind.UNIT, unit.number)

    def handed_in():
        return submit(
            draft("C02", {"sheet": good.number}, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by
        )

    bill = Bill.objects.get(number=handed_in().result["bill"])
    assert (bill.amount, bill.members) == (90_000, 2)
    with pytest.raises(IneligibleError, match="已使用"):
        handed_in()
    pay(bill, DAY, bank)
    assert balances(*late) == [80_000, 10_000]


def test_what_is_billed_but_not_paid_is_not_paid_beside():
    """A notice that is cancelled and issued anew bills the latecomer too: a back payment meanwhile would pay twice."""
    unit, _others = a_paying_unit(500_000, first=FIRST)
    bill = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="甲")
    late = join(unit.number, 500_000, FIRST)
    assert "请办理汇缴" in told(unit, a_line(late, FIRST))
    cancel_bill(number=bill.number)
    assert remit(unit, 1, DAY, a_bank(DAY)).members == 2


def test_a_month_is_refused_where_it_does_not_belong():
    unit, (member, closed) = a_paying_unit(500_000, 500_000, first=FIRST)
    _other, (stranger,) = a_paying_unit(500_000, first=FIRST)
    remit(unit, 3, DAY, a_bank(DAY))
    Member.objects.filter(pk=closed.pk).update(state="05", closed_date=DAY)
    late = join(unit.number, 500_000, Month(2026, 3))
    assert "不属于本单位" in told(unit, a_line(stranger, FIRST))
    assert "不属于本单位" in told(unit, a_line(Member(number="0"), FIRST))
    assert "已销户" in told(unit, a_line(closed, FIRST))
    assert "2026-05 之间" in told(unit, a_line(late, Month(2026, 6)))
    assert "2026-05 之间" in told(unit, a_line(late, Month(1999, 3), reason=BackPaymentReason.ORDERED))
    assert "缴存期间" in told(unit, a_line(late, Month(2026, 2)))
    assert told(unit, a_line(late, Month(2026, 2), reason=BackPaymentReason.ORDERED)) == ""
    assert "请办理汇缴" in told(unit, a_line(late, Month(2026, 4)))
    assert "不是漏缴" in told(unit, a_line(member, FIRST))
    assert told(unit, a_line(member, FIRST, reason=BackPaymentReason.BASE_SHORT)) == ""
    assert "大于零" in told(unit, a_line(late, Month(2026, 3), amount=0))
    with pytest.raises(BackPaymentRefusedError, match="重复"):
        issue(unit, a_line(late, Month(2026, 3)), a_line(late, Month(2026, 3)))
    sealed = seal_members(numbers=[late.number], sealed=DAY, last_month=Month(2026, 3))
    assert (sealed, told(unit, a_line(late, Month(2026, 3)))) == (1, "")


def test_no_month_goes_above_what_cap_and_ratio_allow(monkeypatch):
    from anju.contributions import back_payments

    unit, (member,) = a_paying_unit(2_000_000, first=FIRST)
    remit(unit, 1, DAY, a_bank(DAY))
    monkeypatch.setattr(back_payments, "base_bounds", lambda _on: (170_000, 2_114_200))
    most = 2 * 253_704  # 21 142.00 at 12 %
    before = 2 * 160_000
    line = a_line(member, FIRST, amount=(most - before) // 2, reason=BackPaymentReason.OTHER)
    assert told(unit, line) == ""
    assert "超过上限" in told(
        unit, a_line(member, FIRST, amount=(most - before) // 2 + 1, reason=BackPaymentReason.OTHER)
    )
    facts = {"member": member.number, "payer": unit.number, "first": FIRST, "last": FIRST}
    (held,) = derive(**facts, reason=BackPaymentReason.BASE_SHORT, truth=Truth(base=9_000_000))
    assert held.unit_amount == 169_136 - 160_000  # the wage counts up to the cap
    (higher,) = derive(**facts, reason=BackPaymentReason.RATIO_SHORT, truth=Truth(unit_ratio=120_000))
    assert (higher.unit_amount, higher.person_amount) == (80_000, 0)


def test_deferred_months_are_made_up_and_move_the_month_paid_to_only_when_they_follow_it():
    unit, members = a_paying_unit(500_000, 600_000, first=FIRST)
    bank = a_bank(DAY)
    remit(unit, 2, DAY, bank)
    Relief.objects.create(
        unit=unit, kind=ReliefKind.DEFERRAL, first_month=202603, last_month=202604, resolution="职代会决议",
        make_up_months=2, case_number=serial(), approved_date=DAY,
    )  # fmt: skip
    unit.refresh_from_db()
    assert (unit.paid_to, next_month(unit)) == (202602, Month(2026, 5))
    lines = {
        member.number: derive(
            member=member.number, payer=unit.number, first=Month(2026, 3), last=Month(2026, 4),
            reason=BackPaymentReason.DEFERRED,
        )
        for member in members
    }  # fmt: skip
    reached = []
    for wanted in ([lines[members[0].number][0]], [lines[members[1].number][1]], [lines[members[1].number][0]]):
        pay(issue(unit, *wanted), DAY, bank)
        unit.refresh_from_db()
        reached.append(unit.paid_to)
    assert reached == [202602, 202602, 202603]  # April lacks a member still
    pay(issue(unit, lines[members[0].number][1]), DAY, bank)
    unit.refresh_from_db()
    assert (unit.paid_to, next_month(unit)) == (202604, Month(2026, 5))


@pytest.mark.parametrize("settled", [False, True], ids=["before", "after the settlement"])
def test_c03_a_month_of_another_goes_to_them_with_its_interest(settled):
    month = Month(2025, 1)
    unit, (wrong, right, control) = a_paying_unit(500_000, 500_000, 500_000, first=month)
    day, bank = date(2025, 2, 10), a_bank(date(2025, 2, 10))
    # `wrong` was paid what was `right`'s; `control` was paid what is right.
    line = next(iter(lines_of(unit, month, day, wrong)))
    lines = [line, next(iter(lines_of(unit, month, day, control)))]
    pay(
        issue_remittance(unit_number=unit.number, months=1, lines={month: lines}, business_date=day, maker="甲"),
        day,
        bank,
    )
    if settled:
        settle_all(date(2025, 7, 1))
    by = caller(Kind.UNIT, unit.number)
    typed = {
        "kind": "reassign",
        "member": wrong.number,
        "month": "2025-01",
        "to_member": right.number,
        "reason": "串行",
    }
    case = submit(draft("C03", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)
    assert case.state == "accepted"
    case = approved(case)
    assert (case.state, paid(member=wrong.pk)) == ("completed", [])
    assert balances(wrong, right) == [0, balances(control)[0]]
    assert [each.paid_date for each in paid(member=right.pk, month=month)] == [day]
    # What a correction gave can be corrected again, back to where it was.
    correct(
        wish=Wish(
            kind=CorrectionKind.REASSIGN, unit=unit.number, member=right.number, month=month, to_member=wrong.number
        ),
        act=act(),
    )
    assert balances(wrong, right) == [balances(control)[0], 0]


def lines_of(unit, month, day, member):
    from anju.contributions.bills import owed

    return [each for each in owed(unit=unit, month=month, on=day) if each.member == member.pk]


def settle_all(day: date) -> None:
    from anju.ledger.operations import NewAccount, open_accounts

    ids = open_accounts(
        accounts=[NewAccount(f"P{serial()}", "211", day), NewAccount(f"E{serial()}", "41101", day)], hot=True,
        overdraft_allowed=True,
    )  # fmt: skip
    payable, expense = ids.values()
    settle_interest(
        subject="201", settlement_day=day, payable=payable, expense=expense, key=f"s{serial()}", maker="tests"
    )


def test_too_much_goes_back_to_the_unit_and_no_more_than_is_there():
    unit, (member, spent) = a_paying_unit(500_000, 500_000, first=FIRST)
    bank = a_bank(DAY)
    remit(unit, 1, DAY, bank)
    wish = Wish(
        kind=CorrectionKind.TAKE_BACK, unit=unit.number, member=member.number, month=FIRST, unit_amount=10_000,
        person_amount=5_000,
    )  # fmt: skip
    first = act()
    done = correct(wish=wish, act=first)
    assert correct(wish=wish, act=first) == done  # a case corrects once
    assert (balances(member), account_balance(account=unit.suspense_id)) == ([65_000], 15_000)
    ((unit_left, person_left),) = [(each.unit_amount, each.person_amount) for each in paid(member=member.pk)]
    assert (unit_left, person_left) == (30_000, 35_000)
    with pytest.raises(CorrectionRefusedError, match="退回额超过"):
        correct(
            wish=Wish(
                kind=CorrectionKind.TAKE_BACK, unit=unit.number, member=member.number, month=FIRST, unit_amount=30_001
            ),
            act=act(),
        )  # fmt: skip
    drawn = JournalRequest(
        key=serial(), kind="withdrawal", business_date=DAY, maker="甲",
        lines=[debit(spent.account_id, 80_000), credit(bank, 80_000)],
    )  # fmt: skip
    post(journals=[drawn])
    with pytest.raises(CorrectionRefusedError, match="已提取"):
        correct(
            wish=Wish(kind=CorrectionKind.TAKE_BACK, unit=unit.number, member=spent.number, month=FIRST), act=act()
        )  # fmt: skip
    assert len(paid(member=spent.pk)) == 1


def test_a_typed_nought_is_not_everything():
    unit, (member,) = a_paying_unit(500_000, first=FIRST)
    remit(unit, 1, DAY, a_bank(DAY))
    by = caller(Kind.UNIT, unit.number)
    typed = {"kind": "take_back", "member": member.number, "month": str(FIRST), "reason": "多缴", "unit_amount": "0"}
    with pytest.raises(FormInvalidError, match="须大于零"):
        submit(draft("C03", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)


def test_a_wrong_month_changes_and_nobody_is_paid_twice_for_one():
    unit, (member, other) = a_paying_unit(500_000, 500_000, first=Month(2026, 2))
    remit(unit, 2, DAY, a_bank(DAY))

    def wish(**target) -> Wish:
        kind = CorrectionKind.MONTH if "to_month" in target else CorrectionKind.REASSIGN
        return Wish(kind=kind, unit=unit.number, member=member.number, month=Month(2026, 3), **target)

    for refused, words in (
        (wish(to_month=Month(2026, 2)), "不能缴两次"),
        (wish(to_month=Month(2026, 4)), "请办理汇缴"),
        (wish(to_month=Month(2026, 6)), "之间"),
        (wish(to_member=other.number), "不能缴两次"),
        (wish(to_member=member.number), "另一名职工"),
    ):
        with pytest.raises(CorrectionRefusedError, match=words):
            correct(wish=refused, act=act())
    correct(wish=wish(to_month=FIRST), act=act())
    assert sorted(each.month for each in paid(member=member.pk)) == [202601, 202602]
    assert balances(member) == [160_000]
    # March is free again, and short again.
    lines = derive(member=member.number, payer=unit.number, first=FIRST, last=Month(2026, 3), reason=MISSED)
    assert [(str(each.month), each.amount) for each in lines] == [("2026-03", 80_000)]


def test_the_database_lets_nobody_rewrite_a_correction_or_take_more_than_was_paid():
    unit, (member,) = a_paying_unit(500_000, first=FIRST)
    remit(unit, 1, DAY, a_bank(DAY))
    correct(wish=Wish(kind=CorrectionKind.TAKE_BACK, unit=unit.number, member=member.number, month=FIRST), act=act())
    line = CorrectionLine.objects.get(member=member)
    more = (
        "INSERT INTO contributions_correctionline (correction_id, contribution_id, member_id, month, unit_amount,"
        " person_amount, value_date, journal_id) SELECT correction_id, contribution_id, member_id, month, 1, 0,"
        " value_date, journal_id FROM contributions_correctionline WHERE id = %s"
    )
    for statement in (
        "UPDATE contributions_correctionline SET unit_amount = 1 WHERE id = %s",
        "DELETE FROM contributions_correctionline WHERE id = %s",
        more,
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [line.pk])


def test_c05_a_refund_waits_for_the_bank_fails_is_tried_again_and_is_booked():
    unit, _members = a_paying_unit(500_000, first=Month(2026, 4))
    bank = a_bank(DAY)
    arrive(unit, 100_000, DAY, bank)
    bill = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="甲")  # 800.00 of 1 000.00
    by = caller(Kind.UNIT, unit.number)
    typed = {"amount": "900.00", "payee_name": unit.name, "payee_account": "4300 1234 5678 9012", "reason": "误汇"}
    case = submit(draft("C05", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)
    number = bank_number(bank)
    case = move(case, Verb.FORWARD, actor("teller"), handling={"bank_account": [number]})
    case = move(case, Verb.APPROVE, actor("reviewer"))
    assert (case.state, case.waits_for, available(unit=unit)) == ("payment", "accountant", 10_000)
    arrive(unit, 50_000, DAY, bank, bill.number)  # 100.00 + 500.00 do not cover the notice: the rest is reserved
    bill.refresh_from_db()
    assert bill.state == "open"
    settler = actor("accountant")
    case = move(case, Verb.FAIL, settler, reason="收款账号户名不符")
    assert (case.state, available(unit=unit)) == ("failed", 60_000)  # kept for another try
    case = move(case, Verb.RETRY, settler)
    assert (case.state, available(unit=unit)) == ("payment", 60_000)
    before = account_balance(account=bank)
    case = move(case, Verb.COMPLETE, settler)
    refund = Refund.objects.get(case_number=case.number)
    assert (case.state, case.result) == ("completed", {"journal": str(refund.journal_id)})
    assert before - account_balance(account=bank) == 90_000
    assert account_balance(account=unit.suspense_id) == 60_000
    with pytest.raises(Error), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(amount=1)


def test_c05_goes_its_whole_way_over_the_pages_of_the_desk():
    unit, _members = a_paying_unit(500_000, first=Month(2026, 4))
    bank = a_bank(DAY)
    arrive(unit, 100_000, DAY, bank)
    by = caller(Kind.UNIT, unit.number)
    typed = {"amount": "900.00", "payee_name": unit.name, "payee_account": "4300123456789012", "reason": "误汇"}
    case = submit(draft("C05", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)
    desks = {}
    for role in ("teller", "reviewer", "accountant"):
        desks[role] = Client()
        desks[role].force_login(staff(f"{role}{serial()}", role))
    reached = []
    for role, verb, sent in (
        ("teller", "forward", {"bank_account": bank_number(bank)}),
        ("reviewer", "approve", {}),
        ("accountant", "fail", {"reason": "户名不符"}),
        ("accountant", "retry", {}),
        ("accountant", "complete", {}),
    ):
        shown = unescape(desks[role].get(f"/desk/cases/{case.number}/").content.decode())
        assert f"/desk/cases/{case.number}/do/{verb}/" in shown, (role, verb)
        address = f"/desk/cases/{case.number}/do/{verb}/"
        page = desks[role].get(address).content.decode()
        version = re.search(r'name="(\S*version)" value="(\d+)"', page)
        prefix = version[1].removesuffix("version")
        facts = {f"{prefix}{name}" if name == "reason" else name: text for name, text in sent.items()}
        response = desks[role].post(address, {version[1]: version[2], **facts})
        assert response.status_code == 302, unescape(response.content.decode())
        case.refresh_from_db()
        reached.append(case.state)
    assert reached == ["review", "payment", "failed", "payment", "completed"]
    assert (account_balance(account=unit.suspense_id), available(unit=unit)) == (10_000, 10_000)


def bank_number(account: int) -> str:
    from anju.ledger.models import Account

    return Account.objects.get(pk=account).number


def test_c05_goes_to_the_unit_alone_and_not_beyond_what_waits():
    unit, _members = a_paying_unit(500_000, first=Month(2026, 4))
    arrive(unit, 100_000, DAY, a_bank(DAY))
    by = caller(Kind.UNIT, unit.number)
    for changed, words in (({"amount": "1000.01"}, "不超过"), ({"payee_name": "某人"}, "只退回单位")):
        typed = {"amount": "10.00", "payee_name": unit.name, "payee_account": "43001234", "reason": "误汇"} | changed
        with pytest.raises(IneligibleError, match=words):
            submit(draft("C05", typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)


@pytest.mark.usefixtures("center")
def test_two_notices_at_once_do_not_ask_for_one_month():
    unit, _others = a_paying_unit(500_000, first=FIRST)
    remit(unit, 2, DAY, a_bank(DAY))
    late = join(unit.number, 500_000, FIRST)

    def one(_index):
        try:
            return issue(unit, a_line(late, FIRST)).amount
        except BackPaymentRefusedError as refused:
            return refused.code

    answers = in_threads(one, 2)
    assert sorted(map(str, answers)) == ["80000", "BACK_PAYMENT_REFUSED"]
