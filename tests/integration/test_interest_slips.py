"""The interest slip says what the ledger booked in an interest year, adds up, and is verified like every paper."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client

from anju.contributions.certificates import content_of
from anju.contributions.interest_slips import NotSettledError, interest_slip, settled_years
from anju.contributions.models_certificates import Certificate
from anju.kernel.periods import Month
from anju.ledger.operations import JournalRequest, correct, credit, debit, post
from anju.ledger.queries import account_balance, balance_at
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind
from anju.registry.models import Member, MemberSignIn
from contribution_walk import a_bank, a_paying_unit, remit
from interest_walk import settle
from item_walk import serial
from portal_walk import Walk, a_sign_in, member_user
from sign_ins import staff
from uploads import pdf_text

pytestmark = [pytest.mark.usefixtures("business_days")]
FIRST = Month(2024, 6)


def drawn(member: Member, amount: int, bank: int, day: date) -> None:
    request = JournalRequest(
        key=serial(), kind="withdrawal", business_date=day, maker="甲",
        lines=[debit(member.account_id, amount), credit(bank, amount)],
    )  # fmt: skip
    post(journals=[request])


def booked(member: Member, start: date, end: date) -> dict[str, int]:
    """What the ledger's entries of the days say by kind, read on their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.kind, -sum(e.amount)::bigint FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id"
            " WHERE e.account_id = %s AND e.business_date BETWEEN %s AND %s GROUP BY 1",
            [member.account_id, start, end],
        )
        return dict(cursor.fetchall())


def a_saver() -> tuple[Member, int]:
    """Two settled interest years: money in both, a withdrawal in the second, and a payment found in its course that
    belonged to the first.
    """
    unit, (member,) = a_paying_unit(500_000, first=FIRST)
    bank = a_bank(FIRST.first_day)
    remit(unit, 1, date(2024, 6, 10), bank)
    settle(member, year=2024)
    remit(unit, 2, date(2024, 9, 2), bank)
    drawn(member, 30_000, bank, date(2025, 3, 3))
    late = JournalRequest(
        key=serial(), kind="contribution-correction", business_date=date(2025, 3, 4), value_date=date(2024, 6, 11),
        maker="甲", checker="乙", lines=[debit(bank, 9_000_000), credit(member.account_id, 9_000_000)],
    )  # fmt: skip
    correct(journals=[late])
    settle(member, year=2025)
    return member, bank


def test_every_figure_is_in_the_ledger_and_they_add_up():
    member, bank = a_saver()
    drawn(member, 5_000, bank, date(2025, 7, 1))  # after the year: not on its slip
    start, end = date(2024, 7, 1), date(2025, 6, 30)
    slip, entries = interest_slip(member=member, year=2025), booked(member, start, end)
    assert (slip.start, slip.end) == (start, end)
    assert slip.opening == interest_slip(member=member, year=2024).closing
    assert slip.opening == balance_at(account=member.account_id, on=date(2024, 6, 30))
    assert (slip.received, slip.paid) == (160_000 + 9_000_000, 30_000)
    assert slip.interest == entries["interest-settlement"] > 0
    assert slip.adjusted == entries["interest-difference"] > 0
    assert slip.opening + slip.received - slip.paid + slip.interest + slip.adjusted == slip.closing
    assert slip.closing == balance_at(account=member.account_id, on=end)
    assert slip.closing == account_balance(account=member.account_id) + 5_000
    assert [(each.kind, each.entries) for each in slip.turnover] == [
        ("remittance", 1), ("withdrawal", 1), ("contribution-correction", 1),
    ]  # fmt: skip
    assert [(each.first, each.final, each.rate) for each in slip.rates] == [(start, end, 15_000)]
    assert [(each.day.year, each.interest) for each in settled_years(member=member)] == [
        (2025, slip.interest), (2024, interest_slip(member=member, year=2024).interest),
    ]  # fmt: skip


def test_a_year_without_settlement_has_no_slip():
    member, _bank = a_saver()
    _unit, (newcomer,) = a_paying_unit(500_000, first=Month(2025, 8))
    settle(member, newcomer, year=2025)
    for asked, year in ((member, 2026), (member, 2023), (newcomer, 2025)):
        with pytest.raises(NotSettledError, match=f"{year} 年 6 月 30 日"):
            interest_slip(member=asked, year=year)
    assert settled_years(member=newcomer) == []


def test_the_member_sees_it_prints_it_and_anybody_verifies_it():
    member, _bank = a_saver()
    user = a_sign_in(Kind.MEMBER)
    MemberSignIn.objects.create(user=user, member=member)
    walk, slip = Walk(user), interest_slip(member=member, year=2025)
    interest = f"{slip.interest / 100:,.2f}"
    page = walk.get("interest/")
    assert "2025 年度结息单" in page
    assert interest in page
    assert "2024 年度结息单" in walk.get("interest/?year=2024")
    assert "没有 2026 年 6 月 30 日的结息" in walk.get("interest/?year=2026")
    walk.get("interest/?year=abcd", status=404)
    paper = walk.client.post("/member/interest/issue/", {"year": "2025", "as": "pdf"})
    words = pdf_text(paper.content)
    assert interest in words
    assert f"{slip.closing / 100:,.2f}" in words
    assert "1.50%" in words
    assert walk.client.post("/member/interest/issue/", {"year": "2025", "as": "xlsx"}).content.startswith(b"PK")
    assert walk.client.post("/member/interest/issue/", {"year": "2026", "as": "pdf"}).status_code == 404
    issued = Certificate.objects.filter(member=member, kind="interest").order_by("id")[0]
    told = Client().post("/verify/", {"number": issued.number, "code": content_of(issued).code}).content.decode()
    assert interest in told
    assert member.name not in told
    assert "还没有结息" in Walk(member_user()).get("interest/")


def test_the_teller_opens_and_prints_what_the_portals_show_and_the_look_is_recorded():
    member, _bank = a_saver()
    unit, slip = member.unit, interest_slip(member=member, year=2025)
    teller, auditor = Client(), Client()
    teller.force_login(staff(f"t{member.number}", "teller"))
    auditor.force_login(staff(f"a{member.number}", "auditor"))
    page = teller.get(f"/members/{member.number}/statement/", {"start": "2024-07-01", "end": "2025-06-30"})
    words = page.content.decode()
    assert f"{slip.closing / 100:,.2f}" in words
    assert "2024-07 – 2024-08" in words
    assert member.name not in words
    assert f"{slip.interest / 100:,.2f}" in teller.get(f"/members/{member.number}/interest/?year=2025").content.decode()
    looks = AuditEntry.objects.filter(action="member.view", object_reference=member.number)
    assert [each.detail["page"] for each in looks.order_by("id")] == ["statement", "interest"]
    assert "1,600.00" in teller.get(f"/units/{unit.number}/ledger/?start=2024-07-01&end=2025-06-30").content.decode()
    period = {"start": "2024-07-01", "end": "2025-06-30", "as": "pdf"}
    papers = {
        f"/members/{member.number}/statement/issue/": (period, f"{slip.closing / 100:,.2f}"),
        f"/members/{member.number}/interest/issue/": ({"year": "2025"}, f"{slip.interest / 100:,.2f}"),
        f"/units/{unit.number}/ledger/issue/": (period, "1,600.00"),
    }
    for address, (typed, figure) in papers.items():
        assert figure in pdf_text(teller.post(address, typed).content)
        assert teller.post(address, {**typed, "as": "xlsx"}).content.startswith(b"PK")
        assert teller.post(address, {"start": "2025-02-30"}).status_code == 404
        assert auditor.post(address, typed).status_code == 403
    assert "打印" not in auditor.get(f"/members/{member.number}/statement/").content.decode()
    issued = Certificate.objects.filter(issued_by=f"t{member.number}")
    assert (
        sorted(each.kind for each in issued) == ["interest", "interest", "statement", "statement"] + ["unit_ledger"] * 2
    )
