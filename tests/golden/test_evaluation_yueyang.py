"""Worked example V17: annexes 2 and 3 of Yueyang's published 2024 self-evaluation, scored from its data."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from anju.cli.evaluation import evaluation
from anju.evaluation.actuals import published_actuals
from anju.evaluation.annexes import basic_grid, evaluation_grid
from anju.evaluation.load import load_annexes
from anju.evaluation.model import Annexes, format_points
from anju.evaluation.quantities import Figure
from anju.evaluation.run import score_annexes, write_tables
from anju.evaluation.scoring import Scores, differences, percent
from anju.platform.documents.grid import Grid

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "yueyang-2024"
AS_OF = date(2025, 3, 31)
LEDGER = {
    "withdrawals": Figure(42_4100_0000_00, "fen", "42.4100亿元", "ledger"),
    "loans_granted": Figure(9_0000_0000_00, "fen", "9.0000亿元", "ledger"),
    "loan_to_deposit_ratio": Figure(720_000, "ppm", "72.00%", "ledger"),
}


@pytest.fixture(scope="module")
def annexes() -> Annexes:
    return load_annexes(FOLDER)


@pytest.fixture(scope="module")
def published(annexes: Annexes) -> tuple[Scores, ...]:
    return score_annexes(annexes, published_actuals(annexes))


@pytest.mark.parametrize(
    ("index", "rate", "score", "indicators", "total", "strict"),
    [
        (0, "76.08%", "7.61", "88.00", "95.61", "96.01"),
        (1, "61.46%", "6.15", "88.00", "94.15", "94.55"),
    ],
)
def test_v17_totals(
    published: tuple[Scores, ...], index: int, rate: str, score: str, indicators: str, total: str, strict: str
) -> None:
    scores = published[index]
    assert scores.execution.rate_text == rate
    assert format_points(scores.execution.score) == score
    assert format_points(sum(line.score for line in scores.lines)) == indicators
    assert format_points(scores.total) == total
    assert format_points(scores.rule_total) == strict
    assert scores.grade == "优"


def test_only_the_loan_score_is_the_evaluators_own(published: tuple[Scores, ...]) -> None:
    for scores in published:
        (line,) = scores.overridden
        assert line.indicator.name == "发放住房公积金贷款"
        assert (format_points(line.rule_score), format_points(line.score)) == ("3.40", "3.00")
        assert line.self_assessed is not None
        assert line.self_assessed.reason == "住房交易创新低，购房偏向办提取。"


def test_completion_of_the_quantities(published: tuple[Scores, ...]) -> None:
    ratios = {line.indicator.code: percent(line.completion) for line in published[0].lines if line.completion}
    assert ratios["withdrawals"] == "151.46%"
    assert ratios["loans_granted"] == "67.93%"
    assert ratios["contributions"] == "113.70%"
    assert ratios["value_added_income"] == "110.78%"


def test_the_one_printed_value_that_does_not_come_out(published: tuple[Scores, ...]) -> None:
    assert differences(published[0]) == ()
    (difference,) = differences(published[1])
    assert (difference.printed, difference.computed) == ("61.65%", "61.46%")


def test_each_cell_of_the_published_tables_is_there_in_its_order(
    annexes: Annexes, published: tuple[Scores, ...]
) -> None:
    """The report's linearised tables against the grids: they differ in the one rate that was printed wrong."""
    parts = re.split(r"^附件[123]$", (FOLDER / "report.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    grids = [basic_grid(annexes.basic), *map(evaluation_grid, published)]
    different = []
    for part, grid in zip(parts, grids, strict=True):
        printed = [text for text in ("".join(cell.split()) for cell in part.split("\n\t")[1:]) if text]
        ours = _texts(grid)
        assert len(printed) == len(ours)
        different += [pair for pair in zip(printed, ours, strict=True) if pair[0] != pair[1]]
    assert different == [("61.65%", "61.46%")]


def _texts(grid: Grid) -> list[str]:
    cells = sorted(grid.cells, key=lambda cell: (cell.row, cell.column))
    return [text for text in ("".join(cell.text.split()) for cell in cells) if text]


def test_ledger_figures_score_by_rule_and_say_their_source(annexes: Annexes) -> None:
    scores = score_annexes(annexes, LEDGER)[0]
    lines = {line.indicator.code: line for line in scores.lines}
    loans = lines["loans_granted"]
    assert loans.self_assessed is None
    assert (loans.actual_text, format_points(loans.score)) == ("9.0000亿元", "3.00")
    assert format_points(lines["loan_to_deposit_ratio"].score) == "1.94"  # 2 × 70/72
    assert lines["loan_decision"].actual.source == "published"
    assert scores.total == scores.rule_total
    notes = "".join(evaluation_grid(scores).notes)
    assert "账簿——办理住房公积金提取、发放住房公积金贷款、住房公积金个贷率；公布值——其余各项" in notes


def test_nine_files_are_written(tmp_path: Path, annexes: Annexes) -> None:
    summary = write_tables(FOLDER, published_actuals(annexes), tmp_path / "out", AS_OF)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in summary.files)
    assert len(summary.files) == 9
    assert summary.staff is None


def test_command_prints_scores_and_totals(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        evaluation, ["tables", str(FOLDER), "--out", str(tmp_path / "out"), "--formats", "xlsx"]
    )
    assert result.exit_code == 0, result.output
    for text in (
        "总分 95.61，等级 优",
        "总分 94.15，等级 优",
        "的总分 96.01",
        "的总分 94.55",
        "公布为 61.65%，计算为 61.46%",
    ):
        assert text in result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["annex1.xlsx", "annex2.xlsx", "annex3.xlsx"]


def test_command_prints_json(tmp_path: Path) -> None:
    arguments = ["tables", str(FOLDER), "--out", str(tmp_path / "out"), "--formats", "docx", "--json"]
    result = json.loads(CliRunner().invoke(evaluation, arguments).output)
    assert [annex["total"] for annex in result["annexes"]] == ["95.61", "94.15"]
    assert [annex["rule_total"] for annex in result["annexes"]] == ["96.01", "94.55"]
    loans = result["annexes"][0]["lines"][1]
    assert (loans["source"], loans["rule_score"], loans["score"]) == ("published", "3.40", "3.00")
