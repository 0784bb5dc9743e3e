"""P03, P04, P05, P08, P09 from draft to effect: what rules decide is done at once, each wrong line is told."""

from datetime import date

import pytest

from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import FormInvalidError, IneligibleError, UnknownCaseError
from anju.cases.models import Case
from anju.cases.queries import visible_case
from anju.contributions.bills import cancel_bill, issue_remittance
from anju.contributions.letters.queries import obstacles
from anju.contributions.models import Contribution
from anju.contributions.models_letters import Direction, Letter
from anju.kernel.periods import Month
from anju.platform.people.models import Kind
from anju.registry.models import Member, MemberState, Unit
from anju.registry.models_accounts import Freeze
from contribution_walk import a_bank, join, pay
from item_walk import DAY, a_member, actor, approved, caller, draft, submit

pytestmark = pytest.mark.usefixtures("business_days")


def by_unit(code: str, unit: Unit, **typed) -> Case:
    by = caller(Kind.UNIT, unit.number)
    return submit(draft(code, typed, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)


def by_center(code: str, **typed: str) -> Case:
    """Begun by the center itself."""
    teller = actor("teller")
    return submit(draft(code, typed, teller, Channel.COUNTER, ApplicantKind.CENTER), teller)


def by_member(code: str, member: Member, **typed) -> Case:
    by = actor("teller")
    return submit(draft(code, typed, by, Channel.COUNTER, ApplicantKind.MEMBER, reference=member.number), by)


def sealed(member: Member, last_month: str = "2026-05") -> Case:
    return by_unit("P03", member.unit, members=member.number, last_month=last_month, reason="left")


def now(member: Member) -> Member:
    return Member.objects.select_related("unit").get(pk=member.pk)


def test_sealed_by_one_unit_and_unsealed_by_another_at_once(db):
    member, other = a_member(), a_member().unit
    assert sealed(member).state == "completed"
    assert now(member).state == MemberState.SEALED
    with pytest.raises(IneligibleError, match="已封存"):
        sealed(member)
    with pytest.raises(IneligibleError, match="不符"):
        by_unit("P04", other, members=f"{member.number} 李四 5000", first_month="2026-06")
    line = f"{member.number} {member.name} 5000.00"
    assert by_unit("P04", other, members=line, first_month="2026-06").state == "completed"
    assert (now(member).unit, now(member).base) == (other, 500_000)


def test_who_is_on_a_bill_is_sealed_after_it(db):
    member = a_member()
    bill = issue_remittance(unit_number=member.unit.number, months=1, business_date=DAY, maker="甲")
    with pytest.raises(IneligibleError, match=bill.number):
        sealed(member, "2026-04")
    assert sealed(member, "2026-05").state == "completed"


def test_another_units_people_cannot_be_sealed_and_months_are_months(db):
    member, other = a_member(), a_member()
    with pytest.raises(IneligibleError, match="不是本单位"):
        by_unit("P03", other.unit, members=member.number, last_month="2026-05", reason="left")
    with pytest.raises(FormInvalidError):
        sealed(member, "2026-13")
    with pytest.raises(FormInvalidError, match="重复"):
        by_unit("P03", member.unit, members=f"{member.number}\n{member.number}", last_month="2026-05", reason="left")


def test_a_member_moves_to_the_unit_they_name(db):
    member, there = a_member(), a_member().unit
    case = approved(by_member("P05", member, unit=there.number, first_month="2026-06"))
    assert (case.state, now(member).unit) == ("completed", there)
    line = f"{member.number} {member.name} 6000"
    case = approved(by_unit("P05", member.unit, members=line, first_month="2026-07"))
    assert (case.state, now(member).unit, now(member).base) == ("completed", member.unit, 600_000)


def test_two_accounts_become_one_after_review(db):
    one, two = a_member(), a_member()
    with pytest.raises(IneligibleError, match="仍在缴存"):
        by_member("P08", one, other=two.number)
    sealed(two)
    case = approved(by_member("P08", one, other=two.number))
    assert case.result == {"member": one.number}
    assert now(two).state == MemberState.MERGED


def test_an_account_that_a_notice_names_stays_and_one_that_closed_is_owed_nothing(db):
    one, two = a_member(), a_member()
    unit = two.unit
    mate = join(unit.number, 700_000, Month(2026, 5))
    bill = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="甲")
    sealed(two)
    with pytest.raises(IneligibleError, match=f"{bill.number} 列有该账户"):
        by_member("P08", one, other=two.number)
    letter = Letter(member=two, direction=Direction.OUT)
    assert [bill.number in each for each in obstacles(letter, DAY)] == [True]
    cancel_bill(number=bill.number)
    assert approved(by_member("P08", one, other=two.number)).state == "completed"
    again = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="甲")
    assert [line.member for line in Contribution.objects.filter(remittance__bill=again)] == [mate]
    assert pay(again, DAY, a_bank(DAY)).journal_id


def test_a_court_freezes_extends_and_lifts(db):
    member = a_member()
    order = {"document": "（2026）湘06执1号", "court": "岳阳中院", "officer": "张三"}
    with pytest.raises(IneligibleError, match="到期日期"):
        by_center("P09", number=member.number, act="freeze", **order)
    case = approved(by_center("P09", number=member.number, act="freeze", last_day="2026-12-31", **order))
    assert now(member).state == MemberState.FROZEN
    approved(by_center("P09", number=member.number, act="extend", freeze=case.number, last_day="2027-03-31", **order))
    assert Freeze.objects.get(case_number=case.number).last_day == date(2027, 3, 31)
    approved(by_center("P09", number=member.number, act="lift", freeze=case.number, **order))
    assert now(member).state == MemberState.NORMAL
    own = caller(Kind.MEMBER, member.number)
    with pytest.raises(UnknownCaseError):  # what a court orders is not the member's to read
        visible_case(number=case.number, actor=own)
    with pytest.raises(IneligibleError, match="没有此个人账号"):
        by_center("P09", number="M-nobody", act="freeze", last_day="2026-12-31", **order)
