"""The how-to pages are true: a copy of the package is changed as they say, their commands run, their output appears."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = re.compile(r"`([^`]+)`（新文件）：\n\n```\w+\n(.*?)```", re.DOTALL)
STEP = re.compile(r"```sh\n(.*?)```\n\n```text\n(.*?)\n```", re.DOTALL)


@pytest.mark.parametrize("page", ["add-a-rule", "write-a-policy-package"])
def test_a_page_is_true_when_followed_word_by_word(tmp_path, page):
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text(encoding="utf-8")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    files, steps = FILE.findall(text), STEP.findall(text)
    assert files
    assert len(steps) == text.count("```sh")
    for name, content in files:
        assert not (tmp_path / name).exists()
        (tmp_path / name).write_text(content, encoding="utf-8")
    for command, expected in steps:
        program, *arguments = command.split()
        assert program == "anju"
        ran = subprocess.run(
            [sys.executable, "-m", "anju.cli", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "src"), "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert expected in ran.stdout
