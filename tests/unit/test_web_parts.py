"""Parts of pages that need no database: pages of a list, CSV cells, charts."""

import csv
import io
import re

import pytest
from django.core.cache import cache
from hypothesis import example, given
from hypothesis import strategies as st

from anju.kernel.money import WAN, YI
from anju.web.charts import amount_in, amount_unit, grouped_bars, ranked_bars
from anju.web.csv_export import csv_response, harmless
from anju.web.paging import Pager


@given(total=st.integers(0, 10_000), size=st.integers(1, 100), page=st.integers(1, 10_000))
def test_pages_cover_every_row_once_and_link_to_pages_that_exist(total, size, page):
    pages = Pager(1, total, size).pages
    rows = [row for number in range(1, pages + 1) for row in _rows(Pager(number, total, size))]
    assert rows == list(range(1, total + 1))
    pager = Pager(min(page, pages), total, size)
    linked = [number for number in (*pager.shown, pager.before, pager.after) if number is not None]
    assert {1, pages, pager.page} <= set(linked)
    assert all(1 <= number <= pages for number in linked)
    numbers = [number for number in pager.shown if number is not None]
    assert numbers == sorted(set(numbers))


def _rows(pager: Pager) -> range:
    return range(pager.first, pager.latest + 1) if pager.total else range(0)


@given(st.text())
@example("=1+1")
@example("\t=1+1")
@example("＝cmd|' /C calc'!A0")
def test_no_csv_cell_is_a_formula_and_no_text_is_lost(cell):
    safe = harmless(cell)
    assert safe in {cell, f"'{cell}"}
    assert not safe.startswith(("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert not safe.startswith("-") or re.fullmatch(r"-\d+(\.\d+)?", safe)


def test_negative_amounts_stay_numbers_and_names_that_look_like_formulas_do_not_run():
    assert harmless("-1234.50") == "-1234.50"
    assert harmless("-2+3+cmd|' /C calc'!A0") == "'-2+3+cmd|' /C calc'!A0"
    response = csv_response(filename="x.csv", rows=[["科目", '=HYPERLINK("http://x")'], ["a,b\n", "1.00"]])
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows == [["科目", '\'=HYPERLINK("http://x")'], ["a,b\n", "1.00"]]
    assert response.content.startswith(b"\xef\xbb\xbf")


def test_amounts_are_shown_in_wan_until_ten_yi():
    assert amount_unit([10 * YI - 1, -5])[0] == WAN
    assert amount_unit([0, -10 * YI])[0] == YI
    assert amount_unit([])[0] == WAN
    assert amount_in(123_456_789_00, WAN) == "12,345.68"
    assert amount_in(-5_000_00, WAN) == "-0.50"


@pytest.fixture
def drawings():
    cache.clear()
    labels = ["1", "2"]
    columns = grouped_bars(
        title='归集 <"提取">', labels=labels, series={"归集": [3 * WAN, 12 * WAN], "提取": [2 * WAN, 5 * WAN]}
    )
    ranks = ranked_bars(title="原因", amounts=[("<script>&购房", 8 * WAN), ("房租", WAN)])
    return columns, ranks


def test_charts_carry_no_style_and_no_script_and_take_the_colours_of_the_page(drawings):
    for svg in drawings:
        assert not re.search(r"style|<script|<foreignObject|\son\w+=|\sid=", svg, re.IGNORECASE)
        colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
        assert colours <= {"none", "var(--chart-1)", "var(--chart-2)", "var(--ink-2)", "var(--rule)"}
        assert re.match(r'<svg [^>]*role="img" aria-label="[^"<>]+" viewBox=', svg)
        assert not re.match(r"<svg [^>]*\swidth=", svg)


def test_bars_are_as_long_as_their_amounts(drawings):
    bars = re.findall(r'd="M[\d.]+,[\d.]+h([\d.]+)v[\d.]+h-[\d.]+Z" fill="var\(--chart-1\)"', drawings[1])
    assert [round(float(bars[0]) / float(bar), 6) for bar in bars] == [1, 8]
    assert "8.00 万元" in drawings[1]


def test_the_same_figures_are_drawn_once(drawings, monkeypatch):
    import vl_convert

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda _specification: pytest.fail("drawn again"))
    assert ranked_bars(title="原因", amounts=[("<script>&购房", 8 * WAN), ("房租", WAN)]) == drawings[1]
