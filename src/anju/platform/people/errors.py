"""What the organisation refuses."""

from typing import ClassVar

from anju.kernel.errors import AnjuError


class OrganisationError(AnjuError):
    """The file of the organisation does not say what it should; `field` is the place."""

    code: ClassVar[str] = "ORGANISATION"


class UsernameTakenError(AnjuError):
    """Another sign-in has this name."""

    code: ClassVar[str] = "USERNAME_TAKEN"


class SeparatedPowersError(AnjuError):
    """One person would hold two of system administrator, security administrator and auditor."""

    code: ClassVar[str] = "SEPARATED_POWERS"


class OtherPersonError(AnjuError):
    """The identity number belongs to a person with another name."""

    code: ClassVar[str] = "OTHER_PERSON"
