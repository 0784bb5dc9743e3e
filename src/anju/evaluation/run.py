"""Writes a year's official tables: all of them, or none.

A set is written aside first and moved to its place when it is complete, so that a full disk or a cut in the middle
leaves the old tables as they were.
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from anju.evaluation.actuals import Actuals, published_actuals
from anju.evaluation.annexes import basic_grid, evaluation_grid, staff_difference
from anju.evaluation.load import load_annexes
from anju.evaluation.model import Annexes
from anju.evaluation.scoring import Difference, Scores, score
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.documents.grid import Grid
from anju.platform.documents.render_docx import render_docx
from anju.platform.documents.render_pdf import render_pdf
from anju.platform.documents.render_xlsx import render_xlsx

Format: TypeAlias = Literal["docx", "xlsx", "pdf"]


class Renderer(Protocol):
    """Turns a grid into the bytes of a file."""

    def __call__(self, grid: Grid, *, as_of: date) -> bytes: ...


RENDERERS: Mapping[Format, Renderer] = {"docx": render_docx, "xlsx": render_xlsx, "pdf": render_pdf}
FORMATS: tuple[Format, ...] = ("docx", "xlsx", "pdf")
_REASONS = {
    errno.ENOSPC: "磁盘空间不足，请清理后重试",
    errno.EDQUOT: "磁盘配额已用完，请清理后重试",
    errno.EACCES: "没有写入权限，请换一个文件夹",
    errno.EPERM: "没有写入权限，请换一个文件夹",
    errno.EROFS: "文件系统只读，请换一个文件夹",
    errno.ENOENT: "上级文件夹不存在，也无法建立",
    errno.ENOTDIR: "路径中有一段是文件而不是文件夹",
    errno.ENAMETOOLONG: "路径太长",
}


class OutputError(AnjuError):
    """The tables cannot be written where they were asked for; nothing was left there."""

    code = "EVALUATION_OUTPUT"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was scored and written. `staff` is the printed 控制率 of annex 1 where another one comes out."""

    year: int
    scores: tuple[Scores, ...]
    staff: Difference | None
    files: tuple[Path, ...]


def score_annexes(annexes: Annexes, actuals: Actuals) -> tuple[Scores, ...]:
    """Score annexes 2 and 3 by `actuals`, and by the published figures where those know nothing."""
    complete = {**published_actuals(annexes), **actuals}
    return tuple(score(evaluation, complete) for evaluation in annexes.evaluations)


def write_tables(
    folder: Path, actuals: Actuals, out_dir: Path, as_of: date, *, formats: Iterable[Format] = FORMATS
) -> Summary:
    """Score the annexes of `folder` and write annex1 to annex3 in each format into `out_dir`.

    `actuals` may be empty or partial: what it does not know is taken from the published figures, and each row says
    its source. `as_of` is the date that the files carry. Raises EvaluationDataError for the data, ActualsError for
    the figures, OutputError for the place and ChineseFontMissingError; then no file was written.
    """
    annexes = load_annexes(folder)
    scores = score_annexes(annexes, actuals)
    grids = {"annex1": basic_grid(annexes.basic)}
    grids |= {f"annex{number}": evaluation_grid(each) for number, each in enumerate(scores, 2)}
    files = {f"{name}.{kind}": RENDERERS[kind](grid, as_of=as_of) for name, grid in grids.items() for kind in formats}
    write_set(out_dir, files)
    written = tuple(out_dir / name for name in files)
    return Summary(annexes.year, scores, staff_difference(annexes.basic), written)


def write_set(out_dir: Path, files: Mapping[str, bytes]) -> None:
    """Write all files or none. A folder that is there keeps its other files. Raises OutputError."""
    try:
        if out_dir.exists() and not out_dir.is_dir():
            raise OutputError(_("{path} 是文件，不是文件夹").format(path=out_dir), field="--out")
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        # Beside a folder that is to come; inside one that is there, which may be a disk of its own.
        place = out_dir if out_dir.is_dir() else out_dir.parent
        with tempfile.TemporaryDirectory(prefix=".anju-", dir=place) as temporary:
            staged = Path(temporary) / "set"
            staged.mkdir()
            for name, data in files.items():
                _write_through(staged / name, data)
            _move(staged, out_dir, files)
    except OSError as error:
        known = _REASONS.get(error.errno or 0)
        reason = _(known) if known else error.strerror or str(error)
        raise OutputError(_("无法写入 {path}：{reason}").format(path=out_dir, reason=reason), field="--out") from error


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # a full disk must show before the set is moved


def _move(staged: Path, out_dir: Path, names: Iterable[str]) -> None:
    if not out_dir.exists():
        staged.rename(out_dir)
        return
    blocked = [name for name in names if (out_dir / name).is_dir()]
    if blocked:
        raise OutputError(_("{path} 是文件夹，请先移开").format(path=out_dir / blocked[0]), field="--out")
    for name in names:
        (staged / name).replace(out_dir / name)
