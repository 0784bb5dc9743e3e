"""The ledger's contract as plain Python, to be compared with the real one. It knows no SQL, no moments and no snapshots:
balances are sums of entries, interest is counted day by day, and what cannot be done is found out before it is done.

Amounts are debit positive, as in the ledger; a balance is on the account's normal side.
"""

from ledger_model.model import Model
from ledger_model.records import DAY, Account, RefusedError

__all__ = ["DAY", "Account", "Model", "RefusedError"]
