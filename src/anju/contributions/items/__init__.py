"""Service items of 归集 that need bills, receipts or sheets."""
