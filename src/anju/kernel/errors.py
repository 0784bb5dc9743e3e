"""The root of all anticipated errors.

An anticipated error tells a person three things: which field, which rule, what to do next. It carries a
stable `code` for machines. Concrete errors are defined beside the function that raises them.
"""

from typing import ClassVar


class AnjuError(Exception):
    """An anticipated error with a stable code.

    `message` is a full Chinese sentence that names the rule and what to do; `field` is the input it is about,
    empty when it is about the request as a whole.
    """

    code: ClassVar[str] = "ANJU"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        place = f"{self.field}: " if self.field else ""
        return f"[{self.code}] {place}{self.message}"


class InvalidValueError(AnjuError):
    """A value that breaks a rule of form: a wrong digit, a wrong unit, out of range."""

    code = "VALUE"
