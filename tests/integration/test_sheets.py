"""The employer's round trip with spreadsheets: template, upload, problems, remarks, mended, used once."""

import io
from datetime import date

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from python_calamine import CalamineWorkbook

from anju.cases import operations as cases
from anju.cases.catalogue import find
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import IneligibleError
from anju.contributions.bills import next_month, owed
from anju.contributions.models import Bill
from anju.contributions.models_sheets import Sheet, SheetPart, SheetState
from anju.contributions.sheets.declarations import Context, kind_of
from anju.contributions.sheets.jobs import ask_again, check_sheet
from anju.contributions.sheets.operations import SheetError, check, drop, ready, upload, use
from anju.contributions.sheets.writing import template, with_remarks
from anju.contributions.xlsx_guard import RosterFileError
from anju.kernel.periods import Month
from anju.platform.people.models import Kind
from anju.registry.accounts import Deed, Joining, move
from anju.registry.models import Employment, Member, Unit
from anju.registry.openings import Opening, open_members
from anju.registry.operations import NewMember, adjust_bases, open_member_accounts, seal_members
from item_walk import AT, DAY, caller, identity_number, in_clear, phone, serial
from portal_walk import a_unit
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("business_days")]
MONTH = Month(2026, 5)


def staffed(*bases: int) -> tuple[Unit, list[Member]]:
    unit = a_unit()
    numbers = [f"6{serial()}" for _base in bases]
    open_member_accounts(
        members=[
            NewMember(
                number=number, name=f"王小{'甲乙丙丁戊'[place]}", identity_number=identity_number(), phone=phone(),
                unit_number=unit.number, base=base, opened=DAY, first_month=MONTH,
            )
            for place, (number, base) in enumerate(zip(numbers, bases, strict=True))
        ]
    )  # fmt: skip
    return unit, list(Member.objects.filter(number__in=numbers).order_by("number"))


def taken(unit: Unit, content: bytes, kind: str = "bases", month: Month | None = None) -> Sheet:
    sheet = upload(
        unit_number=unit.number, kind=kind, month=month, content=content, actor="tests", at=AT, business_date=DAY
    )
    return check(sheet_id=sheet.pk)


def text(unit: Unit, members: list[Member], wages: list[str], encoding: str = "gb18030", **changed: str) -> bytes:
    """A list as WPS writes it as text; `changed` are cells of the first row by heading."""
    rows = [
        {"个人账号": member.number, "姓名": member.name, "证件号码": member.identity, "上年月平均工资(元)": wage}
        for member, wage in zip(members, wages, strict=True)
    ]
    rows[0] |= changed
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return f"年度基数调整清单\n单位账号,{unit.number}\n".encode(encoding) + "\r\n".join(lines).encode(encoding)


def cells(content: bytes) -> list[list]:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        return [row for row in book.get_sheet_by_index(0).iter_rows() if any(cell != "" for cell in row)]


def told(sheet: Sheet) -> set[tuple[int, str, str]]:
    return set(sheet.found.values_list("line", "column", "rule"))


def test_the_template_comes_back_as_it_is_and_is_ready():
    unit, members = staffed(500_000, 987_654)
    content = template(kind_of("bases"), Context(unit, None, DAY))
    assert [row[0] for row in cells(content)[4:]] == [member.number for member in members]
    sheet = taken(unit, content)
    assert (sheet.state, sheet.rows, sheet.checked, sheet.problems) == (SheetState.READY, 2, 2, 0)
    assert list(sheet.lines.order_by("line").values_list("base", flat=True)) == [500_000, 987_654]


def test_every_bad_cell_is_told_and_the_same_file_comes_back_with_remarks():
    unit, members = staffed(500_000, 600_000, 700_000)
    other, strangers = staffed(800_000)
    seal_members(numbers=[members[2].number], sealed=DAY)
    everybody = [*members, *strangers, members[1]]
    content = text(unit, everybody, ["12,345", "8000", "9000", "7000", "8000"], 姓名="王小错")
    sheet = taken(unit, content.replace("12,345".encode("gb18030"), "一万".encode("gb18030")))
    assert sheet.state == SheetState.BAD
    assert told(sheet) >= {
        (4, "上年月平均工资", "VALUE"),
        (6, "证件号码", "STATE"),
        (7, "证件号码", "NOT_OF_UNIT"),
        (8, "证件号码", "DUPLICATE"),
    }
    with pytest.raises(SheetError, match="须校验通过"):
        ready(number=sheet.number, unit=unit.number, kind="bases")
    remarks = {row[0]: row[-1] for row in cells(with_remarks(sheet))[4:]}
    assert "金额应为元" in remarks[members[0].number]
    assert "已封存" in remarks[members[2].number] or "封存" in remarks[members[2].number]
    assert other.number not in "".join(map(str, remarks.values()))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-8"])
def test_text_files_of_excel_and_wps(encoding):
    unit, members = staffed(500_000)
    sheet = taken(unit, text(unit, members, ["6,543.21".replace(",", "")], encoding))
    assert sheet.state == SheetState.READY
    assert sheet.lines.get().base == 654_321


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\0\1\2", b"a,b\n1,2", bytes.fromhex("d0cf11e0a1b11ae1") * 100, b"\xff\xfe\x00"],
    ids=["empty", "zip", "nul", "headings", "xls", "bytes"],
)  # fmt: skip
def test_what_is_no_list_is_refused_whole(content):
    unit, _members = staffed(500_000)
    with pytest.raises(RosterFileError):
        taken(unit, content)
    assert not Sheet.objects.filter(unit=unit).exists()


def test_the_same_file_is_the_same_list_until_it_is_dropped():
    unit, members = staffed(500_000)
    content = text(unit, members, ["6000"])
    first = taken(unit, content)
    assert taken(unit, content) == first
    drop(number=first.number, actor="tests", at=AT)
    assert not SheetPart.objects.filter(sheet=first).exists()
    assert taken(unit, content) != first


def test_a_wrong_list_is_checked_anew_or_gives_way_to_the_mended_one():
    unit, members = staffed(500_000, 600_000)
    seal_members(numbers=[members[1].number], sealed=DAY)
    content = text(unit, members, ["6000", "7000"])
    wrong = taken(unit, content)
    assert told(wrong) == {(5, "证件号码", "STATE")}
    Member.objects.filter(pk=members[1].pk).update(state="01")
    again = taken(unit, content)  # the account was unsealed meanwhile
    assert (again, again.state, again.problems, again.rows) == (wrong, SheetState.READY, 0, 2)
    assert again.lines.count() == 2
    assert taken(unit, content) == again
    worse, others = text(unit, members, ["6000", "0"]), text(unit, members, ["0", "7000"])
    second, third = taken(unit, worse), upload(
        unit_number=unit.number, kind="bases", month=None, content=others, actor="somebody", at=AT, business_date=DAY
    )  # fmt: skip
    assert check(sheet_id=third.pk).state == second.state == SheetState.BAD
    mended = taken(unit, text(unit, members, ["6000", "7500"]))
    states = dict(Sheet.objects.filter(unit=unit).values_list("pk", "state"))
    assert states == {again.pk: "ready", second.pk: "dropped", third.pk: "bad", mended.pk: "ready"}
    assert not SheetPart.objects.filter(sheet=second).exists()


@pytest.mark.usefixtures("center")
def test_two_uploads_at_once_are_one_list():
    unit, members = staffed(500_000)
    content = text(unit, members, ["6000"])
    both = in_threads(lambda _place: taken(unit, content), 2)
    assert both[0] == both[1]
    assert Sheet.objects.filter(unit=unit).count() == 1


def test_a_list_that_a_killed_worker_left_is_asked_for_again_once():
    unit, members = staffed(500_000)
    sheet = upload(
        unit_number=unit.number, kind="bases", month=None, content=text(unit, members, ["6000"]), actor="tests", at=AT,
        business_date=DAY,
    )  # fmt: skip
    asked = ProcrastinateJob.objects.filter(task_name="contributions.check-sheet", args={"sheet_id": sheet.pk})
    ask_again(int(AT.timestamp()))
    assert not asked.exists()
    for _twice in range(2):
        ask_again(int(AT.timestamp()) + 600)
    assert asked.count() == 1
    check_sheet(sheet_id=sheet.pk)
    sheet.refresh_from_db()
    assert sheet.state == SheetState.READY


def test_nothing_of_a_list_stands_in_clear():
    unit, members = staffed(500_000)
    taken(unit, text(unit, members, ["6000"]))
    assert in_clear(members[0].identity) == []


class TestUse:
    def handed_in(self, unit: Unit, item: str, **typed: str):
        by = caller(Kind.UNIT, unit.number)
        case = cases.open_draft(
            item=item, channel=Channel.EMPLOYER, applicant_kind=ApplicantKind.UNIT, reference=unit.number, actor=by, at=AT,
            business_date=DAY,
        )  # fmt: skip
        cases.save_draft(number=case.number, typed={name: [value] for name, value in typed.items()}, actor=by, at=AT)
        return cases.submit(number=case.number, expected_version=case.version, actor=by, at=AT, business_date=DAY)

    def test_u04_clamps_with_a_reason_and_counts_from_its_month(self):
        unit, members = staffed(500_000, 600_000, 700_000)
        sheet = taken(unit, text(unit, members, ["1000", "6543.21", "99999"]))
        notes = list(sheet.lines.order_by("line").values_list("code", flat=True))
        case = self.handed_in(unit, "U04", sheet=sheet.number, first_month="2026-07")
        assert case.state == "completed"
        bases = [line.base for line in owed(unit=unit, month=Month(2026, 7), on=DAY)]
        assert bases == list(sheet.lines.order_by("member__number").values_list("base", flat=True))
        assert [line.base for line in owed(unit=unit, month=MONTH, on=DAY)] == [500_000, 600_000, 700_000]
        assert notes[1] == ""
        with pytest.raises(SheetError, match="已使用"):
            ready(number=sheet.number, unit=unit.number, kind="bases")
        again = taken(unit, text(unit, members, ["2000", "6000", "8000"]))
        with pytest.raises(IneligibleError, match="一年调整一次"):
            self.handed_in(unit, "U04", sheet=again.number, first_month="2026-08")

    def test_u04_clamps_by_the_bounds_of_the_month_from_which_it_counts(self, monkeypatch):
        july = date(2026, 7, 1)

        def bounds(on: date) -> tuple[int, int]:
            return (200_000, 2_600_000) if on >= july else (190_000, 2_500_000)

        monkeypatch.setattr("anju.contributions.sheets.kinds.bases.base_bounds", bounds)
        unit, members = staffed(500_000, 600_000, 700_000)
        early = taken(unit, text(unit, members, ["1000", "25500", "6000"]))
        with pytest.raises(IneligibleError, match="影响 2 人"):
            self.handed_in(unit, "U04", sheet=early.number, first_month="2026-07")
        with pytest.raises(IneligibleError, match="最晚可填 2027-05"):
            self.handed_in(unit, "U04", sheet=early.number, first_month="2062-07")
        drop(number=early.number, actor="tests", at=AT)
        Unit.objects.filter(pk=unit.pk).update(paid_to=202606)
        sheet = taken(unit, text(unit, members, ["1000", "25500", "6000"]))
        assert list(sheet.lines.order_by("line").values_list("base", flat=True)) == [200_000, 2_550_000, 600_000]
        assert self.handed_in(unit, "U04", sheet=sheet.number, first_month="2026-07").state == "completed"

    def test_u04_leaves_alone_who_left_since_the_list_was_checked(self):
        (unit, members), (there, _staff) = staffed(500_000, 600_000), staffed(700_000)
        sheet = taken(unit, text(unit, members, ["6000", "6500"]))
        move(
            unit=there.number, joining=[Joining(members[0].number, 800_000)], first_month=Month(2026, 6),
            deed=Deed(business_date=DAY, actor="tests", at=AT),
        )  # fmt: skip
        with pytest.raises(IneligibleError, match="1 人已封存或转出"):
            self.handed_in(unit, "U04", sheet=sheet.number, first_month="2026-07")
        assert Member.objects.get(pk=members[0].pk).base == 800_000

    def test_c01_by_a_roster_that_agrees_to_the_fen(self):
        unit, members = staffed(500_000, 987_654)
        content = template(kind_of("remittance"), Context(unit, MONTH, DAY))
        sheet = taken(unit, content, "remittance", MONTH)
        assert find("C01").prefill(reference=unit.number)["sheet"] == sheet.number
        assert sheet.state == SheetState.READY
        case = self.handed_in(unit, "C01", first_month="2026-05", months="1", method="transfer", sheet=sheet.number)
        assert (case.state, Bill.objects.get(number=case.result["bill"]).members) == ("completed", len(members))
        assert next_month(unit) == Month(2026, 6)

    def test_the_month_of_a_foreigner_a_frozen_and_one_who_leaves_comes_back_as_it_was_made(self):
        unit, (frozen, leaves) = staffed(500_000, 600_000)
        foreign = f"E{serial()[:8]}"
        for country, payer, name in (
            ("USA", unit, "Anna·Lee"),
            ("GBR", a_unit(), "Bob·Ray"),
        ):  # one number, two persons
            open_members(
                unit_number=payer.number, business_date=DAY, actor="tests", at=AT,
                openings=[
                    Opening(
                        name=name, document_number=foreign, document_type="03", document_country=country, phone=phone(),
                        base=800_000, first_month=MONTH,
                    )
                ],
            )  # fmt: skip
        Member.objects.filter(pk=frozen.pk).update(state="06")
        seal_members(numbers=[leaves.number], sealed=DAY, last_month=MONTH)
        sheet = taken(unit, template(kind_of("remittance"), Context(unit, MONTH, DAY)), "remittance", MONTH)
        assert (sheet.state, sheet.rows, told(sheet)) == (SheetState.READY, 3, set())
        bases = taken(unit, template(kind_of("bases"), Context(unit, None, DAY)))
        assert (bases.state, bases.rows) == (SheetState.READY, 2)
        assert foreign.encode() not in str(list(sheet.found.values_list())).encode()
        short = text(unit, [frozen], ["6000"], 证件号码=frozen.identity[:17])
        assert told(taken(unit, short)) == {(4, "证件号码", "IDENTITY_LENGTH")}

    def test_a_roster_one_fen_off_or_without_somebody_is_no_roster(self):
        unit, members = staffed(500_000, 987_654)
        rows = cells(template(kind_of("remittance"), Context(unit, MONTH, DAY)))
        header, first, second = rows[-3], rows[-2], rows[-1]
        lines = [header[:6], first[:6], [*second[:4], second[4] + 0.01, second[5]]]
        content = "\n".join(",".join(map(str, line)) for line in lines).encode()
        sheet = taken(unit, content, "remittance", MONTH)
        assert told(sheet) == {(3, "单位月缴存额", "AMOUNT_DIFFERS")}
        alone = taken(unit, "\n".join(",".join(map(str, line)) for line in lines[:2]).encode(), "remittance", MONTH)
        whole = list(alone.found.values_list("line", "value", "message"))
        assert (alone.state, alone.problems, whole[0][:2]) == (SheetState.BAD, 2, (0, "缺 1 人"))
        assert "先办理封存" in whole[0][2]
        assert whole[1] == (0, f"{members[1].number} 王*乙", "应缴而未列入清册")
        remarks = with_remarks(alone)
        assert any(f"{members[1].number} 王*乙" in str(row) for row in cells(remarks)[:6])
        assert taken(unit, remarks, "remittance", MONTH).rows == 1

    def test_a_roster_that_facts_have_overtaken_is_told_by_name(self):
        unit, members = staffed(500_000, 600_000)
        sheet = taken(unit, template(kind_of("remittance"), Context(unit, MONTH, DAY)), "remittance", MONTH)
        assert sheet.state == SheetState.READY
        seal_members(numbers=[members[0].number], sealed=DAY, last_month=Month(2026, 4))
        adjust_bases(bases=[(members[1].number, 700_000)], first_month=MONTH)
        _elsewhere, (newcomer,) = staffed(800_000)
        Employment.objects.filter(member=newcomer).update(unit=unit)
        with pytest.raises(IneligibleError) as refused:
            self.handed_in(unit, "C01", first_month="2026-05", months="1", method="transfer", sheet=sheet.number)
        for words in (
            f"未列入 1 人（{newcomer.number} 王*甲）", f"不需汇缴 1 人（{members[0].number} 王*甲）",
            f"金额已变 1 人（{members[1].number} 王*乙）",
        ):  # fmt: skip
            assert words in str(refused.value)

    def test_another_units_list_is_not_there(self):
        unit, members = staffed(500_000)
        sheet = taken(unit, text(unit, members, ["6000"]))
        with pytest.raises(SheetError, match="没有此清单编号"):
            use(number=sheet.number, unit=a_unit().number, kind="bases", case="X")
