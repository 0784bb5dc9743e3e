"""核算: accrual and settlement of account interest, period end, value-added income and its distribution."""
