"""A grid as PDF, by typst. Texts reach typst as JSON data, never as markup."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from functools import cache
from importlib import resources

import segno
import typst

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.documents.grid import Grid

#: Fonts for Chinese body text in the order of preference: Debian's, then those that come with office programs.
BODY_FONTS = ("Noto Serif CJK SC", "Source Han Serif SC", "SimSun", "FangSong", "Noto Sans CJK SC")


class ChineseFontMissingError(AnjuError):
    """No font of this machine can show Chinese, so a PDF would be empty boxes."""

    code = "CHINESE_FONT_MISSING"


def render_pdf(grid: Grid, *, as_of: date) -> bytes:
    """The grid as a PDF file whose creation date is `as_of`.

    Raises ChineseFontMissingError when the machine has no Chinese font.
    """
    fonts = installed_fonts()
    families = [family for family in BODY_FONTS if family in fonts.families()]
    if not families:
        raise ChineseFontMissingError(_("本机没有中文字体，无法生成 PDF。请先安装：apt-get install fonts-noto-cjk"))
    data = asdict(grid) | {"fonts": families, "qr": _qr_svg(grid.qr)}
    compiler = typst.Compiler(
        _template(), font_paths=fonts, sys_inputs={"grid": json.dumps(data, ensure_ascii=False, sort_keys=True)}
    )
    pdf = compiler.compile(format="pdf", timestamp=datetime.combine(as_of, time(), UTC))
    assert isinstance(pdf, bytes)  # one file, in memory: that is how typst answers this call
    return pdf


def _qr_svg(text: str) -> str:
    """A QR code as SVG; empty for no text."""
    return segno.make(text, error="m").svg_inline(border=2) if text else ""


@cache
def installed_fonts() -> typst.Fonts:
    """The fonts of this machine; looking for them costs more than writing a page, so it is done once."""
    return typst.Fonts()


@cache
def _template() -> bytes:
    return resources.files(__package__).joinpath("grid.typ").read_bytes()
