"""Why a paper is refused, one class each: what is wrong and what the applicant does next."""

from typing import Any, ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.files.limits import MAX_PAGES, MAX_PIXELS


class FileError(AnjuError):
    """A file that was not taken in, or cannot be given out; nothing of it was kept."""

    code: ClassVar[str] = "FILE"

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.sentence().format(**facts), field="file")

    def sentence(self) -> str:
        """What a person reads, with the names of facts in braces."""
        return _("文件未能保存，请重新上传")


class EmptyFileError(FileError):
    """No byte in it."""

    code = "FILE_EMPTY"

    def sentence(self) -> str:
        return _("文件是空的（0 字节）；请检查文件后重新上传")


class FileTooLargeError(FileError):
    """More bytes than the limit."""

    code = "FILE_TOO_LARGE"

    def sentence(self) -> str:
        return _("文件超过 {limit}；请降低扫描分辨率（200 dpi 已足够），或分成几个文件上传")


class UnknownTypeError(FileError):
    """The content is neither PDF nor JPEG nor PNG, whatever the name says."""

    code = "FILE_TYPE"

    def sentence(self) -> str:
        return _("文件不是 PDF、JPG 或 PNG；请导出为 PDF 后重新上传")


class UnreadableError(FileError):
    """It begins like one of the types but does not open, or opening it takes too much time or memory."""

    code = "FILE_UNREADABLE"

    def sentence(self) -> str:
        return _("文件无法读取，可能已损坏或上传不完整；请在电脑上打开确认，另存后重新上传")


class TrailingDataError(FileError):
    """A picture with something else behind its end."""

    code = "FILE_TRAILING_DATA"

    def sentence(self) -> str:
        return _("图片末尾附有其他数据（如动态照片、拼接文件）；请另存为普通图片后重新上传")


class TooManyPixelsError(FileError):
    """A picture larger than MAX_PIXELS."""

    code = "FILE_TOO_MANY_PIXELS"

    def sentence(self) -> str:
        return _("图片超过 {limit} 万像素；请降低分辨率后重新上传").format(limit=MAX_PIXELS // 10_000)


class EncryptedPdfError(FileError):
    """A PDF with a password or with permissions under encryption."""

    code = "FILE_PDF_ENCRYPTED"

    def sentence(self) -> str:
        return _("PDF 设有密码或权限加密；请取消加密，或打印为新的 PDF 后重新上传")


class ActiveContentError(FileError):
    """A PDF that can do something: scripts, programs to launch, files inside, forms that send, media."""

    code = "FILE_PDF_ACTIVE"

    def sentence(self) -> str:
        return _("PDF 含有脚本、附件、动态表单或多媒体；请打印为新的 PDF 后重新上传")


class NoPagesError(FileError):
    """A PDF without a page."""

    code = "FILE_PDF_NO_PAGES"

    def sentence(self) -> str:
        return _("PDF 没有页面；请检查文件后重新上传")


class TooManyPagesError(FileError):
    """A PDF of more pages than MAX_PAGES, or of more objects than MAX_OBJECTS."""

    code = "FILE_PDF_TOO_LONG"

    def sentence(self) -> str:
        return _("PDF 超过 {limit} 页或结构过于复杂；请分成几个文件，或打印为新的 PDF 后重新上传").format(
            limit=MAX_PAGES
        )


class VirusFoundError(FileError):
    """The scanner knows it; the audit log has the name it gave."""

    code = "FILE_VIRUS"

    def __init__(self, *, signature: str) -> None:
        super().__init__(signature=signature)
        self.signature = signature

    def sentence(self) -> str:
        return _("文件带有病毒（{signature}），已拒收并记录；请对电脑杀毒后，用干净的文件重新上传")


class ScannerUnavailableError(FileError):
    """The scanner that the center has set up does not answer. Nothing is taken in unscanned."""

    code = "FILE_SCANNER_UNAVAILABLE"

    def sentence(self) -> str:
        return _("扫描服务暂不可用，请稍后重试")


class FileDamagedError(FileError):
    """What is stored is not what was handed in: a part is missing, altered, or another file's."""

    code = "FILE_DAMAGED"

    def sentence(self) -> str:
        return _("库存文件 {file} 与收件时不一致；请勿使用，并报信息管理部从备份核对")


#: What the inspecting process may answer, by code.
REFUSALS: dict[str, type[FileError]] = {
    error.code: error
    for error in (
        EmptyFileError, UnknownTypeError, UnreadableError, TrailingDataError, TooManyPixelsError, EncryptedPdfError,
        ActiveContentError, NoPagesError, TooManyPagesError,
    )
}  # fmt: skip
