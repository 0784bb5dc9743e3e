"""What the registry refuses. No sentence names anybody else's data."""

from typing import ClassVar

from anju.kernel.errors import AnjuError


class RegistryError(AnjuError):
    """A request about units or members that is refused; nothing of it was written."""

    code: ClassVar[str] = "REGISTRY"


class UnitKnownError(RegistryError):
    """A unit with this credit code is registered."""

    code = "REGISTRY_UNIT_KNOWN"


class UnknownMemberError(RegistryError):
    """No member has this number."""

    code = "REGISTRY_UNKNOWN_MEMBER"


class MemberKnownError(RegistryError):
    """Another member has this identity number."""

    code = "REGISTRY_MEMBER_KNOWN"


class NothingToChangeError(RegistryError):
    """A change that would change nothing."""

    code = "REGISTRY_NOTHING_TO_CHANGE"


class UnknownUnitError(AnjuError):
    """No unit has this account number."""

    code: ClassVar[str] = "UNIT_UNKNOWN"


class AccountHeldError(RegistryError):
    """Money of the account is held or frozen."""

    code = "REGISTRY_ACCOUNT_HELD"


class EmptyAccountError(RegistryError):
    """There is nothing on the account."""

    code = "REGISTRY_ACCOUNT_EMPTY"
