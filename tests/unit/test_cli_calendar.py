"""`anju calendar` as a person and as a program meet it."""

import json

import pytest
from click.testing import CliRunner

from anju.cli.main import main


def run(*arguments):
    return CliRunner().invoke(main, ["calendar", *arguments])


def result_of(*arguments):
    ran = run(*arguments, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_a_year_is_shown_with_its_source():
    shown = run("show", "2025").stdout
    assert "2025 年 官方：服务日 248 天" in shown
    assert "国办发明电〔2024〕12号，2024-11-12" in shown
    assert "2025-01-28 至 2025-02-04" in shown
    assert "2025-01-26（周日）、2025-02-08（周六）" in shown


def test_a_year_without_a_notice_is_called_provisional():
    shown = run("show", "2028", "--settlement").stdout
    assert "2028 年 暂定：结算日" in shown
    assert "通知尚未发布" in shown
    assert "2028-01-01、2028-01-03" in shown
    assert "待下一年通知" in run("show", "2026").stdout


def test_a_year_in_json():
    year = result_of("show", "2019")
    assert (year["status"], year["working_days"]) == ("official", 250)
    assert [document["number"] for document in year["documents"]] == ["国办发明电〔2018〕15号", "国办发明电〔2019〕3号"]
    labour = next(item for item in year["festivals"] if item["name"] == "劳动节")
    assert labour["work"] == ["2019-04-28", "2019-05-05"]
    assert labour["off"] == [f"2019-05-0{number}" for number in range(1, 5)]
    assert result_of("show", "2004")["documents"][0]["number"] is None


def test_the_end_of_a_term():
    spoken = run("add", "2025-09-28", "5")
    assert spoken.stdout == "2025-09-28 起 5 个服务日（当日不计），届满日 2025-10-11（周六）\n"
    assert result_of("add", "2025-09-28", "5", "--settlement") == {
        "calendar": "settlement", "day": "2025-10-11", "provisional": False,
    }  # fmt: skip
    assert "暂定：2026-12-24 之后的放假通知尚未发布" in run("add", "2026-12-20", "30").stdout
    assert result_of("add", "2026-12-20", "30")["provisional"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("show", "2003"), "CALENDAR_RANGE", "year"),
        (("show", "x"), "FIELD", "year"),
        (("add", "2003-01-01", "5"), "CALENDAR_RANGE", "start"),
        (("add", "2025-02-30", "5"), "FIELD", "start"),
        (("add", "2025-01-02", "1.5"), "FIELD", "number"),
        (("add", "2025-01-02", "999999"), "CALENDAR_RANGE", "number"),
    ],
)
def test_bad_input_is_named(arguments, code, field):
    ran = run(*arguments, "--json")
    assert ran.exit_code == 2
    error = json.loads(ran.stdout)["error"]
    assert (error["code"], error["field"]) == (code, field)
    spoken = run(*arguments)
    assert (spoken.exit_code, spoken.stdout) == (2, "")
    assert error["message"] in spoken.stderr
