"""P01 from draft to effect: an account with its base and its spell, once a person, whatever is pressed or typed at once."""

import json
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import FormInvalidError, IneligibleError, MaterialsMissingError
from anju.cases.models import Case
from anju.cases.operations import save_draft
from anju.contributions import opening_rules
from anju.contributions.bills import issue_remittance, owed
from anju.contributions.items import p01_account_opening as item
from anju.contributions.models_sheets import Sheet
from anju.contributions.opening_rules import Entry, judge
from anju.contributions.sheets.operations import check, upload
from anju.kernel.identity import identity_check_digit, old_form, parse_document
from anju.kernel.periods import Month
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind
from anju.registry.agents import require, set_powers
from anju.registry.changes import MemberChange, change_member
from anju.registry.duplicates import account_of, namesakes
from anju.registry.errors import (
    MemberKnownError,
    NothingToChangeError,
    OpeningRefusedError,
    PowerMissingError,
    UnknownAgentError,
    UnknownUnitError,
)
from anju.registry.models import Change, Employment, Member, MemberBase, SpellEnded, Unit, UnitAgent, UnitState
from anju.registry.openings import Opening, open_members
from anju.registry.operations import seal_members
from anju.registry.sign_ins import issue_activation, sign_up_member
from item_walk import AT, DAY, actor, caller, draft, identity_number, in_clear, phone, serial, submit
from portal_walk import Walk, a_unit, clerk
from threads import in_threads


def answers(**typed: str) -> dict[str, str]:
    fresh = {
        "name": "单小明", "document_type": "01", "document_number": identity_number(), "phone": phone(),
        "base": "5,000", "first_month": "2026-05",
    }  # fmt: skip
    return fresh | typed


def opened(unit: Unit, *, channel=Channel.EMPLOYER, **typed: str) -> Case:
    by = caller(Kind.UNIT, unit.number) if channel is Channel.EMPLOYER else actor("teller")
    return submit(draft("P01", answers(**typed), by, channel, ApplicantKind.UNIT, reference=unit.number), by)


def opening(**facts) -> Opening:
    fresh = {"name": "王小明", "document_number": identity_number(), "phone": phone(), "base": 500_000}
    return Opening(**fresh | {"first_month": Month(2026, 5)} | facts)


def open_at(unit: Unit, *openings: Opening, case: str = "") -> list[str]:
    return open_members(
        unit_number=unit.number, openings=openings, business_date=DAY, actor="x", at=AT, case=case
    )  # fmt: skip


def checked_list(unit: Unit, lines: list[str]) -> Sheet:
    sheet = upload(
        unit_number=unit.number, kind="opening", month=None, content="\n".join(lines).encode(), actor="x", at=AT,
        business_date=DAY,
    )  # fmt: skip
    return check(sheet_id=sheet.pk)


def opened_by_list(unit: Unit, number: str) -> Case:
    by = caller(Kind.UNIT, unit.number)
    return submit(draft("P01", {"sheet": number}, by, Channel.EMPLOYER, ApplicantKind.UNIT, reference=unit.number), by)


@pytest.mark.usefixtures("db")
class TestTheWay:
    @pytest.mark.parametrize("channel", [Channel.EMPLOYER, Channel.COUNTER], ids=str)
    def test_met_rules_open_the_account_at_once_and_the_unit_owes_for_it(self, channel):
        unit, number = a_unit(), identity_number()
        case = opened(unit, channel=channel, document_number=f" {number.lower()}", base="6,000.50")
        member = Member.objects.get(number=case.result["member"])
        assert (case.state, case.subject) == ("completed", "单*明")
        assert (member.name, member.identity, member.document_type, member.document_country, member.unit) == (
            "单小明", number, "01", "CHN", unit,
        )  # fmt: skip
        assert (member.name_spelling, member.name_initials, member.number[0], len(member.number)) == (
            "shanxiaoming", "sxm", "M", 11,
        )  # fmt: skip
        assert MemberBase.objects.values_list("first_month", "amount", "case_number").get(member=member) == (
            202605, 600_050, case.number,
        )  # fmt: skip
        assert Employment.objects.get(member=member).first_month == 202605
        assert [each.amount for each in owed(unit=unit, month=Month(2026, 5), on=DAY)] == [2 * 48_004]
        change = Change.objects.get(number=member.number)
        assert json.loads(change.content)["after"]["identity"] == number
        entry = AuditEntry.objects.get(object_kind="member", object_reference=member.number)
        assert (entry.action, entry.detail["case"]) == ("registry.member-opened", case.number)
        assert in_clear(number) == in_clear(member.phone) == []

    def test_a_passport_needs_its_copy_and_its_country(self):
        unit, by = a_unit(), actor("teller")
        foreign = answers(document_type="03", document_number="c01x 0006h", document_country="DEU", name="Müller·Jan")
        case = draft("P01", foreign, by, Channel.COUNTER, ApplicantKind.UNIT, reference=unit.number)
        member = Member.objects.get(number=submit(case, by).result["member"])
        assert (member.identity, member.document_type, member.document_country) == ("C01X0006H", "03", "DEU")
        bare = draft("P01", answers(), by, Channel.COUNTER, ApplicantKind.UNIT, reference=unit.number)
        typed = {name: [text] for name, text in (foreign | {"document_number": "C01X0007H"}).items()}
        save_draft(number=bare.number, typed=typed, actor=by, at=AT)
        with pytest.raises(MaterialsMissingError, match="证件"):
            submit(bare, by)
        # Another country's passport may bear the same number.
        assert (
            opened(unit, document_type="03", document_number="C01X0006H", document_country="USA").state == "completed"
        )

    def test_who_has_a_passport_signs_up_and_their_phone_follows(self):
        foreign = {"document_type": "03", "document_number": f"C{serial()[1:]}", "document_country": "DEU"}
        (number,) = open_at(a_unit(), opening(name="Jan Müller", **foreign))
        member, fresh = Member.objects.get(number=number), phone()
        code = issue_activation(member=member, by="x", at=AT)
        facts = {"username": f"jan{serial()}", "password": "岳阳楼记2026-洞庭", "at": AT}
        person = sign_up_member(number=number, code=code, **facts).person
        change_member(number=number, change=MemberChange(phone=fresh), business_date=DAY, actor="x", at=AT)
        person.refresh_from_db()
        assert (person.identity, person.phone) == (None, fresh)
        card = identity_number()
        change_member(number=number, change=MemberChange(identity_number=card), business_date=DAY, actor="x", at=AT)
        changed = Member.objects.get(number=number)
        assert (changed.identity, changed.document_type, changed.document_country) == (card, "01", "CHN")

    def test_the_portals_page_shows_the_monthly_amount_before_handing_in(self):
        unit = a_unit()
        walk = Walk(clerk(unit))
        case = walk.start("P01")
        one, two = answers(), ("phone", "base", "first_month")
        walk.send(f"cases/{case.number}/questions/list/", sheet="")
        walk.send(f"cases/{case.number}/questions/person/", **{n: t for n, t in one.items() if n not in two})
        walk.send(f"cases/{case.number}/questions/terms/", **{n: one[n] for n in two})
        assert "400.00" in walk.get(f"cases/{case.number}/check/")
        walk.send(f"cases/{case.number}/check/")
        assert walk.at.endswith("/done/")
        assert Case.objects.get(number=case.number).state == "completed"


@pytest.mark.usefixtures("db")
class TestWrongInput:
    @pytest.mark.parametrize(
        ("typed", "field", "told"),
        [
            ({"document_number": "430602900101123"}, "document_number", "15 位旧证件号码"),
            ({"document_number": "43060219900101123"}, "document_number", "18 位"),
            ({"document_type": "03", "document_number": "E12345678"}, "document_country", "签发国家"),
            ({"document_type": "05", "document_number": "12345678"}, "document_number", "H 或 M"),
            ({"name": "李\ue123"}, "name", "自造字"),
            ({"phone": "138"}, "phone", "11 位"),
            ({"base": "-1"}, "base", "金额"),
            ({"first_month": "2026-13"}, "first_month", "月"),
        ],
        ids=lambda value: value if isinstance(value, str) and value.isascii() else "",
    )
    def test_the_form_names_the_field(self, typed, field, told):
        with pytest.raises(FormInvalidError, match=told) as refused:
            opened(a_unit(), **typed)
        assert set(refused.value.errors) == {field}

    def test_months_that_are_remitted_before_the_opening_or_far_ahead(self):
        unit = a_unit()
        for month in ("2026-04", "2026-07", "2099-01"):
            with pytest.raises(IneligibleError, match="起缴年月最"):
                opened(unit, first_month=month)
        assert opened(unit, first_month="2026-06").state == "completed"
        opened(unit)
        issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="x")
        with pytest.raises(IneligibleError, match="最早为 2026-06"):
            opened(unit)

    def test_the_base_stays_within_floor_and_cap(self, monkeypatch):
        june = date(2026, 6, 1)
        monkeypatch.setattr(item, "base_bounds", lambda on: (200_000, 2_900_000 if on >= june else 2_800_000))
        unit = a_unit()
        for base, told in (("1999.99", "下限 2,000.00 元"), ("28000.01", "上限 28,000.00 元")):
            with pytest.raises(IneligibleError, match=told):
                opened(unit, base=base)
        assert opened(unit, base="28000").state == "completed"
        assert opened(unit, base="29000", first_month="2026-06").state == "completed"  # the bounds of its own month

    def test_who_has_an_account_is_led_on_and_the_other_unit_is_not_named(self):
        unit, other, number = a_unit(), a_unit("另一家保密单位"), identity_number()
        first = opened(other, document_number=number).result["member"]
        with pytest.raises(IneligibleError, match=r"启封（P04）或同城转移（P05）") as told:
            opened(unit, document_number=number)
        assert "另一家" not in str(told.value)
        assert number not in str(told.value)
        with pytest.raises(IneligibleError, match="不必重复设立"):
            opened(other, document_number=number)
        seal_members(numbers=[first], sealed=DAY, reason=SpellEnded.LEFT)
        with pytest.raises(IneligibleError, match="已封存，请办理启封"):
            opened(other, document_number=number)

    def test_a_unit_that_is_sealed_opens_nothing(self):
        unit = a_unit()
        Unit.objects.filter(pk=unit.pk).update(state=UnitState.SEALED, sealed_date=DAY)
        with pytest.raises(IneligibleError, match="单位状态为“封存”"):
            opened(unit)
        with pytest.raises(UnknownUnitError):
            open_at(unit, opening())

    def test_a_likely_duplicate_and_a_shared_phone_are_remarks(self):
        unit, number, shared = a_unit(), identity_number(), phone()
        sibling = next(
            each for each in (f"{number[:16]}{digit}" for digit in range(10)) if each != number[:17]
        )  # the same birth date, another sequence
        opened(unit, document_number=number, name="重名甲", phone=shared)
        for _more in range(2):
            opened(unit, phone=shared)
        case = opened(unit, document_number=sibling + identity_check_digit(sibling), name="重名甲", phone=shared)
        remarks = {row.rule for row in case.check_results.filter(passed=False)}
        assert remarks == {"P01-5", "P01-6"}

    def test_an_old_number_on_record_is_the_same_person(self):
        unit, number = a_unit(), next(n for n in iter(identity_number, "") if old_form(n))
        (known,) = open_at(unit, opening(document_type="99", document_number="临1234"))
        taken_over = Member.objects.get(number=known)  # as systems before this one kept it
        taken_over.identity = old_form(number)
        taken_over.save()
        assert account_of(parse_document("01", number)).number == known
        assert namesakes(name="王小明", birth_date=date(1980, 1, 1), but=number) == []


@pytest.mark.usefixtures("db")
class TestLists:
    def test_a_whole_list_is_judged_row_by_row_in_few_questions(self, monkeypatch):
        unit, other = a_unit(), a_unit("另一家保密单位")
        monkeypatch.setattr(opening_rules, "base_bounds", lambda _on: (200_000, 2_800_000))
        elsewhere, here, sealed, free = (identity_number() for _each in range(4))
        open_at(other, opening(document_number=elsewhere))
        _one, two = open_at(unit, opening(document_number=here), opening(document_number=sealed))
        seal_members(numbers=[two], sealed=DAY)
        numbers = [elsewhere, here, sealed, free, free, *(identity_number() for _each in range(20))]
        entries = [
            Entry(row, parse_document("01", number), 500_000, Month(2026, 5)) for row, number in enumerate(numbers, 2)
        ]
        entries[3] = replace(entries[3], base=199_999, first_month=Month(2026, 8))
        with CaptureQueriesContext(connection) as asked:
            faults = judge(payer=unit, entries=entries, on=DAY)
        assert [(fault.row, fault.field) for fault in faults] == [
            (2, "document_number"), (3, "document_number"), (4, "document_number"), (5, "base"), (5, "first_month"),
            (6, "document_number"),
        ]  # fmt: skip
        assert len(asked) <= 5
        told = " ".join(fault.message for fault in faults)
        assert "另一家" not in told
        assert not any(number in told for number in numbers)
        assert "第 5 行" in faults[-1].message

    def test_a_list_that_was_uploaded_opens_once_and_its_rows_are_judged_before(self):
        unit, other, elsewhere = a_unit(), a_unit("另一家保密单位"), identity_number()
        open_at(other, opening(document_number=elsewhere))
        head = "姓名,证件类型,证件号码,手机号码,缴存基数,起缴年月,签发国家或地区"
        people = [("单小明", "", identity_number()), ("陈大文", "港澳居民来往内地通行证", f"H{serial()[:8]}02")]
        rows = [f"{name},{kind},{number},{phone()},5000,2026-05," for name, kind, number in people]
        bad = [f"王小明,,{elsewhere},{phone()},5000,2026-05,", f"王小明,护照,E12345678,{phone()},5000,2026-05,"]
        wrong = checked_list(unit, [head, *rows, *bad, rows[0]])
        found = list(wrong.found.order_by("line").values_list("line", "column"))
        assert (wrong.state, found) == (
            "bad", [(4, "证件号码"), (5, "签发国家或地区"), (6, "证件号码")],
        )  # fmt: skip
        told = " ".join(wrong.found.values_list("message", flat=True))
        assert "另一家" not in told
        assert elsewhere not in told
        with pytest.raises(IneligibleError, match="须校验通过"):
            opened_by_list(unit, wrong.number)
        sheet = checked_list(unit, [head, *rows])
        case = opened_by_list(unit, sheet.number)
        assert (case.state, case.result) == ("completed", {"sheet": sheet.number, "opened": "2"})
        members = Member.objects.filter(unit=unit).order_by("number")
        assert [(each.name, each.document_type, each.identity) for each in members] == [
            ("单小明", "01", people[0][2]), ("陈大文", "05", people[1][2][:9]),
        ]  # fmt: skip
        with pytest.raises(IneligibleError, match="已使用"):
            opened_by_list(unit, sheet.number)
        with pytest.raises(IneligibleError, match="没有此清单编号"):
            opened_by_list(other, sheet.number)
        with pytest.raises(FormInvalidError, match="只能填一种"):
            opened(unit, sheet=sheet.number)

    def test_a_list_opens_in_order_or_not_at_all(self):
        unit = a_unit()
        numbers = open_at(unit, *(opening(base=500_000 + place) for place in range(3)), case="P01X")
        assert (
            list(Member.objects.filter(number__in=numbers).order_by("base").values_list("number", flat=True)) == numbers
        )
        assert open_at(unit, opening(), case="P01X") == numbers
        twice, count = identity_number(), Member.objects.count()
        for wrong in ((opening(document_number=twice), opening(document_number=twice.lower())), ()):
            with pytest.raises(OpeningRefusedError):
                open_at(unit, *wrong)
        with pytest.raises(OpeningRefusedError, match="单位开户"):
            open_at(unit, opening(), opening(first_month=Month(2026, 4)))
        with pytest.raises(MemberKnownError):
            open_at(unit, opening(), opening(document_number=Member.objects.get(number=numbers[0]).identity))
        assert Member.objects.count() == count


@pytest.mark.usefixtures("center")
class TestAtOnce:
    def test_two_units_open_one_person_once(self):
        units, number = [a_unit(), a_unit()], identity_number()

        def work(index: int) -> list[str]:
            return open_at(units[index], opening(document_number=number))

        results = in_threads(work, 2)
        assert sorted(type(each).__name__ for each in results) == ["MemberKnownError", "list"]
        assert Member.objects.filter(identity_index=number).count() == 1

    def test_one_case_twice_at_once_opens_once(self):
        unit, one = a_unit(), opening()
        results = in_threads(lambda _index: open_at(unit, one, case=f"P{unit.number}"), 2)
        assert results[0] == results[1]
        assert Member.objects.filter(unit=unit).count() == 1


@pytest.mark.usefixtures("db")
class TestPowers:
    def test_an_agent_without_the_power_begins_nothing_and_hands_nothing_in(self):
        unit = a_unit()
        user = clerk(unit)
        walk = Walk(user)
        begun = walk.start("P01")
        for group in ("person", "terms"):
            walk.send(f"cases/{begun.number}/questions/{group}/", **answers())
        facts = {"unit_number": unit.number, "business_date": DAY, "actor": "x", "at": AT}
        set_powers(username=user.username, powers=["remit"], **facts)
        assert "没有授予您“职工账户”的权限" in walk.send(f"cases/{begun.number}/check/")
        assert Case.objects.get(pk=begun.pk).state == "draft"
        assert "没有授予您“职工账户”的权限" in walk.send("items/P01/start/", page="items/P01/")
        assert walk.start("C01").item == "C01"
        assert json.loads(Change.objects.get(number=unit.number).content) == {
            "before": {"agent": user.username, "powers": "remit,members,registry"},
            "after": {"agent": user.username, "powers": "remit"},
        }
        with pytest.raises(NothingToChangeError):
            set_powers(username=user.username, powers=["remit"], **facts)
        with pytest.raises(UnknownAgentError):
            set_powers(username="nobody", powers=[], **facts)
        set_powers(username=user.username, powers=[], **facts)
        assert UnitAgent.objects.get(user=user).powers == []
        with pytest.raises(PowerMissingError):
            require(user=user, unit_number=unit.number, power="remit")
