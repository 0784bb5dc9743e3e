"""The one ledger: every movement of money is a balanced, append-only journal; only this room writes money."""
