"""The report auditor at its door: Word files, encodings, and everything that is no report."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from click.testing import CliRunner

from anju.cli.evaluation_audit import audit_command
from anju.evaluation.audit import AuditReport, Finding, ReportFileError, audit
from anju.evaluation.audit.document import Row, Table
from anju.evaluation.audit.read import MAX_CHARACTERS, read_report

REPORT = Path(__file__).parents[2] / "examples" / "yueyang-2024" / "report.txt"
LEVELS = 3  # the leading columns whose empty cells are merged with the cell above


def word_file(path: Path) -> Path:
    """The example report as a Word file: short rows merged sideways, empty level cells merged with those above."""
    document = docx.Document()
    source = read_report(REPORT)
    blocks: list[tuple[int, Any]] = [(p.place.line, p.text) for p in source.paragraphs]
    blocks += [(table.place.line, table) for table in source.tables]
    for _line, block in sorted(blocks, key=lambda pair: pair[0]):
        if isinstance(block, Table):
            for heading in block.heading:
                document.add_paragraph(heading)
            fill(document, block.rows)
        else:
            document.add_paragraph(block)
    document.save(str(path))
    return path


def fill(document: Any, rows: tuple[Row, ...]) -> None:
    width = max(map(len, rows))
    grid = document.add_table(rows=len(rows), cols=width)
    for number, row in enumerate(rows):
        cells = grid.rows[number].cells
        for cell, target in zip(row, cells, strict=False):
            target.text = cell.text
        if len(row) < width:
            cells[len(row) - 1].merge(cells[width - 1])
        above = rows[number - 1] if number else ()
        if len(row) == len(above) == width:
            for column in range(LEVELS):
                if not row[column].text:
                    grid.cell(number - 1, column).merge(grid.cell(number, column))


def without_lines(finding: Finding) -> tuple[object, ...]:
    related = tuple(place.address for place in finding.related)
    facts = (finding.printed, finding.recomputed, finding.formula, finding.advice)
    return (finding.rule, finding.severity, finding.place.address, facts, related)


def test_a_word_file_with_merged_cells_gives_the_same_outcomes(tmp_path: Path) -> None:
    from_word, from_text = audit(word_file(tmp_path / "report.docx")), audit(REPORT)
    assert sorted(map(without_lines, from_word.findings), key=str) == sorted(
        map(without_lines, from_text.findings), key=str
    )
    held = [[(p.rule, p.place.address, p.formula) for p in report.passed] for report in (from_word, from_text)]
    assert held[0] == held[1]
    assert {finding.place.unit for finding in from_word.findings} == {"段"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_line_ends_make_no_difference(tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(REPORT.read_text("utf-8").replace("\n", newline).encode(encoding))
    assert audit(path) == audit(REPORT)


def packed(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in entries.items():
            package.writestr(name, data)
    return buffer.getvalue()


BAD_FILES = {
    "empty": (b"", "空的"),
    "blank": (b" \n\t\n", "空的"),
    "pdf": (b"%PDF-1.7\n...", "PDF"),
    "doc": (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "另存为未加密的 .docx"),
    "xlsx": (packed({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}), "Excel"),
    "zip": (packed({"a.txt": b"a"}), "没有 Word 正文"),
    "bomb": (packed({"word/document.xml": b"<a>" + b" " * (20 * 1024 * 1024)}), "过大"),
    "many parts": (packed({"word/document.xml": b"<a/>", **{f"word/{n}": b"" for n in range(5001)}}), "过大"),
    "cut zip": (packed({"word/document.xml": b"<a/>"})[:-30], "损坏"),
    "no xml": (packed({"[Content_Types].xml": b"<", "word/document.xml": b"not xml"}), "损坏"),
    "garbage": (bytes(range(256)) * 50, "不是文本"),
    "big5-like": (b"\xff\xff\xff\x80", "不是文本"),
    "utf-16": ("绩效自评".encode("utf-16"), "UTF-16"),
    "nul": (b"abc\0def", "不是文本"),
    "other text": ("年度工作总结\n一切顺利。".encode(), "不是绩效自评报告"),
    "other table": ("甲\t乙\n1\t2\n".encode(), "不是绩效自评报告"),
    "twenty megabytes": ("全年归集资金1亿元，".encode() * (20 * 1024 * 1024 // 27), "30 万字"),
    "forty megabytes": (b"1" * (40 * 1024 * 1024), "32 MB"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_is_no_report_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    data, sentence = BAD_FILES[name]
    path = tmp_path / "report.docx"
    path.write_bytes(data)
    started = time.monotonic()
    with pytest.raises(ReportFileError, match=sentence):
        audit(path)
    assert time.monotonic() - started < 5


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportFileError, match="找不到文件"):
        audit(tmp_path / "none.txt")
    with pytest.raises(ReportFileError, match="不是文件"):
        audit(tmp_path)
    with pytest.raises(ReportFileError, match=r"无法读取|找不到"):
        audit("a\0b")


HOSTILE = {
    "amounts": "其中归集1万元，",
    "lists": "甲、乙等",
    "sums": "1+",
    "names": "公积金中心",
    "cells": "\t1\n",
    "rows": "\t产出\t数量\t归集住房公积金\t1亿元\t2亿元\t5分\t5\t5\t\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_longest_text_that_is_read_takes_bounded_time(tmp_path: Path, name: str) -> None:
    report = REPORT.read_text("utf-8")
    unit = HOSTILE[name]
    path = tmp_path / "report.txt"
    path.write_text(report + unit * ((MAX_CHARACTERS - len(report)) // len(unit)), "utf-8")
    started = time.monotonic()
    assert isinstance(audit(path), AuditReport)
    assert time.monotonic() - started < 60


def test_the_command_prints_findings_gravest_first() -> None:
    result = CliRunner().invoke(audit_command, [str(REPORT), "--min-severity", "error"], catch_exceptions=False)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("2024年度自评报告：检查 ")
    assert "   印出：61.65%" in lines
    assert "   复算：61.46%" in lines
    assert sum(line.lstrip("0123456789").startswith(". [错误·") for line in lines) == 8
    assert "[矛盾" not in result.output


def test_the_command_speaks_json() -> None:
    result = CliRunner().invoke(
        audit_command, [str(REPORT), "--json", "--min-severity", "basis"], catch_exceptions=False
    )
    told = json.loads(result.output)
    assert told["year"] == 2024
    assert {finding["severity"] for finding in told["findings"]} == {"error", "contradiction", "omission", "basis"}
    rate = next(finding for finding in told["findings"] if finding["printed"] == "61.65%")
    assert (rate["rule"], rate["recomputed"], rate["place"]["line"]) == ("ratio", "61.46%", 597)
    assert told["found"] == 39


def test_the_command_lets_the_typed_error_through(tmp_path: Path) -> None:
    result = CliRunner().invoke(audit_command, [str(tmp_path / "none.txt")])
    assert isinstance(result.exception, ReportFileError)
