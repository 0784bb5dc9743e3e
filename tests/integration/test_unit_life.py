"""The whole life of a unit through the public items: registered, other ratios, deferral, made up, merged, closed."""

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

import uploads
from anju.cases import catalogue
from anju.cases.errors import IneligibleError, SamePersonError, StaleCaseError
from anju.cases.models import CheckResult, Message
from anju.cases.states import Verb
from anju.contributions import unit_life
from anju.contributions.bills import cancel_bill, issue_remittance, new_number, next_billed, next_month, owed, pay_bill
from anju.contributions.errors import ReliefRefusedError, RemittanceRefusedError, UnitBusyError
from anju.contributions.make_up import deferred, make_up_plan
from anju.contributions.models import BackPayment, Bill, BillKind, MakeUp, Relief, ReliefKind
from anju.contributions.relief_nightly import turn_reliefs
from anju.contributions.reliefs import Terms, end_early, grant, morning
from anju.kernel.periods import Month
from anju.ledger.operations import JournalRequest, credit, debit, post
from anju.ledger.queries import account_balance
from anju.platform import outbox
from anju.platform.people.models import Kind, Office, Person, Role, User
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.errors import SuccessionRefusedError
from anju.registry.models import Change, Employment, Member, SpellEnded, Unit, UnitAgent, UnitState
from anju.registry.models_successions import Succession, SuccessionKind
from anju.registry.operations import seal_members
from anju.registry.successions import Transfer
from item_walk import actor, caller, credit_code, identity_number, in_clear, phone, serial
from portal_walk import Walk, clerk
from threads import in_threads
from unit_walk import a_unit, act, at, bank, finished, money, remitted, staff_of, started, step

JAN, FEB, MAR = date(2026, 1, 12), date(2026, 2, 3), date(2026, 3, 3)
OFFICE = "市直管理部"
HARDSHIP = {"action": "apply", "reason": "订单减少", "resolution": "工会〔2026〕3号"}


def registration(**other: str) -> dict[str, str]:
    Office.objects.get_or_create(name=OFFICE, defaults={"code": "shizhi", "place": 1})
    return {
        "name": f"岳阳测试{serial()}公司", "credit_code": credit_code(), "sector": "民营企业", "industry": "C",
        "economic_type": "150", "affiliation": "90", "address": "岳阳大道 1 号", "postcode": "414000", "office": OFFICE,
        "legal_name": "李法人", "legal_document_type": "01", "legal_number": identity_number(), "agent_name": "张经办",
        "agent_number": identity_number(), "agent_phone": phone(), "payday": "15", "bank": "建设银行岳阳分行", **other,
    }  # fmt: skip


def make_up_paid(unit: Unit, month: Month, day: date, bank_account: int) -> None:
    """A deferred month billed and paid as a back payment."""
    lines = deferred(unit=unit, month=month, on=day)
    amount = sum(line.amount for line in lines)
    bill = Bill.objects.create(
        number=new_number(), kind=BillKind.BACK_PAYMENT, unit=unit, issued_date=day, amount=amount, members=len(lines),
        maker="tests",
    )  # fmt: skip
    BackPayment.objects.bulk_create(
        BackPayment(
            bill=bill, member_id=line.member, month=month.year * 100 + month.number, reason="deferred",
            unit_amount=line.unit_amount, person_amount=line.person_amount,
        )
        for line in lines
    )  # fmt: skip
    money(unit, amount, day, bank_account=bank_account, remark=bill.number)


@pytest.mark.usefixtures("db", "business_days")
class TestTheWholeLife:
    def test_from_registration_to_closing(self):
        account = bank()
        by = caller(Kind.UNIT)
        facts = registration(first_month="2026-01", established="2026-01-02", unit_ratio="8", person_ratio="8")
        unit = Unit.objects.get(number=finished(started("U01", "", by, JAN, **facts), JAN).result["unit"])
        by = caller(Kind.UNIT, unit.number)
        UnitAgent.objects.create(user_id=by.user, unit=unit, since=JAN)
        members = staff_of(unit, count=2, opened=JAN)
        assert remitted(unit, JAN, bank_account=account) == 2 * 2 * 40_000

        case = started(
            "U03", unit.number, by, FEB, direction="higher", unit_ratio="10", person_ratio="12", first_month="2026-02"
        )
        assert finished(case, FEB).state == "completed"
        assert remitted(unit, FEB, bank_account=account) == 2 * (50_000 + 60_000)

        asked = {**HARDSHIP, "first_month": "2026-03", "last_month": "2026-05", "make_up_months": "2"}
        case = started("U06", unit.number, by, MAR, **asked)
        assert case.steps["reviews"] == ["reviewer", "office_head", "committee"]
        case = finished(case, MAR)
        unit.refresh_from_db()
        assert (case.state, unit.state) == ("completed", UnitState.DEFERRED)
        assert owed(unit=unit, month=Month(2026, 4), on=MAR) == []
        assert next_month(unit) == Month(2026, 6)

        assert morning(act=act(date(2026, 4, 30)))[1] == 0
        for _again in range(2):
            assert morning(act=act(date(2026, 5, 1)))[1] == 1
            outbox.deliver(now=at(date(2026, 5, 1)), limit=1000)
        told = Message.objects.filter(recipient_id=by.user, text__contains="到期")
        assert [line.text[:24] for line in told] == ["批准的降低比例或缓缴将于 2026-05 到期，"]

        morning(act=act(date(2026, 5, 31)))
        assert not MakeUp.objects.filter(relief__unit=unit).exists()
        for _again in range(2):
            turn_reliefs(int(datetime(2026, 5, 31, 17, 5, tzinfo=UTC).timestamp()))  # the first of June in Beijing
        unit.refresh_from_db()
        plan = make_up_plan(unit)
        assert unit.state == UnitState.NORMAL
        assert [(str(line.month), str(line.due_month), line.open) for line in plan] == [
            ("2026-03", "2026-06", 220_000), ("2026-04", "2026-06", 220_000), ("2026-05", "2026-07", 220_000),
        ]  # fmt: skip

        june = date(2026, 6, 8)
        remitted(unit, june, bank_account=account)
        after = a_unit(opened=date(2026, 6, 1), paid_to=Month(2026, 6))
        merger = {"kind": "merger", "successor": after.number, "first_month": "2026-07", "happened": "2026-06-05"}
        with pytest.raises(IneligibleError, match=r"缓缴的月份还有 6,600\.00 元未补缴"):
            started("U09", unit.number, by, june, **merger)
        for month in (3, 4, 5):
            make_up_paid(unit, Month(2026, month), june, account)
        assert [line.open for line in make_up_plan(unit)] == [0, 0, 0]
        money(unit, 1, june, bank_account=account)

        case = started("U09", unit.number, by, june, **merger)
        assert finished(case, june).result == {"unit": after.number, "members": "2"}
        unit.refresh_from_db()
        assert (unit.state, unit.closed_date) == (UnitState.CLOSED, june)
        made = Succession.objects.get(source=unit)
        paid = 160_000 + 220_000 * 5
        assert (made.members, made.balance, made.suspense) == (2, paid, 1)
        assert sum(account_balance(account=member.account_id) for member in members) == paid
        spells = Employment.objects.filter(member=members[0]).order_by("first_month")
        assert list(spells.values_list("unit_id", "first_month", "last_month")) == [
            (unit.pk, 202601, 202606), (after.pk, 202607, None),
        ]  # fmt: skip
        money(unit, 500, june, bank_account=account, remark="晚到的款")  # the closed unit takes no money: unknown
        self.closed(after, members, account)

    def closed(self, unit: Unit, members: list[Member], account: int) -> None:
        july, by = date(2026, 7, 6), caller(Kind.UNIT, unit.number)
        asked = {"reason": "dissolved", "happened": "2026-07-01"}
        with pytest.raises(IneligibleError, match="2 名职工未封存"):
            started("U08", unit.number, by, july, **asked)
        seal_members(
            numbers=[member.number for member in members],
            sealed=july,
            last_month=Month(2026, 7),
            reason=SpellEnded.OTHER,
        )
        with pytest.raises(IneligibleError, match=r"暂收款还有 0\.01 元") as told:
            started("U08", unit.number, by, july, **asked)
        assert "自 2026-07 起有 1 个月应缴未缴" in str(told.value)
        bill = issue_remittance(unit_number=unit.number, months=1, business_date=july, maker="tests")
        money(unit, bill.amount, july, bank_account=account, remark=bill.number)
        lines = [debit(unit.suspense_id, 1), credit(account, 1)]
        post(journals=[JournalRequest(key=f"t:{unit.number}", kind="t", business_date=july, lines=lines, maker="t")])
        case = finished(started("U08", unit.number, by, july, **asked), july)
        unit.refresh_from_db()
        assert (case.state, unit.state) == ("completed", UnitState.CLOSED)
        holders = set(Member.objects.filter(pk__in=[m.pk for m in members]).values_list("unit__kind", "unit__office"))
        assert holders == {("custody", unit.office)}
        kinds = list(Change.objects.filter(number=unit.number).order_by("id").values_list("kind", flat=True))
        assert kinds == ["unit_merged", "unit_merged", "unit_closed"]


@pytest.mark.usefixtures("db")
class TestRatios:
    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ({"unit_ratio": "4.99"}, "单位缴存比例 4.99% 低于下限 5.00%（条例第十八条）"),
            ({"person_ratio": "12.01"}, "个人缴存比例 12.01% 高于上限 12.00%（建金〔2016〕74号）"),
            ({"unit_ratio": "8", "person_ratio": "8"}, "与现行缴存比例相同"),
            ({"unit_ratio": "7"}, "选“降低”并提交"),
            ({"first_month": "2026-01"}, "生效年月应在 2026-02 至"),
            ({"first_month": "2029-01"}, "生效年月应在 2026-02 至"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_bound(self, typed, told):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        asked = {"direction": "higher", "unit_ratio": "9", "person_ratio": "9", "first_month": "2026-02", **typed}
        with pytest.raises(IneligibleError) as refused:
            started("U03", unit.number, caller(Kind.UNIT, unit.number), FEB, **asked)
        assert told in str(refused.value)

    @pytest.mark.parametrize("ratio", ["5", "12"])
    def test_both_bounds_are_in_and_a_second_change_of_the_year_is_not(self, ratio):
        unit, by = a_unit(opened=JAN, paid_to=Month(2026, 1)), actor("teller")
        asked = {"direction": "lower" if ratio == "5" else "higher", "unit_ratio": ratio, "person_ratio": ratio}
        asked |= {"first_month": "2026-02", "resolution": "工会〔2026〕1号"}
        assert finished(started("U03", unit.number, by, FEB, **asked), FEB).state == "completed"
        again = {**asked, "direction": "lower", "unit_ratio": "6", "person_ratio": "6", "first_month": "2026-03"}
        with pytest.raises(IneligibleError, match="每年最多调整 1 次，2026 年已调整过"):
            started("U03", unit.number, by, MAR, **again)

    def test_two_reviewers_at_once_and_the_maker_himself(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        asked = {"direction": "higher", "unit_ratio": "9", "person_ratio": "9", "first_month": "2026-02"}
        teller = actor("teller")
        case = step(
            started("U03", unit.number, caller(Kind.UNIT, unit.number), FEB, **asked), Verb.FORWARD, teller, FEB
        )
        himself = actor("reviewer", person=Person.objects.get(pk=teller.person))
        with pytest.raises(SamePersonError):
            step(case, Verb.APPROVE, himself, FEB)
        step(case, Verb.APPROVE, actor("reviewer"), FEB)
        with pytest.raises(StaleCaseError):
            step(case, Verb.APPROVE, actor("reviewer"), FEB)
        assert Change.objects.filter(number=unit.number, kind="unit_terms").count() == 1


def relief(unit: Unit, kind: ReliefKind, first: Month, last: Month, case: str, *, day: date = FEB, **facts) -> Relief:
    ratios = {"unit_ratio": 30_000, "person_ratio": 30_000} if kind == ReliefKind.REDUCED else {"make_up_months": 1}
    terms = Terms(kind=kind, first_month=first, last_month=last, resolution="工会", **{**ratios, **facts})
    return grant(unit_number=unit.number, terms=terms, act=act(day, case))


@pytest.mark.usefixtures("db", "business_days")
class TestReliefs:
    def test_a_lower_ratio_is_owed_for_its_months_and_then_no_more(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        staff_of(unit, count=1, opened=JAN)
        given = relief(unit, ReliefKind.REDUCED, Month(2026, 2), Month(2026, 3), f"R{unit.number}")
        assert relief(unit, ReliefKind.REDUCED, Month(2026, 2), Month(2026, 3), f"R{unit.number}").pk == given.pk
        amounts = [owed(unit=unit, month=Month(2026, month), on=FEB)[0].amount for month in (2, 3, 4)]
        assert amounts == [30_000, 30_000, 80_000]

    @pytest.mark.parametrize(
        ("kind", "first", "last", "facts", "told"),
        [
            ("reduced", (2026, 1), (2026, 3), {}, "不能早于下一汇缴年月 2026-02"),
            ("reduced", (2026, 2), (2027, 2), {}, "期限应为 1 至 12 个月，现为 13 个月"),
            ("reduced", (2026, 4), (2026, 3), {}, "现为 0 个月"),
            ("reduced", (2026, 2), (2026, 3), {"unit_ratio": 80_100}, "1.00% 与现行 8.00% 之间"),
            ("reduced", (2026, 2), (2026, 3), {"person_ratio": 9_900}, "1.00% 与现行 8.00% 之间"),
            ("reduced", (2026, 2), (2026, 3), {"unit_ratio": 80_000, "person_ratio": 80_000}, "没有降低"),
            ("deferral", (2026, 2), (2026, 3), {"make_up_months": 3}, "补缴期数应为 1 至 2"),
            ("deferral", (2026, 6), (2026, 7), {}, "已批准降低比例或缓缴"),
        ],
    )
    def test_what_cannot_be_granted(self, kind, first, last, facts, told):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        relief(unit, ReliefKind.REDUCED, Month(2026, 5), Month(2026, 6), f"R{unit.number}")
        with pytest.raises(ReliefRefusedError) as refused:
            relief(unit, ReliefKind(kind), Month(*first), Month(*last), f"S{unit.number}", **facts)
        assert told in str(refused.value)
        assert Relief.objects.filter(unit=unit).count() == 1

    def test_without_a_resolution_the_form_and_the_papers_say_so(self):
        from anju.cases.errors import FormInvalidError

        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        asked = {**HARDSHIP, "resolution": "", "first_month": "2026-02", "last_month": "2026-03", "make_up_months": "1"}
        with pytest.raises(FormInvalidError) as refused:
            started("U06", unit.number, caller(Kind.UNIT, unit.number), FEB, **asked)
        assert set(refused.value.errors) == {"resolution"}

    def test_the_database_holds_reliefs_apart_and_what_was_approved(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        given = relief(unit, ReliefKind.DEFERRAL, Month(2026, 2), Month(2026, 4), f"R{unit.number}")
        with pytest.raises(DatabaseError, match="overlap"), transaction.atomic():
            Relief.objects.create(
                unit=unit, kind="deferral", first_month=202604, last_month=202605, resolution="x", case_number="x",
                approved_date=FEB,
            )  # fmt: skip
        for change in ({"last_month": 202605}, {"first_month": 202601}, {"make_up_months": 9}):
            with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
                Relief.objects.filter(pk=given.pk).update(**change)

    def test_a_deferral_ends_early_and_the_months_that_passed_are_made_up(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        staff_of(unit, count=1, opened=JAN)
        relief(unit, ReliefKind.DEFERRAL, Month(2026, 2), Month(2026, 8), f"R{unit.number}", make_up_months=3)
        asked, april = {"action": "end", "resume_month": "2026-04"}, date(2026, 4, 7)
        case = finished(started("U06", unit.number, actor("teller"), april, **asked), april)
        unit.refresh_from_db()
        assert (case.state, unit.state, next_month(unit)) == ("completed", UnitState.NORMAL, Month(2026, 4))
        assert [(line.month.number, line.due_month.number) for line in make_up_plan(unit)] == [(2, 4), (3, 5)]
        again = end_early(
            unit_number=unit.number, kind=ReliefKind.DEFERRAL, resume=Month(2026, 4), act=act(april, case.number)
        )
        assert again.last_month == 202603
        assert MakeUp.objects.filter(relief=again).count() == 2
        with pytest.raises(IneligibleError, match="没有生效中的此项批准"):
            started("U06", unit.number, actor("teller"), april, **asked)

    def test_during_a_deferral_arrears_before_it_may_be_paid_and_its_months_not(self):
        unit = a_unit(opened=JAN)
        staff_of(unit, count=1, opened=JAN)
        relief(unit, ReliefKind.DEFERRAL, Month(2026, 2), Month(2026, 4), f"R{unit.number}")
        assert Unit.objects.get(pk=unit.pk).state == UnitState.DEFERRED
        remitted(unit, FEB, bank_account=bank())
        assert next_month(unit) == Month(2026, 5)
        with pytest.raises(RemittanceRefusedError, match="不晚于 2026-03"):
            issue_remittance(unit_number=unit.number, months=1, business_date=FEB, maker="tests")

    def test_a_deferral_that_begins_later_shows_from_its_first_morning(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 2))
        relief(unit, ReliefKind.DEFERRAL, Month(2026, 3), Month(2026, 3), f"R{unit.number}")
        states = []
        for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 4, 1)):
            morning(act=act(day))
            states.append(Unit.objects.get(pk=unit.pk).state)
        assert states == [UnitState.NORMAL, UnitState.DEFERRED, UnitState.NORMAL]


@pytest.mark.usefixtures("db", "business_days")
class TestSealingSplittingClosing:
    def test_a_unit_is_sealed_when_nobody_is_active_and_no_bill_is_open(self):
        unit, teller = a_unit(opened=JAN, paid_to=Month(2026, 1)), actor("teller")
        (member,) = staff_of(unit, count=1, opened=JAN)
        asked = {"action": "seal", "reason": "停业"}
        with pytest.raises(IneligibleError, match="1 名职工未封存"):
            started("U07", unit.number, teller, FEB, **asked)
        bill = issue_remittance(unit_number=unit.number, months=1, business_date=FEB, maker="tests")
        seal_members(numbers=[member.number], sealed=FEB, last_month=Month(2026, 2))
        with pytest.raises(IneligibleError, match=bill.number):
            started("U07", unit.number, teller, FEB, **asked)
        with pytest.raises(UnitBusyError, match=bill.number):
            unit_life.close(unit_number=unit.number, act=act(FEB, "C1"))
        cancel_bill(number=bill.number)
        finished(started("U07", unit.number, teller, FEB, **asked), FEB)
        assert Unit.objects.get(pk=unit.pk).state == UnitState.SEALED
        finished(started("U07", unit.number, teller, MAR, action="unseal", reason="恢复"), MAR)
        assert Unit.objects.get(pk=unit.pk).state == UnitState.NORMAL

    def test_months_without_anybody_are_no_gap_for_who_takes_people_on_again(self):
        unit, teller, june = a_unit(opened=JAN), actor("teller"), date(2026, 6, 3)
        (member,) = staff_of(unit, count=1, opened=JAN)
        remitted(unit, JAN, bank_account=bank())
        seal_members(numbers=[member.number], sealed=FEB, last_month=Month(2026, 1))
        finished(started("U07", unit.number, teller, FEB, action="seal", reason="停业"), FEB)
        finished(started("U07", unit.number, teller, june, action="unseal", reason="恢复"), june)
        line = f"{member.number} {member.name} 5000"
        finished(started("P04", unit.number, teller, june, members=line, first_month="2026-06"), june)
        assert catalogue.item("C01").prefill(reference=unit.number)["first_month"] == "2026-06"
        with pytest.raises(IneligibleError, match="应汇缴 2026-06"):
            started("C01", unit.number, teller, june, first_month="2026-02", months="1", method="transfer")
        started("C01", unit.number, teller, june, first_month="2026-06", months="1", method="transfer")
        bill = Bill.objects.get(unit=unit, state="open")
        assert [row.month for row in bill.remittances.all()] == [202606]
        money(unit, bill.amount, june, bank_account=bank(), remark=bill.number)
        assert Unit.objects.get(pk=unit.pk).paid_to == 202606
        assert next_billed(unit) == Month(2026, 7)

    def test_a_split_takes_those_on_the_list_and_what_was_agreed_of_the_money(self):
        old, new = a_unit(opened=JAN, paid_to=Month(2026, 1)), a_unit(opened=JAN, paid_to=Month(2026, 1))
        stays, goes, sealed = staff_of(old, count=3, opened=JAN)
        seal_members(numbers=[sealed.number], sealed=FEB, last_month=Month(2026, 1))
        money(old, 10_000, FEB, bank_account=bank())
        asked = {"kind": "split", "successor": new.number, "first_month": "2026-02", "happened": "2026-02-01"}
        wrong = {**asked, "members": f"{goes.number}\n123", "suspense": "100.01"}
        with pytest.raises(IneligibleError) as told:
            started("U09", old.number, actor("teller"), FEB, **wrong)
        assert "个人账号 123 不是本单位的职工" in str(told.value)
        assert "暂收款只有 100.00 元" in str(told.value)
        right = {**asked, "members": f" {goes.number} \n{sealed.number}\n{goes.number}", "suspense": "40"}
        case = finished(started("U09", old.number, actor("teller"), FEB, **right), FEB)
        assert case.result["members"] == "2"
        assert [Member.objects.get(pk=m.pk).unit_id for m in (stays, goes, sealed)] == [old.pk, new.pk, new.pk]
        assert [line.member for line in owed(unit=new, month=Month(2026, 2), on=FEB)] == [goes.pk]
        assert [account_balance(account=unit.suspense_id) for unit in (old, new)] == [6_000, 4_000]
        transfer = Transfer(
            kind=SuccessionKind.SPLIT, source=old.number, target=new.number, first_month=Month(2026, 2),
            members=[goes.number], suspense=4_000,
        )  # fmt: skip
        unit_life.merge_or_split(transfer=transfer, act=act(FEB, case.number))
        assert Succession.objects.filter(source=old).count() == 1
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            Succession.objects.filter(source=old).update(members=0)
        with pytest.raises(SuccessionRefusedError, match="不是本单位的职工"):
            unit_life.merge_or_split(transfer=transfer, act=act(FEB, "another"))

    def test_a_month_that_is_billed_is_not_split_off_and_another_case_under_way_stops_a_closing(self):
        old, new = a_unit(opened=JAN, paid_to=Month(2026, 1)), a_unit(opened=JAN, paid_to=Month(2026, 1))
        goes, _stays = staff_of(old, count=2, opened=JAN)
        bill = issue_remittance(unit_number=old.number, months=1, business_date=FEB, maker="tests")
        asked = {"kind": "split", "successor": new.number, "first_month": "2026-02", "happened": "2026-02-01"}
        with pytest.raises(IneligibleError, match=f"{old.number} 已汇缴或已开具至 2026-02"):
            started("U09", old.number, actor("teller"), FEB, **asked, members=goes.number)
        assert pay_bill(bill=bill, business_date=FEB, maker="tests").state == "open"
        facts = {"direction": "higher", "unit_ratio": "9", "person_ratio": "9", "first_month": "2026-02"}
        waiting = started("U03", new.number, actor("teller"), FEB, **facts)
        with pytest.raises(IneligibleError, match=waiting.number):
            started("U08", new.number, actor("teller"), FEB, reason="other", happened="2026-02-01")


@pytest.mark.usefixtures("center", "business_days")
class TestAtOnce:
    def test_two_approvals_of_the_same_months_give_one_relief(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))

        def work(index: int) -> Relief:
            return relief(unit, ReliefKind.DEFERRAL, Month(2026, 2), Month(2026, 3), f"{index}R{unit.number}")

        assert sorted(type(each).__name__ for each in in_threads(work, 2)) == ["Relief", "ReliefRefusedError"]
        assert Relief.objects.filter(unit=unit).count() == 1

    def test_two_units_that_merge_into_each_other_at_once_do_not_lock_each_other(self):
        units = [a_unit(opened=JAN, paid_to=Month(2026, 1)) for _each in range(2)]
        for unit in units:
            staff_of(unit, count=1, opened=JAN)

        def work(index: int) -> Succession:
            transfer = Transfer(
                kind=SuccessionKind.MERGER, source=units[index].number, target=units[1 - index].number,
                first_month=Month(2026, 2),
            )  # fmt: skip
            return unit_life.merge_or_split(transfer=transfer, act=act(FEB, f"{index}M{units[0].number}"))

        results = in_threads(work, 2)
        assert min(type(each).__name__ for each in results) == "Succession"
        assert Succession.objects.filter(source__in=units).count() == 1

    def test_two_reviewers_at_once_approve_once(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        asked = {"direction": "higher", "unit_ratio": "9", "person_ratio": "9", "first_month": "2026-02"}
        case, reviewers = (
            started("U03", unit.number, actor("teller"), FEB, **asked),
            [actor("reviewer"), actor("reviewer")],
        )
        results = in_threads(lambda index: step(case, Verb.APPROVE, reviewers[index], FEB), 2)
        assert sorted(type(each).__name__ for each in results) == ["Case", "StaleCaseError"]
        assert unit.terms.count() == 2

    def test_a_month_is_either_billed_or_taken_over(self):
        old, new = (a_unit(opened=JAN, paid_to=Month(2026, 1)) for _each in range(2))
        staff_of(old, count=1, opened=JAN)
        transfer = Transfer(
            kind=SuccessionKind.MERGER, source=old.number, target=new.number, first_month=Month(2026, 2)
        )  # fmt: skip
        ways = (
            lambda: unit_life.merge_or_split(transfer=transfer, act=act(FEB, f"M{old.number}")),
            lambda: issue_remittance(unit_number=old.number, months=1, business_date=FEB, maker="tests"),
        )
        done = {type(each).__name__ for each in in_threads(lambda index: ways[index](), 2)}
        assert done in ({"Succession", "RemittanceRefusedError"}, {"UnitBusyError", "Bill"})


@pytest.mark.usefixtures("db")
class TestFacts:
    def test_name_and_code_change_with_evidence_and_a_second_unit_keeps_its_code(self):
        unit, other = a_unit(opened=JAN), a_unit(opened=JAN)
        by, fresh = caller(Kind.UNIT, unit.number), credit_code()
        asked = {"name": "岳阳新名公司", "credit_code": fresh, "payday": "12", "happened": "2026-01-20"}
        case = finished(started("U02", unit.number, by, FEB, **asked), FEB)
        unit.refresh_from_db()
        assert (case.state, unit.name, unit.credit_code, unit.payday) == ("completed", "岳阳新名公司", fresh, 12)
        assert set(case.materials.values_list("code", flat=True)) == {"name_proof", "code_proof"}
        with pytest.raises(IneligibleError, match="已由其他单位登记"):
            started("U02", other.number, actor("teller"), FEB, credit_code=fresh, happened="2026-01-20")
        with pytest.raises(IneligibleError, match="没有要变更的内容"):
            started("U02", unit.number, by, FEB, payday="12", happened="2026-01-20")

    def test_a_late_change_is_a_remark_and_numbers_stay_sealed(self):
        unit, fresh = a_unit(opened=JAN), identity_number()
        asked = {"agent_name": "李四", "agent_number": fresh, "agent_phone": phone(), "happened": "2026-01-05"}
        case = finished(started("U02", unit.number, actor("teller"), FEB, **asked), FEB)
        late = CheckResult.objects.filter(case=case, rule="U02-5").latest("id")
        assert (late.passed, late.blocking) == (True, False)
        asked = {"address": "巴陵中路 8 号", "happened": "2026-01-03"}
        late = CheckResult.objects.get(case=started("U02", unit.number, actor("teller"), MAR, **asked), rule="U02-5")
        assert (late.passed, late.message) == (False, "逾期变更：应于 2026-02-02 前办理（条例第十四条）")
        assert Unit.objects.get(pk=unit.pk).agent_number == fresh
        assert in_clear(fresh) == []


def staff_user(role: str):
    return open_sign_in(
        username=f"{role}{serial()}", password=None, person=register_person(name="甲"), by="tests", at=at(JAN),
        role=Role(role),
    )  # fmt: skip


@pytest.mark.usefixtures("db")
class TestPages:
    def test_a_member_of_the_committee_finds_the_case_on_the_desk_and_approves(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        asked = {**HARDSHIP, "first_month": "2026-02", "last_month": "2026-03", "unit_ratio": "3", "person_ratio": "3"}
        case = started("U05", unit.number, actor("teller"), FEB, **asked)
        for role in ("reviewer", "office_head"):
            case = step(case, Verb.APPROVE, actor(role), FEB)
        browsers = {}
        for role in ("reviewer", "committee"):
            browsers[role] = Client()
            browsers[role].force_login(staff_user(role))
        assert case.number in browsers["committee"].get("/desk/").content.decode()
        act_on, form = f"/desk/cases/{case.number}/do/approve/", {"move-version": str(case.version)}
        browsers["reviewer"].post(act_on, form)
        assert not Relief.objects.filter(unit=unit).exists()
        page = browsers["committee"].get(f"/desk/cases/{case.number}/").content.decode()
        assert "工会〔2026〕3号" in page
        assert browsers["committee"].get(act_on).status_code == 200
        done = browsers["committee"].post(act_on, form, follow=True)
        assert done.status_code == 200
        case.refresh_from_db()
        assert (case.state, Relief.objects.get(unit=unit).unit_ratio) == ("completed", 30_000)

    def test_the_units_home_tells_deadlines_reliefs_and_the_plan(self):
        unit = a_unit(opened=JAN, paid_to=Month(2026, 1))
        Unit.objects.filter(pk=unit.pk).update(established_date=date(2025, 12, 1))
        user = User.objects.get(pk=caller(Kind.UNIT).user)
        UnitAgent.objects.create(user=user, unit=unit, since=JAN)
        browser = Client()
        browser.force_login(user)
        page = browser.get("/employer/").content.decode()
        assert "2026-01-12 已办理，期限 2025-12-31" in page
        assert "请于 2026-02-01 前办理" in page
        staff_of(unit, count=1, opened=JAN)
        relief(unit, ReliefKind.DEFERRAL, Month(2026, 2), Month(2026, 3), f"R{unit.number}", make_up_months=2)
        morning(act=act(date(2026, 4, 1)))
        page = browser.get("/employer/").content.decode()
        assert "还应补 1,600.00 元" in page
        assert "2026-02 至 2026-03" in page
        assert "待办理" not in page

    def test_a_clerk_asks_for_a_deferral_in_the_portal_and_is_told_what_is_missing(self):
        this_month = Month.of(timezone.localdate())
        unit = a_unit(opened=JAN, paid_to=this_month)
        visitor = Walk(clerk(unit))
        case = visitor.start("U06", account=unit.number)
        base = f"cases/{case.number}"
        first, last = str(this_month.plus(1)), str(this_month.plus(3))
        assert first in visitor.get(f"{base}/questions/relief/")
        for group, answers in {
            "what": {"action": "apply"}, "relief": {"first_month": first, "last_month": last, "make_up_months": "4"},
            "why": {"reason": "订单减少", "resolution": ""}, "end": {"resume_month": ""},
        }.items():  # fmt: skip
            visitor.send(f"{base}/questions/{group}/", verb="continue", **answers)
        assert "请填写此项" in visitor.get(f"{base}/questions/why/")
        visitor.send(f"{base}/questions/why/", verb="continue", reason="订单减少", resolution="工会〔2026〕3号")
        assert "还缺：职工代表大会或工会决议" in visitor.get(f"{base}/tasks/")
        for code in ("resolution", "hardship"):
            upload = SimpleUploadedFile("决议.pdf", uploads.pdf(), content_type="application/pdf")
            visitor.post(f"{base}/materials/{code}/", {"verb": "upload", f"file-{code}": upload})
        assert "补缴期数应为 1 至 3" in visitor.send(f"{base}/check/")
        visitor.send(
            f"{base}/questions/relief/", verb="continue", first_month=first, last_month=last, make_up_months="3"
        )
        visitor.send(f"{base}/check/")
        assert visitor.at.endswith("/done/")
        case.refresh_from_db()
        assert (case.state, case.subject) == ("accepted", f"{first} 至 {last}")
