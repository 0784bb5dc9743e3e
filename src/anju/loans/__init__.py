"""贷款: contracts, schedules, disbursement, instalments, overdue."""
