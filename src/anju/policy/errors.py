"""What can be wrong with a policy: each error has a stable code and names path, date and file where it knows them."""

from typing import ClassVar

from anju.kernel.errors import AnjuError


class PolicyError(AnjuError):
    """A pack, a package, a case or a population breaks a rule of form."""

    code: ClassVar[str] = "POLICY"


class UnknownPathError(PolicyError):
    """No parameter has this path."""

    code = "POLICY_UNKNOWN_PATH"


class WrongUnitError(PolicyError):
    """A value is not of the unit that its parameter or input declares."""

    code = "POLICY_UNIT"


class OverlapError(PolicyError):
    """Two values of one parameter and one scope are in force on the same day."""

    code = "POLICY_OVERLAP"


class GapError(PolicyError):
    """A parameter has no value for days between its first and its last."""

    code = "POLICY_GAP"


class NotInForceError(PolicyError):
    """A parameter has no known value on the day asked for."""

    code = "POLICY_NOT_IN_FORCE"


class UndeclaredError(PolicyError):
    """A rule reads a parameter or an input that it does not declare."""

    code = "POLICY_UNDECLARED"


class UnknownRuleError(PolicyError):
    """No rule has this name."""

    code = "POLICY_UNKNOWN_RULE"


class InputError(PolicyError):
    """An input of a case or a column of a population is missing, unknown or out of its range."""

    code = "POLICY_INPUT"


class RangeError(PolicyError):
    """An arithmetic step of a rule could leave 64 bits, or would divide what may be negative."""

    code = "POLICY_RANGE"


class ReplayError(PolicyError):
    """A stored decision does not come out again as it was stored."""

    code = "POLICY_REPLAY"
