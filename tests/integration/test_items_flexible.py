"""P10, P11, P12: somebody without an employer joins, pays by a notice of their own, and leaves with everything."""

import pytest
from django.db import IntegrityError, transaction

from anju.cases import catalogue
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import IneligibleError
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.contributions.models import Bill
from anju.contributions.models_flexible import Agreement
from anju.contributions.receipts import Notice, receive
from anju.contributions.sheets.declarations import Context, Given
from anju.contributions.sheets.persons import matched
from anju.kernel.identity import identity_check_digit
from anju.ledger import holds
from anju.ledger.operations import NewAccount, open_accounts
from anju.ledger.queries import account_balance
from anju.platform.people.models import Kind, Office, User
from anju.registry import queries
from anju.registry.models import Member, MemberSignIn
from item_walk import DAY, a_member, actor, approved, caller, draft, move, phone, serial, submit

pytestmark = [pytest.mark.usefixtures("business_days")]


def joined(**changed: str) -> Case:
    """P10 at the counter, approved."""
    office = Office.objects.create(code=serial(), name=f"管理部{serial()}", place=97)
    typed = {
        "name": "王小明", "identity_number": identity_number_of_age(), "phone": phone(), "office": office.name, "mode": "monthly",
        "base": "5000", "ratio": "20", "first_month": "2026-05",
    } | changed  # fmt: skip
    teller = actor("teller")
    return approved(submit(draft("P10", typed, teller, Channel.COUNTER, ApplicantKind.PERSON), teller))


def identity_number_of_age() -> str:
    """A number of somebody born in 1985 that nobody else has."""
    digits = serial()
    first17 = f"43{digits[:4]}198501{1 + int(digits[4:6]) % 28:02}{digits[6:9]}"
    return first17 + identity_check_digit(first17)


def bank() -> int:
    return open_accounts(
        accounts=[NewAccount(f"B{serial()}", "10101", DAY)], hot=True, overdraft_allowed=True
    ).popitem()[1]


def billed(member: Member, **typed: str) -> Bill:
    """P11 by the member's own sign-in."""
    by = caller(Kind.MEMBER, member.number)
    case = submit(draft("P11", typed, by, Channel.MEMBER, ApplicantKind.MEMBER, reference=member.number), by)
    assert case.state == "completed"
    return Bill.objects.get(number=case.result["bill"])


def pays(bill: Bill, payer: str) -> None:
    notice = Notice(
        bank_account=bank(), serial=serial(), arrived=DAY, payer_name=payer, amount=bill.amount, remark=bill.number
    )
    receive(notice=notice, business_date=DAY, maker="bank")


def member_of(case: Case) -> Member:
    return Member.objects.select_related("unit").get(number=case.result["member"])


def test_joins_pays_and_leaves_with_everything():
    case = joined()
    member = member_of(case)
    assert (case.state, member.unit.kind, case.applicant_reference) == ("completed", "flexible", member.number)
    bill = billed(member)
    assert bill.amount == 100_000
    pays(bill, member.name)
    assert account_balance(account=member.account_id) == 100_000
    teller = actor("teller")
    typed = {"way": "leave", "bank": "示例银行", "card": "6222021234567890128"[:12]}
    leaving = submit(
        draft("P12", typed, teller, Channel.COUNTER, ApplicantKind.MEMBER, reference=member.number), teller
    )
    leaving = approved(leaving)
    assert (leaving.state, holds.available(account=member.account_id)) == ("payment", 0)
    leaving = move(leaving, Verb.FAIL, actor("accountant"), reason="卡号不符")
    leaving = move(leaving, Verb.RETRY, actor("accountant"))
    leaving = move(leaving, Verb.COMPLETE, actor("accountant"))
    member.refresh_from_db()
    agreement = Agreement.objects.get(member=member)
    assert (leaving.state, leaving.result, member.state, agreement.ended_by) == (
        "completed", {"paid": "1,000.00"}, "05", "exited",
    )  # fmt: skip
    assert account_balance(account=member.account_id) == 0


def test_who_left_with_everything_comes_back_under_a_new_account():
    gone = member_of(joined())
    own = User.objects.get(pk=caller(Kind.MEMBER, gone.number).user)
    MemberSignIn.objects.create(user=own, member=gone)
    pays(billed(gone), gone.name)
    teller = actor("teller")
    typed = {"way": "leave", "bank": "示例银行", "card": "622202123456"}
    leaving = submit(draft("P12", typed, teller, Channel.COUNTER, ApplicantKind.MEMBER, reference=gone.number), teller)
    assert move(approved(leaving), Verb.COMPLETE, actor("accountant")).state == "completed"
    again = member_of(joined(identity_number=gone.identity))
    assert (again.number != gone.number, again.state, again.has_identity(gone.identity)) == (True, "01", True)
    assert queries.member_of(own) == again  # the sign-in goes with the person
    with pytest.raises(IntegrityError, match="one_account"), transaction.atomic():
        Member.objects.filter(pk=gone.pk).update(state="02", closed_date=None)


def test_who_moved_away_is_taken_on_again_by_an_employer_and_listed_there():
    gone = a_member()
    unit = gone.unit
    Member.objects.filter(pk=gone.pk).update(state="04", closed_date=DAY)
    asked = {
        "name": gone.name, "document_type": "01", "document_number": gone.identity, "phone": phone(), "base": "5000",
        "first_month": "2026-05",
    }  # fmt: skip
    clerk = caller(Kind.UNIT, unit.number)
    case = submit(draft("P01", asked, clerk, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), clerk)
    again = Member.objects.get(unit=unit, closed_date=None)
    assert (case.state, again.has_identity(gone.identity)) == ("completed", True)
    row = Given(2, {"identity_number": gone.identity, "name": gone.name})
    ((_row, found),), problems = matched([row], Context(unit, None, DAY))
    assert (found.pk, problems) == (again.pk, [])


def test_a_void_exit_gives_the_money_back():
    member = member_of(joined())
    pays(billed(member), member.name)
    teller = actor("teller")
    typed = {"way": "leave", "bank": "示例银行", "card": "622202123456"}
    leaving = approved(
        submit(draft("P12", typed, teller, Channel.COUNTER, ApplicantKind.MEMBER, reference=member.number), teller)
    )
    leaving = move(leaving, Verb.FAIL, actor("accountant"), reason="卡号不符")
    move(leaving, Verb.VOID, actor("office_head"), reason="申请人撤回")
    assert holds.available(account=member.account_id) == 100_000
    assert Agreement.objects.get(member=member).hold_id is None


def test_a_free_payment_counts_by_money_and_says_so_before():
    member = member_of(joined(mode="free"))
    for empty in ("", "０"):  # who pays freely names an amount: asked for, before and at handing in
        data = {"amount": "" if not empty else 0}
        assert catalogue.item("P11").preview(data=data, reference=member.number, on=DAY) is None
        with pytest.raises(IneligibleError, match="请填写缴存金额"):
            billed(member, amount=empty)
    bill = billed(member, amount="1000")
    assert bill.flexible.months == 2
    pays(bill, "代缴人")
    assert account_balance(account=member.account_id) == 100_000


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ratio": "9.99"}, "缴存比例应为 10% 至 24%"),
        ({"ratio": "24.01"}, "缴存比例应为"),
        ({"first_month": "2026-08"}, "起缴年月应为"),
    ],
    ids=["low", "high", "month"],
)
def test_what_the_rules_refuse_is_told(changed, told):
    with pytest.raises(IneligibleError, match=told):
        joined(**changed)


def test_nobody_leaves_with_a_freeze_or_an_open_notice():
    member = member_of(joined())
    billed(member)
    teller = actor("teller")
    typed = {"way": "leave", "bank": "示例银行", "card": "622202123456"}
    with pytest.raises(IneligibleError, match="未缴款的缴款通知"):
        submit(draft("P12", typed, teller, Channel.COUNTER, ApplicantKind.MEMBER, reference=member.number), teller)
