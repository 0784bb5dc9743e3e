"""Members and the home page of a synthetic city."""

import re
from datetime import date

import pytest

from anju.kernel.identity import mask_identity_number, mask_name
from anju.kernel.money import format_yuan
from anju.ledger import operations, queries
from anju.ledger.operations import JournalRequest, credit, debit
from city_pages import PERSONS, SCALE, YEAR, addresses, signed_in, text_of, words_of


class TestMembers:
    @pytest.mark.parametrize("role", sorted(PERSONS))
    def test_the_statement_is_the_ledgers_and_masked(self, role, person):
        from anju.registry.models import Member

        member = Member.objects.get(number=person.number)
        page = text_of(signed_in(role).get(f"/members/{person.number}/"))
        assert mask_name(person.name) in page
        assert person.name not in page
        assert mask_identity_number(person.identity_number) in page
        assert format_yuan(queries.account_balance(account=member.account_id)) in page
        opening, entries = queries.statement(account=member.account_id, start=date(YEAR, 1, 1), end=date(YEAR, 12, 31))
        cells = re.findall(r'<td class="amount">([\d,.-]+)</td>', page.split('id="spells"')[0])
        assert cells[0] == format_yuan(opening)
        assert cells[1:-3] == [
            text for entry in entries for text in (format_yuan(abs(entry.amount)), format_yuan(entry.balance))
        ]
        interest = sum(entry.amount for entry in entries if entry.kind == "interest-settlement")
        assert interest > 0
        assert f"本年结息（元）</dt><dd>{format_yuan(interest)}" in page
        assert ('href="/journals/' in page) == (role == "auditor")

    def test_the_interest_slip_of_the_lived_year_is_the_batchs(self, person):
        from anju.registry.models import Member

        account = Member.objects.get(number=person.number).account_id
        _opening, entries = queries.statement(account=account, start=date(YEAR, 1, 1), end=date(YEAR, 6, 30))
        page = text_of(signed_in("teller").get(f"/members/{person.number}/interest/"))
        assert f"{YEAR} 年度结息单" in page
        assert entries[-1].kind == "interest-settlement"
        assert f"本年结息（元）</dt><dd>{format_yuan(entries[-1].amount)}" in page
        assert f"结息后余额（元）</dt><dd>{format_yuan(entries[-1].balance)}" in page

    def test_both_numbers_lead_to_the_account_and_neither_stays_in_an_address(self, person):
        browser = signed_in("teller")
        half_typed = " ".join(person.identity_number.lower()).translate(
            str.maketrans("0123456789", "０１２３４５６７８９")
        )
        for number in (person.number, person.identity_number, half_typed, f" {person.number}\t"):
            response = browser.post("/members/", {"number": number})
            assert response["Location"] == f"/members/{person.number}/"

    @pytest.mark.parametrize(
        ("number", "message"),
        [
            ("", "请填写姓名、个人账号、18 位证件号码或手机号码"),
            ("999999999999", "没有找到这个号码的账户"),
            ("110101199001011237", "没有找到这个号码的账户"),
            ("110101199001011234", "校验码错误"),
            ("11010119900101123", "应为 18 位"),
            ("110101900101123", "15 位旧证件号码"),
            ("9" * 41, "号码过长"),
            ("' OR 1=1 --", "没有找到这个号码的账户"),
        ],
    )
    def test_a_number_that_finds_nobody_is_explained_and_not_written_back(self, number, message):
        page = text_of(signed_in("teller").post("/members/", {"number": number}))
        assert message in page
        assert not number or number not in page

    def test_a_number_in_the_address_of_the_search_is_ignored(self, person):
        page = text_of(signed_in("teller").get(f"/members/?number={person.identity_number}"))
        assert person.identity_number not in page

    def test_every_look_is_recorded_before_anything_is_shown(self, person, monkeypatch):
        from anju.platform.models import AuditEntry
        from anju.web.views import members

        browser = signed_in("teller")
        before = AuditEntry.objects.filter(action="member.view").count()
        browser.get(f"/members/{person.number}/")
        browser.get(f"/members/{person.number}/")
        latest = AuditEntry.objects.filter(action="member.view").order_by("-pk").first()
        assert AuditEntry.objects.filter(action="member.view").count() == before + 2
        assert (latest.actor, latest.object_reference, latest.detail) == ("teller", person.number, {"page": "member"})
        browser.raise_request_exception = False
        monkeypatch.setattr(members, "statement", lambda **_facts: 1 / 0)
        broken = browser.get(f"/members/{person.number}/")
        assert broken.status_code == 500
        assert AuditEntry.objects.filter(action="member.view").count() == before + 3

    def test_refused_and_unknown_looks_show_and_record_nothing(self, person):
        from anju.platform.models import AuditEntry

        before = AuditEntry.objects.filter(action="member.view").count()
        assert signed_in("director").get(f"/members/{person.number}/").status_code == 403
        assert signed_in("teller").get("/members/000000000000/").status_code == 404
        assert signed_in("teller").get(f"/members/{person.number}/?year=1999").status_code == 404
        assert AuditEntry.objects.filter(action="member.view").count() == before

    def test_no_identity_number_and_no_phone_leaves_in_a_page_or_a_log(self, lived, person, caplog):
        browser, pages = signed_in("auditor"), []
        browser.raise_request_exception = False
        with caplog.at_level("DEBUG"):
            for address in addresses(person.number).values():
                pages.append(browser.get(address))
            for member in lived.members[:25]:
                pages.append(browser.post("/members/", {"number": member.identity_number}))
                pages.append(browser.get(f"/members/{member.number}/"))
                pages.append(browser.post("/members/", {"number": f"{member.identity_number}0"}))
        shown = "\n".join([*(f"{page.headers}{words_of(page)}" for page in pages), caplog.text])
        assert "/members/" in shown
        for member in lived.members:
            assert member.identity_number not in shown
            assert member.phone not in shown


class TestHome:
    def test_indicators_stand_beside_their_scaled_and_published_values(self):
        from anju.metrics.indicators import INDICATORS, annual

        page = text_of(signed_in("director").get("/"))
        plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
        for value in annual(year=YEAR):
            assert value.name in plain
            assert value.definition in plain
            assert " ".join(value.text.split()) in plain
            if value.unit != "ppm":
                assert f"折算 {INDICATORS[value.code].text(value.value * SCALE)}" in plain
        assert "公布值 56.85亿元" in plain
        assert "公布值 52.07%" in plain

    def test_the_tables_beside_the_charts_hold_the_series(self):
        from anju.metrics.series import monthly, withdrawals_by_reason
        from anju.web.charts import amount_in, amount_unit

        page = text_of(signed_in("director").get("/"))
        months = monthly(year=YEAR)
        unit, _name = amount_unit([month.contributions for month in months])
        for month in months:
            assert f"end={date(YEAR, month.month, 28).isoformat()[:7]}" in page
            assert amount_in(month.contributions, unit) in page
        reasons = withdrawals_by_reason(year=YEAR)
        assert reasons
        for label, _amount in reasons:
            assert f'<th scope="row">{label}</th>' in page
        assert page.count("<svg ") == page.count('role="img"') == 3

    def test_a_teller_sees_totals_without_ways_into_the_books(self):
        page = signed_in("teller").get("/").content.decode()
        assert "归集额" in page
        assert "/subjects/" not in page
        assert "/trial-balance/" not in page

    def test_new_journals_show_at_once(self):
        browser = signed_in("director")
        before = text_of(browser.get("/trial-balance/"))
        numbers = {subject: f"web-fresh-{subject}" for subject in ("10101", "219")}
        accounts = [operations.NewAccount(number, subject, date(2024, 1, 1)) for subject, number in numbers.items()]
        ids = operations.open_accounts(accounts=accounts, hot=True, overdraft_allowed=True)
        lines = [debit(ids["web-fresh-10101"], 98_765), credit(ids["web-fresh-219"], 98_765)]
        operations.post(
            journals=[
                JournalRequest(
                    key="web:fresh", kind="opening", business_date=date(2024, 12, 30), maker="甲", lines=lines
                )
            ]
        )
        credited = format_yuan(queries.turnover(subject="219", start=date(2024, 1, 1), end=date(2024, 12, 31))[1])
        cell = f'<td class="amount">{credited}</td>'
        assert cell not in before
        assert cell in text_of(browser.get("/trial-balance/"))
