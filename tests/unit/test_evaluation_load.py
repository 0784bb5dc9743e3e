"""Bad data and bad places: each is refused with file, line and rule, and nothing half-written is left."""

import errno
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from anju.cli.evaluation import evaluation
from anju.evaluation import run
from anju.evaluation.load import load_annexes
from anju.evaluation.run import OutputError, write_set, write_tables
from anju.evaluation.yaml_node import EvaluationDataError

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "yueyang-2024"
AS_OF = date(2025, 3, 31)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "data"
    target.mkdir()
    for name in ("annex1.yaml", "annex2.yaml", "annex3.yaml"):
        shutil.copy(EXAMPLE / name, target)
    return target


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "rule"),
    [
        ("annex2.yaml", "code: withdrawals", "code: withdrawal", "indicators[1].code", "没有这个指标代码"),
        ("annex2.yaml", "points: 5\n", "points: [5]\n", "indicators[1].points", "应为一段文字或一个数字"),
        ("annex2.yaml", "points: 5\n", "points: 五\n", "indicators[1].points", "应为 0 到 100 之间"),
        ("annex2.yaml", "points: 5\n", "points: 5.005\n", "indicators[1].points", "最多两位小数"),
        ("annex2.yaml", "    points: 5\n", "", "indicators[1].points", "缺少此项"),
        ("annex2.yaml", "points: 5\n", "point: 5\n", "indicators[1].points", "缺少此项"),
        ("annex2.yaml", "standard: 5分", "standards: 5分", "indicators[1].standards", "没有这个键"),
        ("annex2.yaml", "rule: up", "rule: sideways", "indicators[1].rule", "应为下列之一"),
        ("annex2.yaml", "rule: up", "rule: down", "indicators[1].target", "at_most"),
        ("annex2.yaml", "rule: up", "rule: qualitative", "indicators[1].rule", "不能用规则"),
        ("annex2.yaml", "at_least: 28亿元", "at_least: 28%", "indicators[1].target.at_least", "单位不符"),
        ("annex2.yaml", "text: 42.41亿元", "text: 很多", "indicators[1].actual.text", "应为带单位的数字"),
        ("annex2.yaml", "at_least: 50%", "at_least: 80%", "indicators[6].target", "不能大于"),
        ("annex2.yaml", "degree: 100%", "degree: 101%", "indicators[7].actual.degree", "0% 到 100%"),
        ("annex2.yaml", "{score: 3,", "{score: 6,", "indicators[2].self_assessed.score", "不能超过分值"),
        ("annex2.yaml", "reason: 住房交易创新低，购房偏向办提取。", "reason: ", "self_assessed.reason", "不能为空"),
        ("annex2.yaml", "from: total_spent", "from: elsewhere", "actual.from", "total_spent"),
        ("annex2.yaml", "adjusted: 6298.34", "adjusted: 0", "funds.total.adjusted", "算不出执行率"),
        ("annex2.yaml", "spent: 4791.96", "spent: ", "funds.total.spent", "必须填写"),
        ("annex2.yaml", "spent: 4791.96", "spent: -4791.96", "funds.total.spent", "不小于 0"),
        ("annex2.yaml", "spent: 4791.96", "spent: 4791.96万元", "funds.total.spent", "4791.96万元"),
        ("annex2.yaml", "indicators:", "indicators: 无\nrest:", "indicators", "应为列表"),
        ("annex2.yaml", "funds:", "funds: 无\nrest:", "funds", "映射"),
        ("annex2.yaml", "year: 2024", "year: 2024\nyear: 2023", "year", "键重复"),
        ("annex2.yaml", "year: 2024", "year: 今年", "year", "四位年份"),
        ("annex3.yaml", "year: 2024", "year: 2023", "year", "年度不一致"),
        ("annex1.yaml", "posts: 127", "posts: 0", "staff.posts", "必须大于 0"),
        ("annex1.yaml", "employed: 122", "employed: 122.5", "staff.employed", "整数"),
        ("annex2.yaml", "goal: 完成", 'goal: "\\a完成"\nrest: ', "goal", "控制字符"),
    ],
)
def test_bad_values_are_named(folder: Path, name: str, old: str, new: str, place: str, rule: str) -> None:
    edit(folder, name, old, new)
    with pytest.raises(EvaluationDataError) as caught:
        load_annexes(folder)
    assert place in caught.value.field
    assert rule in caught.value.message


def test_the_line_is_the_line_of_the_file(folder: Path) -> None:
    edit(folder, "annex2.yaml", "code: withdrawals", "code: withdrawal")
    lines = (folder / "annex2.yaml").read_text(encoding="utf-8").splitlines()
    with pytest.raises(EvaluationDataError) as caught:
        load_annexes(folder)
    assert f"annex2.yaml 第{lines.index('    code: withdrawal') + 1}行" in caught.value.field


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "空的"),
        (b"- a\n", "映射"),
        (b"source: [\n", "YAML"),
        (b"a: b: c\n", "YAML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 5000, "YAML"),
        (b"source: x\x00y\n", "YAML"),
        (b"#" * 1_000_001, "过大"),
    ],
)
def test_files_that_are_no_annex(folder: Path, data: bytes, rule: str) -> None:
    (folder / "annex1.yaml").write_bytes(data)
    with pytest.raises(EvaluationDataError, match=rule):
        load_annexes(folder)


def test_missing_files_and_folders(tmp_path: Path, folder: Path) -> None:
    (folder / "annex3.yaml").unlink()
    with pytest.raises(EvaluationDataError, match="annex3"):
        load_annexes(folder)
    with pytest.raises(EvaluationDataError, match="没有这个文件夹"):
        load_annexes(tmp_path / "nowhere")
    (folder / "annex2.yaml").unlink()
    (folder / "annex2.yaml").mkdir()
    with pytest.raises(EvaluationDataError, match="无法读取"):
        load_annexes(folder)


def test_out_that_is_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(OutputError, match="是文件"):
        write_tables(EXAMPLE, {}, out, AS_OF, formats=("xlsx",))
    with pytest.raises(OutputError, match="无法写入"):
        write_tables(EXAMPLE, {}, out / "below", AS_OF, formats=("xlsx",))
    assert out.read_text() == "mine"


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize(("number", "text"), [(errno.ENOSPC, "磁盘空间不足"), (errno.EACCES, "没有写入权限")])
def test_a_write_that_fails_leaves_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, text: str, *, exists: bool
) -> None:
    out = tmp_path / "out"
    if exists:
        out.mkdir()
        (out / "annex1.xlsx").write_text("old")
    real, written = run._write_through, []

    def fails_at_the_third(path: Path, data: bytes) -> None:
        written.append(path)
        if len(written) == 3:
            raise OSError(number, "fails")
        real(path, data)

    monkeypatch.setattr(run, "_write_through", fails_at_the_third)
    with pytest.raises(OutputError, match=text):
        write_tables(EXAMPLE, {}, out, AS_OF, formats=("xlsx",))
    assert len(written) == 3
    assert [path.name for path in tmp_path.rglob("*")] == (["out", "annex1.xlsx"] if exists else [])
    assert not exists or (out / "annex1.xlsx").read_text() == "old"


def test_writing_again_replaces_the_set_and_keeps_other_files(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    write_set(out, {"a": b"1", "b": b"1"})
    (out / "mine").write_text("mine")
    write_set(out, {"a": b"2", "b": b"2"})
    assert {path.name: path.read_text() for path in out.iterdir()} == {"a": "2", "b": "2", "mine": "mine"}


def test_a_folder_in_the_place_of_a_file_blocks_the_whole_set(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(OutputError, match="是文件夹"):
        write_set(tmp_path, {"a": b"1", "b": b"1"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_scored_row_without_actual_is_refused_before_anything_is_written(tmp_path: Path, folder: Path) -> None:
    for name in ("annex2.yaml", "annex3.yaml"):
        edit(folder, name, "    actual: {text: 99%}\n", "")
    result = CliRunner().invoke(evaluation, ["tables", str(folder), "--out", str(tmp_path / "out")])
    assert "“住房公积金窗口服务满意度”没有实际完成值" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["--formats", "odt"], ["--actuals", "guess"], ["--as-of", "today"]])
def test_wrong_options_are_usage_errors(tmp_path: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(evaluation, ["tables", str(EXAMPLE), "--out", str(tmp_path / "out"), *arguments])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
