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


class AccountHeldError(RegistryError):
    """Money of the account is held or frozen."""

    code = "REGISTRY_ACCOUNT_HELD"


class EmptyAccountError(RegistryError):
    """There is nothing on the account."""

    code = "REGISTRY_ACCOUNT_EMPTY"
