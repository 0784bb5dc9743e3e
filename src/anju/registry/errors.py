"""What the registry refuses. No sentence names anybody else's data."""

from typing import ClassVar

from anju.cases.errors import NotAllowedError
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


class OpeningRefusedError(RegistryError):
    """Personal accounts that cannot be opened as asked; none of the list was."""

    code = "REGISTRY_OPENING_REFUSED"


class PowerMissingError(NotAllowedError):
    """The unit has not given this agent the power that the item needs."""

    code = "REGISTRY_POWER_MISSING"


class UnknownAgentError(RegistryError):
    """Nobody of this sign-in acts for the unit."""

    code = "REGISTRY_UNKNOWN_AGENT"


class AccountHeldError(RegistryError):
    """Money of the account is held or frozen."""

    code = "REGISTRY_ACCOUNT_HELD"


class EmptyAccountError(RegistryError):
    """There is nothing on the account."""

    code = "REGISTRY_ACCOUNT_EMPTY"
