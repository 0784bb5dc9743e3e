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


class UnknownUnitError(RegistryError):
    """No unit has this account number."""

    code = "UNIT_UNKNOWN"


class UnitStateError(RegistryError):
    """The unit is not in a state in which this can be done."""

    code = "REGISTRY_UNIT_STATE"


class TermsRefusedError(RegistryError):
    """Ratios that are out of bounds, from a month that is taken, or changed too often."""

    code = "REGISTRY_TERMS_REFUSED"


class NotEmptyUnitError(RegistryError):
    """A unit that still has something inside."""

    code = "REGISTRY_UNIT_NOT_EMPTY"


class SuccessionRefusedError(RegistryError):
    """A merger or a split that cannot be done."""

    code = "REGISTRY_SUCCESSION_REFUSED"


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


class AccountsRefusedError(RegistryError):
    """Some of the accounts cannot be sealed, unsealed, moved or merged; the message says which and why."""

    code = "REGISTRY_ACCOUNTS_REFUSED"


class FreezeRefusedError(RegistryError):
    """A freeze that cannot be placed, extended or lifted."""

    code = "REGISTRY_FREEZE_REFUSED"
