"""Trial balance, subjects, journals and annex 2 of a synthetic city."""

import csv
import io
import re
from datetime import date

import pytest
from django.urls import reverse

from anju.kernel.money import format_yuan
from anju.ledger import operations, queries
from anju.ledger.operations import JournalRequest, credit, debit
from city_pages import YEAR, addresses, signed_in, text_of


class TestBooks:
    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("start=&end=2024-12-31", "请填写开始日期"),
            ("start=2024-01-01&end=", "请填写结束日期"),
            ("start=2024-02-30&end=2024-12-31", "开始日期不存在"),
            ("start=2024-01-01&end=31.12.2024", "结束日期不存在"),
            ("start=2024-12-31&end=2024-01-01", "结束日期早于开始日期"),
            ("start=0001-01-01&end=2024-01-01", "日期应在 1990 年至 2200 年之间"),
            ("start=2024-01-01&end=9999-12-31", "日期应在 1990 年至 2200 年之间"),
            ("start=<b>&end=2024-12-31", "开始日期不存在"),
        ],
    )
    @pytest.mark.parametrize("name", ["trial-balance", "subject", "trial-balance-csv"])
    def test_a_wrong_period_is_explained(self, name, query, message):
        address = reverse(name, args=["201"] if name == "subject" else [])
        response = signed_in("accountant").get(f"{address}?{query}")
        assert message in text_of(response)
        if name == "trial-balance-csv":
            assert response.status_code == 400
            return
        assert "<b>" not in response.content.decode()
        field = "start" if "start" in re.findall(r'href="#id_(\w+)"', response.content.decode()) else "end"
        assert re.search(
            rf'id="id_{field}"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*id="id_{field}"', text_of(response)
        )

    def test_the_trial_balance_shows_the_ledger_and_its_check(self):
        rows = queries.trial_balance(start=date(YEAR, 1, 1), end=date(YEAR, 12, 31))
        page = text_of(signed_in("accountant").get("/trial-balance/"))
        assert "借贷平衡" in page
        shown = {
            re.sub(r"<[^>]+>", "", head).strip(): re.findall(r'<td class="amount">([^<]*)</td>', cells)
            for head, cells in re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</th>(.*?)</tr>", page, re.DOTALL)
        }
        for row in rows:
            opening, closing = row.opening, row.closing
            expected = (max(opening, 0), max(-opening, 0), row.debit, row.credit, max(closing, 0), max(-closing, 0))
            assert shown[f"{row.code} {row.name}"] == [format_yuan(amount) if amount else "" for amount in expected]
        total = shown["合计"]
        assert total[0::2] == total[1::2]
        assert total[2] == format_yuan(sum(row.debit for row in rows if row.level == 1))

    def test_books_that_do_not_balance_are_shown_so(self, monkeypatch):
        from anju.web.views import books

        rows = [queries.TrialBalanceRow("101", "住房公积金存款", 1, 1, 0, 700, 0)]
        monkeypatch.setattr(books, "kept_trial_balance", lambda _start, _end: rows)
        page = text_of(signed_in("accountant").get("/trial-balance/"))
        assert "借贷不平" in page
        assert "本期 7.00 元" in page

    def test_a_period_before_the_books_is_empty_and_not_an_error(self):
        page = text_of(signed_in("accountant").get("/trial-balance/?start=2000-01-01&end=2000-12-31"))
        assert "还没有任何凭证" in page

    def test_the_csv_is_the_same_table(self):
        response = signed_in("accountant").get("/trial-balance.csv?start=2024-03-01&end=2024-03-31")
        assert response["Content-Disposition"] == 'attachment; filename="trial-balance_2024-03-01_2024-03-31.csv"'
        table = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        rows = queries.trial_balance(start=date(2024, 3, 1), end=date(2024, 3, 31))
        assert [line[0] for line in table] == ["科目编号", *(row.code for row in rows), ""]
        by_code = {line[0]: line for line in table}
        for row in rows:
            assert by_code[row.code][4:6] == [
                format_yuan(row.debit, grouping=False),
                format_yuan(row.credit, grouping=False),
            ]
        assert table[-1][2::2] == table[-1][3::2]

    def test_a_subject_lists_its_journals_page_by_page(self):
        browser, seen = signed_in("auditor"), []
        start, end = date(2024, 1, 1), date(2024, 12, 31)
        _heads, total = queries.journals(subject="101", start=start, end=end, limit=1)
        pages = -(-total // 50)
        assert pages > 2
        for page in range(1, pages + 1):
            seen += re.findall(
                r'<th scope="row"><a href="/journals/(\d+)/">',
                browser.get(f"/subjects/101/?page={page}").content.decode(),
            )
        assert len(seen) == len(set(seen)) == total

    @pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99999", "99999999999999999999", ""])
    def test_a_page_that_does_not_exist_is_not_found(self, page):
        assert signed_in("auditor").get(f"/subjects/101/?page={page}").status_code == 404
        assert signed_in("auditor").get(f"/journals/1/?page={page}").status_code == 404

    def test_what_does_not_exist_is_not_found(self):
        browser = signed_in("auditor")
        for address in (
            "/subjects/999/",
            "/subjects/x/",
            "/journals/99999999/",
            f"/journals/{2**70}/",
            "/?year=1999",
            "/?year=x",
        ):
            response = browser.get(address)
            assert response.status_code == 404, address
            assert "没有这个页面" in text_of(response)

    def test_a_subject_without_turnover_can_be_opened(self):
        page = text_of(signed_in("auditor").get("/subjects/124/"))
        assert "这个期间没有凭证" in page

    def test_a_journal_and_its_reversal_point_at_each_other(self, lived):
        bank, other = (
            operations.open_accounts(
                accounts=[operations.NewAccount(f"web-{subject}", subject, date(2024, 1, 1))],
                hot=True,
                overdraft_allowed=True,
            )[f"web-{subject}"]
            for subject in ("10101", "219")
        )
        request = JournalRequest(
            key="web:1", kind="period-end", narrative="<i>错账</i>", business_date=date(2024, 12, 31), maker="甲", checker="乙",
            lines=[debit(bank, 123_456), credit(other, 123_456)],
        )  # fmt: skip
        first = operations.post(journals=[request])[0].journal_id
        second = operations.reverse(
            journal_id=first, key="web:2", business_date=date(2024, 12, 31), maker="甲", checker="乙", reason="更正"
        ).journal_id
        browser = signed_in("director")
        one, two = (
            browser.get(f"/journals/{first}/").content.decode(),
            browser.get(f"/journals/{second}/").content.decode(),
        )
        assert f'已被冲正，见 <a href="/journals/{second}/"' in one
        assert f'冲正 <a href="/journals/{first}/"' in two
        assert "期末结转" in one
        assert "1,234.56" in one
        assert "&lt;i&gt;错账&lt;/i&gt;" in one
        assert "<i>" not in one

    def test_only_who_may_see_persons_is_led_to_their_accounts(self, person):
        address = addresses(person.number)["journal"]
        link = re.compile(r'href="/members/\d+/"')
        assert link.search(signed_in("auditor").get(address).content.decode())
        assert not link.search(signed_in("accountant").get(address).content.decode())

    def test_every_kind_of_journal_has_a_chinese_name(self):
        from anju.ledger.models import Journal
        from anju.web.wording import kind_name

        kinds = set(Journal.objects.order_by().values_list("kind", flat=True).distinct())
        assert len(kinds) > 10
        assert [kind for kind in kinds if kind_name(kind) == kind] == []


class TestAnnex:
    def test_ledger_figures_are_scored_beside_the_published_ones(self, settings):
        from anju.metrics.actuals import NoBooksError, ledger_actuals

        page = text_of(signed_in("director").get("/annex-2/"))
        with pytest.raises(NoBooksError):
            ledger_actuals(YEAR - 20)
        for figure in ledger_actuals(YEAR).values():
            assert f"<td>{figure.text}</td>" in page
        assert page.count("<td>账簿</td>") == 6
        assert "95.61" in page
        assert "取自演示城市，不是岳阳市住房公积金管理中心本级的业务数据" in page

    def test_without_books_of_the_year_the_published_report_is_scored(self, monkeypatch):
        from anju.web.center import Center
        from anju.web.views import annex

        monkeypatch.setattr(annex, "center_of", lambda _request: Center("", None, range(2025, 2026)))
        page = text_of(signed_in("director").get("/annex-2/"))
        assert "账簿里没有 2024 年的凭证" in page
        assert "<td>账簿</td>" not in page
        assert re.search(r"重新计算总分</dt><dd>95\.61", page)

    def test_a_missing_or_broken_report_is_said(self, settings, tmp_path):
        settings.ANJU_EXAMPLE = tmp_path / "nowhere"
        browser = signed_in("director")
        assert "没有这个文件夹" in text_of(browser.get("/annex-2/"))
        assert "公布值" not in text_of(browser.get("/"))
        (tmp_path / "annex1.yaml").write_text("a: [", encoding="utf-8")
        settings.ANJU_EXAMPLE = tmp_path
        assert "不是合法的 YAML" in text_of(browser.get("/annex-2/"))
