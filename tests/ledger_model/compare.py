"""One account as the ledger has it and as the model has it, asked in every way that there is."""

from datetime import date

from anju.ledger import holds, operations, queries, settlement
from anju.ledger.database import rows
from ledger_model.model import Model
from ledger_model.records import DAY


def same_account(name: str, number: int, model: Model, today: date, hold_keys: dict[int, str]) -> None:
    """Balance, entries, balances and products of past days, holds and their cover, unpaid interest: all the same."""
    one = model.accounts[number]
    _same(f"balance of {name}", queries.account_balance(account=number), one.balance)
    entries = rows("SELECT value_day, amount FROM ledger_entry WHERE account_id = %s", [number])
    modelled = [((entry.value - date(1970, 1, 1)).days, entry.amount) for entry in one.entries]
    _same(f"entries of {name}", sorted(entries), sorted(modelled))
    for ago in (0, 1, 30, 200):
        day = today - ago * DAY
        balance = queries.balance_at(account=number, on=day)
        _same(f"balance of {name} on {day}", balance, model.balance_at(account=number, on=day))
        for until in (day + DAY, day - 15 * DAY, day + 100 * DAY):
            product = queries.product_at(account=number, until=until, known_on=day)
            modelled = model.product_at(account=number, until=until, known=day)
            _same(f"product of {name} until {until} known on {day}", product, modelled)
    if not one.hot:
        queue = [(hold_keys[hold.hold_id], hold.remaining, hold.covered) for hold in holds.active(account=number)]
        _same(f"holds of {name}", queue, one.covered())
    if not one.hot and not one.closed:
        for until in (today + DAY, today + 100 * DAY):
            due = settlement.interest_due(account=number, until=until)
            _same(f"interest of {name} until {until}", due, model.due(account=number, until=until))
            _same(f"unrounded interest of {name} until {until}", _unpaid(number, until), model.unpaid(one, until))


def _same(what: str, real: object, modelled: object) -> None:
    assert real == modelled, f"{what}: the ledger has {real}, the model {modelled}"


def _unpaid(account: int, until: date) -> int:
    """Interest due before it is rounded."""
    ((numerator,),) = rows(
        "SELECT numerator FROM ledger_interest_due(%s, %s, '201', %s, %s)",
        [account, account, operations.MEMBER_RATE, until],
    )
    return numerator
