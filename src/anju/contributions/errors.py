"""What 归集 refuses, as typed errors. Nothing was booked when one of them is raised."""

from collections.abc import Sequence
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _


class RemittanceRefusedError(AnjuError):
    """A remittance that is refused as a whole; nothing of it was booked."""

    code: ClassVar[str] = "REMITTANCE_REFUSED"


class RosterMismatchError(AnjuError):
    """Rows of the roster do not fit the unit's members; `problems` are (row number, sentence)."""

    code: ClassVar[str] = "ROSTER_MISMATCH"

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__(_("清册有 {count} 处与单位职工不符，未入账").format(count=len(problems)), field="roster")
        self.problems = tuple(problems)


class BillStateError(AnjuError):
    """A bill that is paid or cancelled already."""

    code: ClassVar[str] = "BILL_STATE"


class UnknownBillError(AnjuError):
    """No bill has this number."""

    code: ClassVar[str] = "BILL_UNKNOWN"


class ReceiptKnownError(AnjuError):
    """A bank's serial number came before, with other content."""

    code: ClassVar[str] = "RECEIPT_KNOWN"


class ReceiptRefusedError(AnjuError):
    """A receipt that cannot be booked or given to a unit."""

    code: ClassVar[str] = "RECEIPT_REFUSED"


class BackPaymentRefusedError(AnjuError):
    """A back payment that is refused as a whole; no notice was issued."""

    code: ClassVar[str] = "BACK_PAYMENT_REFUSED"


class CorrectionRefusedError(AnjuError):
    """A correction that cannot be made; nothing was booked."""

    code: ClassVar[str] = "CORRECTION_REFUSED"


class RefundRefusedError(AnjuError):
    """A refund that the unit's money does not cover, or whose state does not allow it."""

    code: ClassVar[str] = "REFUND_REFUSED"


class ReliefRefusedError(AnjuError):
    """A lower ratio or a deferral that cannot be granted, or cannot be ended early."""

    code: ClassVar[str] = "RELIEF_REFUSED"


class UnitBusyError(AnjuError):
    """Something of the unit's contributions stands against what is to be done with it."""

    code: ClassVar[str] = "UNIT_BUSY"


class DebitRefusedError(AnjuError):
    """An agreement, a list or an answer of direct debit that does not fit."""

    code: ClassVar[str] = "DEBIT_REFUSED"


class FlexibleRefusedError(AnjuError):
    """An agreement, a payment or an exit of a flexible worker that is refused; nothing of it was written."""

    code: ClassVar[str] = "FLEXIBLE_REFUSED"
