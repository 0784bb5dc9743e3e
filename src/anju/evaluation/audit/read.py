"""Opens a report file: looks at its bytes, not at its name, and hands it to the right reader."""

import re
from pathlib import Path

from anju.evaluation.audit.document import Document
from anju.evaluation.audit.errors import ReportFileError
from anju.evaluation.audit.read_docx import read_docx
from anju.evaluation.audit.read_text import read_text
from anju.kernel.i18n import gettext as _

#: A published report has some 20 000 characters; one with thirty projects still fits many times.
MAX_CHARACTERS = 300_000
MAX_TEXT_BYTES = 4 * MAX_CHARACTERS
MAX_FILE_BYTES = 32 * 1024 * 1024
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufffe\uffff]")


def read_report(path: Path) -> Document:
    """Read a report from a .docx file or a plain text (UTF-8 with or without mark, GB18030).

    Raises ReportFileError with a sentence that says what is wrong with the file and what to do.
    """
    document = _document(_bytes(path))
    if sum(map(len, document.texts())) > MAX_CHARACTERS:
        raise _too_long()
    return document


def _document(data: bytes) -> Document:
    if data.startswith(b"PK"):
        return read_docx(data)
    if data.startswith(b"%PDF"):
        raise ReportFileError(_("这是 PDF 文件：请提供报告的 .docx 原件，或另存为纯文本"))
    if data.startswith(_OLE):
        raise ReportFileError(_("这是旧版 Office 文件（.doc、.xls）或加密文件：请用 Word 另存为未加密的 .docx"))
    return read_text(_decode(data))


def _bytes(path: Path) -> bytes:
    """The whole file, within bounds."""
    try:
        if not path.exists():
            raise ReportFileError(_("找不到文件：{path}").format(path=path))
        if not path.is_file():
            raise ReportFileError(_("不是文件：{path}，请指定一份报告文件").format(path=path))
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ReportFileError(_("文件超过 32 MB，不是通常的自评报告：请删除图片等附件后另存再试"))
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise ReportFileError(_("无法读取文件：{path}，请检查路径和权限").format(path=path)) from error
    if not data.strip():
        raise ReportFileError(_("文件是空的：{path}").format(path=path))
    return data


def _too_long() -> ReportFileError:
    return ReportFileError(_("文本超过 30 万字，不是一份自评报告：请只保留报告正文和附件表格"))


def _decode(data: bytes) -> str:
    """Plain text from bytes. A text full of control characters is no text."""
    if len(data) > MAX_TEXT_BYTES:
        raise _too_long()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReportFileError(_("文本编码是 UTF-16：请另存为 UTF-8 再试"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _CONTROL.search(text):
            break
        return text
    raise ReportFileError(_("不是文本文件，或编码无法识别：请提供 .docx，或 UTF-8、GB18030 编码的纯文本"))
