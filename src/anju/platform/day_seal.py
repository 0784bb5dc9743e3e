"""One SM3 root for each day, chained to the day before: whoever alters a sealed row must alter every later root.

Leaves are made when rows are written; the chain is closed at day end, off the writing path. Used by the ledger for
its journals and by the audit log for its rows.
"""

from collections.abc import Iterable
from datetime import date

from cryptography.hazmat.primitives import hashes

#: What stands before the first sealed day.
GENESIS = bytes(32)
_DOMAIN = b"anju-day-seal-1"


def day_root(*, previous: bytes, day: date, leaves: Iterable[bytes]) -> tuple[bytes, int]:
    """SM3 over the root of the day sealed before, the day, and its leaves in their order; and how many they are.

    Leaves must have one length (32 bytes), so that no two lists of leaves read as the same bytes.
    """
    digest = hashes.Hash(hashes.SM3())
    digest.update(_DOMAIN + previous + day.isoformat().encode())
    count = 0
    for leaf in leaves:
        assert len(leaf) == 32
        digest.update(leaf)
        count += 1
    digest.update(count.to_bytes(8, "big"))
    return digest.finalize(), count
