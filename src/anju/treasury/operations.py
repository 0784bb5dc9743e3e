"""资金: the center's bank accounts, time deposits placed and drawn, interest that banks pay."""

from datetime import date

from django.db import transaction

from anju.kernel.money import Fen
from anju.kernel.rates import Ppm
from anju.ledger.operations import JournalRequest, Line, NewAccount, credit, debit, open_accounts, post
from anju.treasury.models import BankAccount

#: Journal kinds of this room.
PLACED, DRAWN, BANK_INTEREST = "deposit-placed", "deposit-drawn", "bank-interest"


@transaction.atomic
def open_bank_account(
    *, code: str, bank: str, subject: str, rate: Ppm, opened: date, matures: date | None = None
) -> BankAccount:
    """Open a special account under subject 101 or 102; demand accounts are hot, a time deposit has a maturity."""
    account = open_accounts(
        accounts=[NewAccount(code, subject, opened, bank)], hot=matures is None, overdraft_allowed=matures is None
    )[code]
    return BankAccount.objects.create(code=code, bank=bank, account_id=account, rate=rate, matures_date=matures)


def place_deposit(*, deposit: BankAccount, from_account: int, amount: Fen, business_date: date, maker: str) -> None:
    """Move money from a demand account into a time deposit (定期存入)."""
    lines = [debit(deposit.account_id, amount), credit(from_account, amount)]
    _post(f"{PLACED}:{deposit.code}", PLACED, deposit.code, business_date, lines, maker)


def draw_deposit(
    *,
    deposit: BankAccount,
    to_account: int,
    income_account: int,
    amount: Fen,
    interest: Fen,
    business_date: date,
    maker: str,
) -> None:
    """A time deposit matures: principal and interest (fen) arrive on a demand account (定期支取)."""
    lines = [debit(to_account, amount + interest), credit(deposit.account_id, amount)]
    lines += [credit(income_account, interest)] if interest else []
    _post(f"{DRAWN}:{deposit.code}", DRAWN, deposit.code, business_date, lines, maker)


def receive_interest(
    *, bank: BankAccount, to_account: int, income_account: int, amount: Fen, business_date: date, maker: str
) -> None:
    """A bank pays interest (fen) on an account: 借101 贷40101, or 借102 贷40102."""
    lines = [debit(to_account, amount), credit(income_account, amount)]
    _post(f"{BANK_INTEREST}:{bank.code}:{business_date}", BANK_INTEREST, bank.code, business_date, lines, maker)


def _post(key: str, kind: str, reference: str, day: date, lines: list[Line], maker: str) -> None:
    post(
        journals=[JournalRequest(key=key, kind=kind, reference=reference, business_date=day, lines=lines, maker=maker)]
    )
