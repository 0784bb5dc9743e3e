"""What the API itself refuses, before any room is asked."""

from typing import ClassVar

from anju.kernel.errors import AnjuError


class ApiError(AnjuError):
    """A request that the API cannot take as it is."""

    code: ClassVar[str] = "API_BAD_REQUEST"


class UnauthenticatedError(ApiError):
    """No token, or not one that is alive."""

    code: ClassVar[str] = "API_UNAUTHENTICATED"


class ScopeError(ApiError):
    """The token, or the kind of sign-in behind it, is not for this operation."""

    code: ClassVar[str] = "API_FORBIDDEN"


class NoSuchAddressError(ApiError):
    """Nothing is at this address."""

    code: ClassVar[str] = "API_NOT_FOUND"


class MethodError(ApiError):
    """The address knows other methods."""

    code: ClassVar[str] = "API_METHOD"


class KeyReusedError(ApiError):
    """The idempotency key stands for another request."""

    code: ClassVar[str] = "API_KEY_REUSED"


class TooLargeError(ApiError):
    """The body is larger than any request needs."""

    code: ClassVar[str] = "API_TOO_LARGE"


class MediaTypeError(ApiError):
    """The body is not of the type that the operation reads."""

    code: ClassVar[str] = "API_MEDIA_TYPE"


class VersionMissingError(ApiError):
    """The request does not say which version of the case it is about."""

    code: ClassVar[str] = "API_VERSION_MISSING"


class QuotaError(ApiError):
    """Too many requests within a minute."""

    code: ClassVar[str] = "API_TOO_MANY"


class InputError(ApiError):
    """Parameters or body do not fit the schema; `errors` has the sentences by field."""

    code: ClassVar[str] = "API_INVALID"

    def __init__(self, message: str, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(message, field=next(iter(errors), ""))


class InternalError(ApiError):
    """Something that nobody foresaw; the log has it."""

    code: ClassVar[str] = "API_INTERNAL"
