"""One definition per indicator, computed from the ledger and the registry; every page and report asks here."""
