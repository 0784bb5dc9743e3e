"""封存名单 and 启封名单: uploaded, told what is wrong, mended, and taken by P03 and P04 whole or not at all."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anju.cases import operations as cases
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import FormInvalidError, IneligibleError
from anju.cases.models import Case
from anju.contributions.bills import issue_remittance, owed
from anju.contributions.models_sheets import Sheet, SheetState
from anju.contributions.sheets.operations import check, upload
from anju.kernel.periods import Month
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind
from anju.registry import accounts, freezes
from anju.registry.accounts import Deed
from anju.registry.freezes import Order
from anju.registry.models import Change, Employment, Member, MemberState, SpellEnded, Unit
from anju.registry.operations import NewMember, open_member_accounts
from item_walk import AT, DAY, a_member, caller, draft, identity_number, phone, serial, submit
from portal_walk import a_unit

pytestmark = [pytest.mark.usefixtures("business_days", "db")]
MAY, JUNE = Month(2026, 5), Month(2026, 6)


def staffed(count: int) -> tuple[Unit, list[Member]]:
    unit = a_unit()
    numbers = [f"6{serial()}" for _each in range(count)]
    open_member_accounts(
        members=[
            NewMember(
                number=number, name="王小明", identity_number=identity_number(), phone=phone(), unit_number=unit.number,
                base=500_000, opened=DAY, first_month=MAY,
            )
            for number in numbers
        ]
    )  # fmt: skip
    return unit, list(Member.objects.select_related("unit").filter(number__in=numbers).order_by("number"))


def taken(unit: Unit, kind: str, rows: list[tuple]) -> Sheet:
    head = "个人账号,姓名,证件号码," + {"sealing": "止缴年月,封存原因", "unsealing": "缴存基数,起缴年月"}[kind]
    content = "\n".join([head, *(",".join(map(str, row)) for row in rows)]).encode()
    sheet = upload(
        unit_number=unit.number, kind=kind, month=None, content=content, actor="tests", at=AT, business_date=DAY
    )
    return check(sheet_id=sheet.pk)


def told(sheet: Sheet) -> dict[int, str]:
    return dict(sheet.found.values_list("line", "message"))


def by_list(code: str, unit: Unit, number: str, **typed: str) -> Case:
    by = caller(Kind.UNIT, unit.number)
    answers = {"sheet": number, **typed}
    return submit(draft(code, answers, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)


def deed(case: str = "") -> Deed:
    return Deed(business_date=DAY, actor="tests", at=AT, case=case)


def seal(member: Member, last: Month = MAY) -> None:
    accounts.seal(
        unit=member.unit.number, numbers=[member.number], last_month=last, reason=SpellEnded.LEFT, deed=deed()
    )


def freeze(member: Member) -> None:
    order = Order(document="执 1 号", court="岳阳中院", officer="张三", amount=None, last_day=date(2026, 12, 31))
    freezes.freeze(number=member.number, order=order, deed=deed(serial()))


class TestSealing:
    def test_told_mended_and_sealed_each_after_its_month_and_for_its_reason(self):
        unit, (one, two, three, gone, frozen) = staffed(5)
        stranger = a_member()
        seal(gone)
        freeze(frozen)
        rows = [
            ("", one.name, one.identity, "2026-05", "离职"),
            (two.number, two.name, two.identity, "2026-13", "离职"),
            ("", three.name, three.identity, "2026-05", "想走"),
            ("", gone.name, gone.identity, "2026-05", "离职"),
            ("", stranger.name, stranger.identity, "2026-05", "离职"),
            (one.number, two.name, two.identity, "2026-05", "退休"),
            ("", three.name, three.identity, "2062-05", "退休"),
            ("", frozen.name, frozen.identity, "2026-03", "退休"),
        ]
        wrong = taken(unit, "sealing", rows)
        assert wrong.state == SheetState.BAD
        expected = {
            3: "月", 4: "应为其中之一：终止劳动关系、停薪留职", 5: "已封存", 6: "不是本单位职工", 7: "个人账号不符", 8: "最晚可填 2026-06",
            9: "早于起缴",
        }  # fmt: skip
        assert told(wrong).keys() == expected.keys()
        assert all(words in told(wrong)[line] for line, words in expected.items())
        assert one.identity not in str(list(wrong.found.values_list("value", flat=True)))
        with pytest.raises(IneligibleError, match="须校验通过"):
            by_list("P03", unit, wrong.number)
        rows = [
            rows[0],
            ("", two.name, two.identity, "2026-05", "离休、退休"),
            ("", three.name, three.identity, "2026-06", "left"),
            ("", frozen.name, frozen.identity, "2026-05", "退休"),
        ]
        sheet = taken(unit, "sealing", rows)
        assert (sheet.state, told(sheet)) == (SheetState.READY, {})
        case = by_list("P03", unit, sheet.number.lower())
        assert (case.state, case.subject) == ("completed", f"名单 {sheet.number}")
        assert case.result == {"sheet": sheet.number, "members": "4"}
        spells = dict(Employment.objects.filter(unit=unit).values_list("member__number", "last_month"))
        assert [spells[each.number] for each in (one, two, three, frozen)] == [202605, 202605, 202606, 202605]
        reasons = Employment.objects.filter(member__in=[one, two]).order_by("member__number")
        assert list(reasons.values_list("ended_by", flat=True)) == [SpellEnded.LEFT, SpellEnded.RETIRED]
        states = dict(Member.objects.filter(unit=unit).values_list("number", "state"))
        assert states == {frozen.number: MemberState.FROZEN} | dict.fromkeys(
            (each.number for each in (one, two, three, gone)), MemberState.SEALED
        )
        assert Change.objects.filter(case_number=case.number, kind="member_sealed").count() == 4
        assert AuditEntry.objects.filter(action="registry.member-sealed", detail__case=case.number).count() == 4
        assert [line.member for line in owed(unit=unit, month=JUNE, on=DAY)] == [three.pk]
        with pytest.raises(IneligibleError, match="已使用"):
            by_list("P03", unit, sheet.number)

    def test_what_changed_since_the_check_stops_the_whole_list(self):
        unit, (one, two) = staffed(2)
        rows = [("", each.name, each.identity, "2026-04", "离职") for each in (one, two)]
        sheet = taken(unit, "sealing", rows)
        assert sheet.state == SheetState.READY
        bill = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="甲")
        with pytest.raises(IneligibleError, match=bill.number):
            by_list("P03", unit, sheet.number)
        assert Member.objects.filter(unit=unit, state=MemberState.NORMAL).count() == 2
        with pytest.raises(FormInvalidError, match="只能填一种"):
            by_list("P03", unit, sheet.number, members=one.number)
        with pytest.raises(FormInvalidError, match="请填写"):
            by_list("P03", unit, "")
        with pytest.raises(IneligibleError, match="没有此清单编号"):
            by_list("P03", a_unit(), sheet.number)

    def test_statements_do_not_grow_with_the_list(self):
        counts = []
        for size in (2, 12):
            unit, members = staffed(size)
            sheet = taken(unit, "sealing", [("", each.name, each.identity, "2026-05", "离职") for each in members])
            with CaptureQueriesContext(connection) as queries:
                assert by_list("P03", unit, sheet.number).state == "completed"
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestUnsealing:
    def test_told_mended_and_begun_here_each_from_its_month_with_its_base(self):
        unit, (own, paying, frozen) = staffed(3)
        other = a_member()
        for each in (own, other, frozen):
            seal(each)
        freeze(frozen)
        rows = [
            ("", own.name, own.identity, "6000", "2026-05"),
            ("", paying.name, paying.identity, "6000", "2026-06"),
            ("", "王大明", other.identity, "6000", "2026-06"),
            ("", "王大明", identity_number(), "6000", "2026-06"),
            ("", frozen.name, frozen.identity, "6000", "2026-06"),
            ("", other.name, other.identity, "0", "2026-06"),
        ]
        wrong = taken(unit, "unsealing", rows)
        expected = {2: "重叠", 3: "正在缴存", 4: "没有此人", 5: "没有此人", 6: "已冻结", 7: "大于零"}
        assert told(wrong).keys() == expected.keys()
        assert all(words in told(wrong)[line] for line, words in expected.items())
        assert told(wrong)[4] == told(wrong)[5]  # nobody learns by a guessed name who has an account
        rows = [("", own.name, own.identity, "6000", "2026-06"), ("", other.name, other.identity, "7000.5", "2026-06")]
        assert told(taken(unit, "unsealing", [*rows, rows[0]])) == {4: "与第 2 行重复"}
        sheet = taken(unit, "unsealing", rows)
        by = caller(Kind.UNIT, unit.number)
        case = cases.open_draft(
            item="P04", channel=Channel.EMPLOYER, applicant_kind=ApplicantKind.UNIT, reference=unit.number, actor=by,
            at=AT, business_date=DAY,
        )  # fmt: skip
        case = submit(case, by)  # the list that is ready is what the form begins with
        assert (case.state, case.result) == ("completed", {"sheet": sheet.number, "members": "2"})
        now = Member.objects.select_related("unit").in_bulk([own.pk, other.pk])
        assert [(each.unit, each.state, each.base) for each in (now[own.pk], now[other.pk])] == [
            (unit, MemberState.NORMAL, 600_000), (unit, MemberState.NORMAL, 700_050),
        ]  # fmt: skip
        assert {line.member: line.base for line in owed(unit=unit, month=JUNE, on=DAY)} == {
            own.pk: 600_000, paying.pk: 500_000, other.pk: 700_050,
        }  # fmt: skip
        assert other.moves.get().to_unit == unit
