"""资金: bank accounts, time deposits and the interest that banks pay."""
