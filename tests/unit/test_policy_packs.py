"""Packs are read strictly: every mistake is refused with file, line, path and date, and nothing is half loaded."""

import re
from datetime import date

import pytest

from anju.kernel.errors import AnjuError
from anju.policy import packs
from anju.policy.errors import NotInForceError
from anju.policy.parameters import NATIONAL, Confidence, Scope
from anju.policy.stored import definition_to, row_from, row_to

GOOD = """
parameters:
  rent.limit:
    title: 租房限额
    unit: fen
    document: 甲文
    confidence: illustrative
    values:
      - {from: 2020-01-01, value: 1000.00元}
      - {from: 2022-01-01, value: 1200.00元, article: 第二条}
      - {from: 2021-01-01, district: 甲县, value: 900.00元}
      - {from: 2021-01-01, crowd: multi_child, value: 1500.00元}
"""


@pytest.fixture
def load(tmp_path):
    """Load a center's book from the text of its one file, over a nation with one parameter."""

    def read(text, national=""):
        for name, extra in ((NATIONAL, ""), ("here", "districts: [甲县, 乙县]\n")):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "pack.yaml").write_text(f"pack: {name}\ntitle: 甲\n{extra}", encoding="utf-8")
        if national:
            (tmp_path / NATIONAL / "n.yaml").write_text(national, encoding="utf-8")
        (tmp_path / "here" / "limits.yaml").write_text(text, encoding="utf-8")
        return packs.load_book("here", tmp_path)

    return read


def value(book, path, on, **scope):
    return book.resolve(path, date.fromisoformat(on), **scope).value


def test_the_most_specific_scope_counts(load):
    book = load(GOOD)
    assert value(book, "rent.limit", "2020-12-31", district="甲县", crowd="multi_child") == 100_000
    assert value(book, "rent.limit", "2021-01-01") == 100_000
    assert value(book, "rent.limit", "2021-01-01", district="甲县") == 90_000
    assert value(book, "rent.limit", "2021-01-01", district="乙县") == 100_000
    assert value(book, "rent.limit", "2021-01-01", district="甲县", crowd="multi_child") == 150_000
    assert value(book, "rent.limit", "2022-01-01") == 120_000
    assert value(book, "rent.limit", "2022-01-01", district="甲县") == 90_000


def test_a_center_goes_before_the_nation(load):
    book = load(
        "parameters:\n  rent.limit:\n    values:\n      - {from: 2021-01-01, to: 2022-01-01, value: 5.00元, document: 乙文, confidence: sure}\n",
        national="parameters:\n  rent.limit:\n    title: 限\n    unit: fen\n    values:\n      - {from: 2020-01-01, value: 7.00元, document: 甲文, confidence: sure}\n",
    )
    assert [value(book, "rent.limit", day) for day in ("2020-12-31", "2021-01-01", "2022-01-01")] == [700, 500, 700]


def test_a_row_keeps_its_source_and_where_it_was_read(load):
    row = load(GOOD).resolve("rent.limit", date(2022, 1, 1))
    assert (row.citation, row.confidence, row.origin) == (
        "甲文第二条",
        Confidence.ILLUSTRATIVE,
        "here/limits.yaml 第10行",
    )
    assert (row.start, row.end) == (date(2022, 1, 1), None)


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ("unit: fen", "unit: yuan", "POLICY_UNIT", ["limits.yaml 第5行", "yuan"]),
        ("1200.00元", "12%", "POLICY_UNIT", ["limits.yaml 第10行", "rent.limit", "12%", "1700.00元"]),
        ("1200.00元", "1200.00", "POLICY_UNIT", ["limits.yaml 第10行", "rent.limit"]),
        ("1200.00元", "6个月", "POLICY_UNIT", ["limits.yaml 第10行", "rent.limit"]),
        ("1200.00元", "[1, 2]", "POLICY_UNIT", ["limits.yaml 第10行"]),
        ("2022-01-01", "2020-01-01", "POLICY_OVERLAP", ["limits.yaml 第10行", "rent.limit", "2020-01-01"]),
        ("{from: 2020-01-01,", "{from: 2020-01-01, to: 2022-02-01,", "POLICY_OVERLAP", ["第10行", "rent.limit", "2022-01-01"]),
        ("{from: 2020-01-01,", "{from: 2020-01-01, to: 2021-06-01,", "POLICY_GAP", ["第10行", "rent.limit", "2021-06-01"]),
        ("{from: 2020-01-01,", "{from: 2020-01-01, to: 2019-06-01,", "POLICY", ["第9行", "rent.limit", "2020-01-01"]),
        ("2022-01-01", "2022-02-30", "POLICY", ["limits.yaml 第10行", "YYYY-MM-DD"]),
        ("article:", "artcle:", "POLICY", ["limits.yaml 第10行", "artcle"]),
        ("district: 甲县", "district: 丙县", "POLICY", ["limits.yaml 第11行", "丙县", "甲县、乙县"]),
        ("multi_child", "many", "POLICY", ["limits.yaml 第12行", "many"]),
        ("    document: 甲文\n", "", "POLICY", ["limits.yaml 第8行", "document", "rent.limit"]),
        ("confidence: illustrative", "confidence: maybe", "POLICY", ["limits.yaml 第7行", "illustrative"]),
        ("    unit: fen\n", "", "POLICY_UNKNOWN_PATH", ["limits.yaml 第4行", "rent.limit"]),
        ("    title: 租房限额\n", "", "POLICY", ["limits.yaml 第4行", "title"]),
        ("parameters:", "parameter:", "POLICY", ["limits.yaml", "parameters"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(load, old, new, code, told):
    assert GOOD.count(old) >= 1
    with pytest.raises(AnjuError) as caught:
        load(GOOD.replace(old, new, 1))
    assert caught.value.code == code
    for words in told:
        assert words in str(caught.value)


def test_a_declared_gap_is_no_mistake_but_has_no_value(load):
    text = GOOD.replace("{from: 2020-01-01,", "{from: 2020-01-01, to: 2021-06-01,").replace(
        "    values:", "    unknown:\n      - {from: 2021-06-01, to: 2022-01-01, reason: 文件不详}\n    values:"
    )
    book = load(text)
    with pytest.raises(NotInForceError, match=r"2021-07-01.*文件不详"):
        book.resolve("rent.limit", date(2021, 7, 1))
    assert value(book, "rent.limit", "2022-01-01") == 120_000


def test_before_the_first_known_value_the_error_tells_path_and_day(load):
    with pytest.raises(NotInForceError) as caught:
        load(GOOD).resolve("rent.limit", date(2019, 12, 31))
    assert (caught.value.code, caught.value.field) == ("POLICY_NOT_IN_FORCE", "rent.limit")
    assert re.search(r"2019-12-31.*2020-01-01.*here/limits\.yaml 第9行", caught.value.message)


def test_a_unit_is_defined_once(load):
    national = "parameters:\n  rent.limit:\n    title: 限\n    unit: fen\n"
    with pytest.raises(AnjuError, match="不得再写 unit") as caught:
        load(GOOD, national)
    assert caught.value.code == "POLICY_UNIT"


@pytest.mark.parametrize("table", ["{1965-05: 1个月, 1965-01: 2个月}", "{1965-13: 1个月}", "{1965-01: 60岁}", "{}"])
def test_a_table_goes_up_and_has_units(load, table):
    text = f"parameters:\n  t:\n    title: 表\n    unit: months\n    key: month\n    values:\n      - {{from: 2020-01-01, document: 甲, confidence: sure, table: {table}}}\n"
    with pytest.raises(AnjuError, match=r"limits\.yaml 第7行"):
        load(text)


def test_both_texts_of_the_regulation_are_there():
    book, before, after = packs.book("yueyang"), date(2026, 9, 19), date(2026, 9, 20)

    def shown(path):
        definition = book.definition(path)
        return [definition.show(book.resolve(path, on).value) for on in (before, after)]

    assert shown("loan.decision_days") == ["15 日", "10 日"]
    assert shown("withdrawal.decision_days") == ["3 日", "3 日"]
    assert shown("fine.unregistered.low") == ["10,000.00 元", "50,000.00 元"]
    assert shown("fine.unregistered.high") == ["50,000.00 元", "300,000.00 元"]
    assert shown("fraud.ban.withdrawal") == ["0 个月", "36 个月"]
    assert shown("fraud.ban.loan") == ["0 个月", "60 个月"]
    assert shown("withdrawal.rent.income_test") == ["是", "否"]
    assert "装修" in shown("withdrawal.reasons")[1]
    assert "装修" not in shown("withdrawal.reasons")[0]
    assert book.resolve("fine.unregistered.low", before).article == "第三十七条"
    assert book.resolve("fine.unregistered.low", after).article == "第三十九条"
    assert "844" in book.resolve("loan.decision_days", after).document


def test_local_values_of_yueyang_are_marked_as_made_up():
    book = packs.book("yueyang")
    local = [
        row
        for scopes in book.values.values()
        for rows in scopes.values()
        for row in rows
        if row.scope.center != NATIONAL
    ]
    made_up = {row.path for row in local if row.confidence is Confidence.ILLUSTRATIVE}
    promised = {path for path in book.definitions if re.match(r"service\.(?!term\.)", path)}
    assert {row.path for row in local} - made_up == promised
    assert len(book.districts) == 11


@pytest.mark.parametrize("center", ["yueyang", "demo", NATIONAL])
def test_every_row_comes_back_from_its_stored_form(center):
    book = packs.book(center)
    for path, scopes in book.values.items():
        definition = book.definition(path)
        for row in (row for rows in scopes.values() for row in rows):
            assert row_from(row_to(row, definition), definition) == row
            assert row_from({**row_to(row, definition), **definition_to(definition)}) == row


def test_an_unknown_pack_is_refused_with_those_there_are():
    with pytest.raises(AnjuError, match="demo"):
        packs.load_book("nowhere", packs.PACKS)
    assert packs.centers() == [NATIONAL, "demo", "yueyang"]
    assert Scope().general
