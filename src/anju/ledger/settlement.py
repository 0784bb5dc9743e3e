"""Interest of accounts in the books: dated rates, the yearly settlement, close-out interest, the statement of products.

Products (积数) are in the balance rows; the pure arithmetic, for one account on paper, is in `interest`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from anju.kernel.money import Fen
from anju.kernel.rates import Ppm
from anju.ledger.database import call, rows
from anju.ledger.interest import Flow, ProductRow, product_rows
from anju.ledger.operations import MEMBER_RATE

#: Accounts settled in one transaction and journal.
CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement did: accounts brought to the settlement day, and interest credited in fen."""

    accounts: int
    paid: Fen


def set_rate(*, code: str, start: date, rate: Ppm, document: str, known_from: date) -> None:
    """A yearly rate in ppm from a day on; the one in force until then ends there. Setting it again changes nothing.

    Raises RateTakenError when another rate begins on that day or later days have been settled, InvalidRequestError.
    """
    call("SELECT ledger_set_rate(%s, %s, %s::integer, %s, %s)", [code, start, rate, document, known_from])


def settle_chunk(
    *, low: int, high: int, subject: str, settlement_day: date, payable: int, expense: int, key: str, maker: str
) -> Settled:
    """Settle the accounts low..high of a subject in one journal: debit `payable`, credit each account.

    Value date is the day after `settlement_day`, whose own balance counts. Rounding: half-up to the fen, once per
    account. Accounts settled before are left alone. `expense` is where a later correction books its difference. Raises
    DayNotOpenError, DayShutError, PeriodClosedError, RateMissingError.
    """
    accounts, paid = call(
        "SELECT accounts_settled, paid FROM ledger_settle_interest(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [low, high, subject, settlement_day, MEMBER_RATE, payable, expense, key, maker],
    )
    return Settled(accounts, paid)


def settle_interest(
    *, subject: str, settlement_day: date, payable: int, expense: int, key: str, maker: str, chunk: int = CHUNK
) -> Fen:
    """Settle every account of a subject (年度结息), chunk by chunk; return the interest credited in fen.

    One transaction a chunk, so it can be stopped and run again: what is done is found done.
    """
    lowest, highest = account_range(subject=subject)
    return sum(
        settle_chunk(
            low=low,
            high=low + chunk - 1,
            subject=subject,
            settlement_day=settlement_day,
            payable=payable,
            expense=expense,
            key=key,
            maker=maker,
        ).paid
        for low in range(lowest, highest + 1, chunk)
    )


def cut_interest(*, subject: str, at: date, chunk: int = CHUNK) -> int:
    """Segment close (分段) of every account of a subject at the day a rate changes; returns how many were cut.

    Not needed for right interest: settlement finds a change of rate by itself, at the cost of one more pass.
    """
    lowest, highest = account_range(subject=subject)
    cut = 0
    for low in range(lowest, highest + 1, chunk):
        (done,) = call(
            "SELECT ledger_cut_interest(%s, %s, %s, %s, %s)", [low, low + chunk - 1, subject, MEMBER_RATE, at]
        )
        cut += done
    return cut


def take_interest(*, account: int, until: date) -> Fen:
    """Interest of an account not yet paid, up to the day before `until`, in fen, now marked as paid.

    Call it in the transaction that pays it. Raises AlreadySettledError, AccountUnavailableError, RateMissingError.
    """
    (fen,) = call("SELECT ledger_take_interest(%s, %s, %s)", [account, MEMBER_RATE, until])
    return int(fen)


def interest_due(*, account: int, until: date) -> Fen:
    """Interest of one account not yet paid, up to the day before `until`, in fen, half-up."""
    found = rows(
        "SELECT ledger_interest_fen(d.numerator) FROM ledger_balance b,"
        " ledger_interest_due(b.account_id, b.account_id, b.subject_id, %s, %s) d WHERE b.account_id = %s",
        [MEMBER_RATE, until, account],
    )
    return int(found[0][0]) if found else 0


def accrued_interest(*, subject: str, until: date) -> Fen:
    """Interest of all accounts of a subject not yet paid, up to the day before `until`: half-up once, on the total."""
    ((fen,),) = rows(
        "SELECT div(2 * coalesce(sum(numerator), 0) + 360000000, 720000000)::bigint"
        " FROM ledger_interest_due(%s, %s, %s, %s, %s)",
        [1, 2**62, subject, MEMBER_RATE, until],
    )
    return int(fen)


@dataclass(frozen=True, slots=True)
class ProductStatement:
    """Products of an account since its last settlement in the classic form, one row for each run of days with one
    balance; `carried` came with transferred accounts. `product` is their sum, in fen x days.
    """

    rows: tuple[ProductRow, ...]
    carried: int

    @property
    def product(self) -> int:
        return self.carried + sum(row.product for row in self.rows)


def product_statement(*, account: int, until: date) -> ProductStatement:
    """积数 day by day from the entries, up to the day before `until`: what `ledger_products` gives from the moment."""
    found = rows(
        "SELECT e.value_day, b.side * e.amount, b.side * (e.amount * e.value_day - e.moment), b.settled_day"
        " FROM ledger_balance b JOIN ledger_entry e ON e.account_id = b.account_id WHERE b.account_id = %s"
        " ORDER BY e.value_day",
        [account],
    )
    epoch = date(1970, 1, 1)
    since = max(found[0][3], found[0][0]) if found else 0
    opening = sum(amount for day, amount, _carried, _settled in found if day < since)
    flows = [Flow(epoch + timedelta(days=day), amount) for day, amount, _c, _s in found if day >= since]
    end = (until - epoch).days
    carried = sum(carried for day, _amount, carried, _settled in found if since <= day < end)
    start = epoch + timedelta(days=since)
    return ProductStatement(tuple(product_rows(opening, flows, start, until)) if start < until else (), carried)


def account_range(*, subject: str) -> tuple[int, int]:
    """Lowest and highest account id of a subject; (1, 0) when it has none."""
    ((lowest, highest),) = rows(
        "SELECT min(id), max(id) FROM ledger_account WHERE subject_id = %s AND NOT hot", [subject]
    )
    return (lowest, highest) if lowest is not None else (1, 0)
