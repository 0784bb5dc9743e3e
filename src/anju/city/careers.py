"""Who leaves during the year: retires, dies, goes abroad, or changes life and keeps a sealed account for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Protocol, TypeVar

from anju.city.sampling import choose, places
from anju.city.setting import Setting
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import ONE

#: JGJ/T 320 reasons: retirement has a birthday, leaving work a waiting time; any other just happens.
RETIREMENT, LEFT_WORK = "03", "99"
#: An account sealed this long may be closed by whoever left work (建金〔2018〕46号: half a year).
WAITING_DAYS = 184
#: Smaller units lose nobody, so that no unit is left without members.
_SMALL_UNIT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The last month on the roster, and what follows: sealed, closed (with a reason), or sealed and closed later."""

    last_month: Month
    sealed: date | None = None
    closes: date | None = None
    reason: str = ""
    retires: date | None = None


class Leaver(Protocol):
    """What is asked of a seat here."""

    departure: Departure | None
    colleagues: int

    @property
    def opening_balance(self) -> Fen: ...


S = TypeVar("S", bound=Leaver)


def depart(setting: Setting, seats: Sequence[S]) -> None:
    """Give a departure to some of the opening members, chosen along their balances; small units lose nobody."""
    by_balance = sorted(
        (seat for seat in seats if seat.colleagues >= _SMALL_UNIT), key=lambda seat: seat.opening_balance
    )
    inputs, year = setting.inputs, setting.year
    for row in inputs.close_outs:
        if row.reason == LEFT_WORK:
            continue
        rng = setting.stream(f"close-outs {row.reason}")
        chosen = _choose(rng, by_balance, setting.part(row.count))
        for seat, place in zip(chosen, places(rng, len(chosen)), strict=True):
            seat.departure = _for_good(row.reason, Month(year, 1 + place * 12 // ONE), rng)
    rng = setting.stream("leavers")
    leavers = _choose(rng, by_balance, setting.part(inputs.members.leavers))
    for seat, place in zip(leavers, places(rng, len(leavers)), strict=True):
        last = Month(year, 1 + place * 12 // ONE)
        seat.departure = Departure(last_month=last, sealed=last.final_day)
    wanted = sum(row.count for row in inputs.close_outs if row.reason == LEFT_WORK)
    _close_later(rng, leavers, setting.part(wanted), year)


def _choose(rng: Random, by_balance: Sequence[S], count: int) -> list[S]:
    return choose(rng, [seat for seat in by_balance if seat.departure is None], count)


def _for_good(reason: str, month: Month, rng: Random) -> Departure:
    """Off the roster from `month` on, and the account closed in it or soon after."""
    happens = month.day(rng.randrange(1, 29))
    closes = avoid_settlement(min(happens + timedelta(days=rng.randrange(1, 25)), date(month.year, 12, 30)))
    retires = happens if reason == RETIREMENT else None
    return Departure(last_month=month.plus(-1), closes=closes, reason=reason, retires=retires)


def _close_later(rng: Random, leavers: Sequence[S], count: int, year: int) -> None:
    """Some leavers close their account when the waiting time is over, those for whom it is over within the year."""
    final = date(year, 12, 30)
    early = [
        seat for seat in leavers
        if seat.departure and seat.departure.sealed and seat.departure.sealed + timedelta(days=WAITING_DAYS) <= final
    ]  # fmt: skip
    for seat in choose(rng, early, count):
        left = seat.departure
        if left is None or left.sealed is None:
            continue
        waited = left.sealed + timedelta(days=WAITING_DAYS + rng.randrange(25))
        closes = avoid_settlement(min(waited, final))
        seat.departure = Departure(last_month=left.last_month, sealed=left.sealed, closes=closes, reason=LEFT_WORK)


def avoid_settlement(day: date) -> date:
    """No money is drawn on the day on which interest is settled; two days later instead."""
    return day + timedelta(days=2) if (day.month, day.day) == (6, 30) else day
