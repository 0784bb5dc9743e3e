"""What is told about an uploaded workbook before anything in it is parsed: the right kind, not hostile, not huge."""

import io
import zipfile
from pathlib import Path
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

MAX_FILE_BYTES = 50 << 20
#: What the parts of a workbook may add up to when unpacked; a roster of 100 000 rows has some 60 MB.
MAX_UNPACKED_BYTES = 400 << 20
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


class RosterFileError(AnjuError):
    """A file that is no roster workbook; nothing in it was read."""

    code: ClassVar[str] = "ROSTER_FILE"


def load(source: Path | bytes) -> bytes:
    """The bytes of a harmless .xlsx workbook.

    Raises RosterFileError: missing or empty file, too large, an old or encrypted workbook, no workbook at all, macros,
    or parts that unpack to more than any roster needs.
    """
    content = _content(source)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise RosterFileError(_("文件有打开密码，请在 Excel 或 WPS 中去除密码后重新上传"), field="file")
        raise RosterFileError(_("这是旧版 .xls 文件（或改了扩展名），请另存为 .xlsx 后重新上传"), field="file")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:  # the last: a version unheard of
        raise RosterFileError(_("不是 .xlsx 文件，请用模板填写并保存为 .xlsx"), field="file") from error
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise RosterFileError(_("文件展开后过大，请只保留清册一张工作表后重新保存"), field="file")
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise RosterFileError(_("不是 .xlsx 文件，请用模板填写并保存为 .xlsx"), field="file")
    if "xl/vbaProject.bin" in names:
        raise RosterFileError(_("文件含有宏，请另存为不含宏的 .xlsx"), field="file")
    return content


def _content(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            if source.stat().st_size > MAX_FILE_BYTES:
                raise RosterFileError(_("文件超过 50 MB"), field="file")
            content = source.read_bytes()
        except OSError as error:
            raise RosterFileError(_("无法读取文件：{reason}").format(reason=error.strerror), field="file") from error
    if not content:
        raise RosterFileError(_("文件是空的"), field="file")
    if len(content) > MAX_FILE_BYTES:
        raise RosterFileError(_("文件超过 50 MB"), field="file")
    return content
