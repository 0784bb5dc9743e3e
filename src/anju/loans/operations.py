"""贷款: disbursement, instalments falling due, collection, overdue, prepayment. Each is one transaction.

The savings side of a borrower and the loan are accounts of one ledger; principal not yet due stands on the loan's
account under 121, principal of unpaid instalments under 122.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from django.db import connection, transaction

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm
from anju.ledger.errors import translated
from anju.ledger.operations import JournalRequest, NewAccount, credit, debit, open_accounts, post
from anju.loans.models import Loan, LoanState, Method
from anju.registry.models import Member

#: Journal kinds of this room.
DISBURSEMENT, INSTALMENT, OVERDUE, PREPAYMENT = "disbursement", "instalment", "overdue", "prepayment"
_SQL = Path(__file__).parent / "sql"
