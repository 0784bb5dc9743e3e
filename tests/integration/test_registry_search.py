"""Search of members and units: by every way a person is named, in one order, through the indexes made for it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anju.kernel.errors import InvalidValueError
from anju.kernel.periods import Month
from anju.registry import search
from anju.registry.changes import MemberChange, change_member
from anju.registry.models import Member, MemberState, Unit
from anju.registry.openings import Opening, open_members
from anju.registry.operations import NewUnit, register_units
from item_walk import AT, DAY, credit_code, identity_number, phone, serial
from portal_walk import a_unit

pytestmark = [pytest.mark.usefixtures("db")]


def people(unit: Unit, *names: str, **facts) -> list[Member]:
    fresh = {"base": 500_000, "first_month": Month(2026, 5)}
    openings = [
        Opening(**{"name": name, "document_number": identity_number(), "phone": phone()} | fresh | facts)
        for name in names
    ]
    numbers = open_members(unit_number=unit.number, openings=openings, business_date=DAY, actor="x", at=AT)
    return [Member.objects.get(number=number) for number in numbers]


def found(text: str, **within) -> list[str]:
    return [member.number for member in search.find_members(text, **within).rows]


class TestMembers:
    def test_one_person_by_account_document_phone_name_pinyin_and_initials(self):
        unit = a_unit()
        one, other = people(unit, "单骥骐", "骥单骐")
        by_number = (one.number, one.number.lower(), f" {one.identity.lower()} ", one.phone, f"+86 {one.phone}")
        by_name = ("单骥", "单骥骐", "shanjiqi", "Shan Ji", "SJQ", "sj")
        for text in (*by_number, *by_name):
            assert one.number in found(text, unit=unit.number), text
            assert other.number not in found(text, unit=unit.number), text
        assert found("danjiqi", unit=unit.number) == []
        assert search.find_members(one.identity).exact
        assert not search.find_members("单骥骐").exact
        assert set(found(one.number[:9])) >= {one.number, other.number}

    def test_documents_of_other_kinds(self):
        unit = a_unit()
        permit = f"H{serial()[:8]}"
        (one,) = people(unit, "陈大文", document_type="05", document_country="", document_number=f"{permit}02")
        assert found(permit) == found(f"{permit}03") == [one.number]

    def test_a_changed_name_is_found_by_its_new_spelling(self):
        unit = a_unit()
        (one,) = people(unit, "甲骥骐")
        change_member(number=one.number, change=MemberChange(name="解骥骐"), business_date=DAY, actor="x", at=AT)
        assert found("xiejiqi", unit=unit.number) == [one.number]
        assert found("jiajiqi", unit=unit.number) == []

    def test_active_before_closed_then_by_name_then_by_number_and_no_more_than_the_limit(self):
        unit, elsewhere = a_unit(), a_unit()
        rows = people(unit, "骉丙", "骉乙", "骉乙", *(["骉甲"] * 2))
        people(elsewhere, "骉丁")
        Member.objects.filter(pk=rows[0].pk).update(state=MemberState.WITHDRAWN, closed_date=DAY)
        by_codepoint = sorted(rows[1:], key=lambda member: (member.name.encode(), member.number))
        assert found("骉", unit=unit.number) == [member.number for member in (*by_codepoint, rows[0])]
        assert len(found("骉")) == 6
        assert found("骉", office="没有的管理部") == []
        assert len(found("骉", office="市直")) == 6
        people(unit, *(["骉多"] * search.LIMIT))
        result = search.find_members("骉")
        assert (len(result.rows), result.more) == (search.LIMIT, True)

    @pytest.mark.parametrize("text", ["", " ", "%", "_", "' OR 1=1 --", "12", "\\", "九%", "1" * 40])
    def test_what_names_nobody_finds_nobody(self, text):
        people(a_unit(), "甲乙")
        assert found(text) == []

    def test_control_characters_are_told(self):
        with pytest.raises(InvalidValueError):
            search.find_members("张\0")


class TestUnits:
    def test_by_number_credit_code_pinyin_initials_and_part_of_the_name(self):
        number, code = f"7{serial()}", credit_code()
        register_units(
            units=[
                NewUnit(
                    number=number, name="岳阳骥骐机电（集团）Kappa公司", credit_code=code, office="市直", sector="其他",
                    unit_ratio=50_000, person_ratio=50_000, opened=DAY, paid_to=Month(2026, 4),
                )
            ]
        )  # fmt: skip
        for text in (
            number,
            number[:6],
            code.lower(),
            "骥骐",
            "骐机电",
            "（集团）k",
            "yueyangjiqi",
            "yyjqjd",
            "KAPPA公司",
        ):
            assert number in [unit.number for unit in search.find_units(text).rows], text
        assert number not in [unit.number for unit in search.find_units("骥电").rows]
        assert search.find_units("骥骐", office="没有").rows == []
        assert search.find_units("").rows == search.find_units("%").rows == []


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("骉", "registry_member_name_active"), ("shanji", "registry_member_spelling_active"),
        ("sj", "registry_member_initials_active"), ("M00000", "registry_member_number_active"),
        ("430602199001011235", "registry_member_identity"), ("13800138000", "registry_member_phone"),
    ],
)  # fmt: skip
def test_every_way_has_its_index(text, index):
    with CaptureQueriesContext(connection) as asked:
        search.find_members(text)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    assert any(index in plan for plan in plans)
    assert "Seq Scan on registry_member" not in "\n".join(plans)
