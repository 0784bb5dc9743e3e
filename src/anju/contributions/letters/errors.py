"""What the transfer between centers refuses."""

from typing import ClassVar

from anju.kernel.errors import AnjuError


class LetterRefusedError(AnjuError):
    """A letter that may not be made, or a step that its state does not allow; nothing was changed."""

    code: ClassVar[str] = "LETTER_REFUSED"
