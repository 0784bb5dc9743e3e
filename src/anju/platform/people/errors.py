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


class OwnAccountError(AnjuError):
    """Somebody would change a post or a second factor of their own."""

    code: ClassVar[str] = "OWN_ACCOUNT"


class WrongAccountStateError(AnjuError):
    """The account is not in the state that this step needs: closed already, not of staff."""

    code: ClassVar[str] = "ACCOUNT_STATE"


class WeakPasswordError(AnjuError):
    """The password breaks a rule of AUTH_PASSWORD_VALIDATORS; the message says which."""

    code: ClassVar[str] = "WEAK_PASSWORD"


class ReasonMissingError(AnjuError):
    """A step that must be answered for was asked without a reason."""

    code: ClassVar[str] = "REASON_MISSING"
