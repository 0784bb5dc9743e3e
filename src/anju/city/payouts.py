"""Withdrawals: who draws, when, for what reason and how much, never more than stands on the account."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from anju.city.calibration import PartialInput
from anju.city.careers import Departure, avoid_settlement
from anju.city.plan import CloseOut, Member, Withdrawal
from anju.city.sampling import choose, evenly, places
from anju.city.setting import Setting
from anju.kernel.money import YUAN, Fen
from anju.kernel.rates import ONE

#: What stands on a member's account when a day begins, interest of the coming settlement not counted.
BalanceBefore = Callable[[Member, date], Fen]


def draw_withdrawals(
    setting: Setting, members: Sequence[Member], *, borrowers: set[str], balance_before: BalanceBefore
) -> list[Withdrawal]:
    """Partial withdrawals in the order of their days; each member who stays draws at most once."""
    new_year = date(setting.year, 1, 1)
    free = sorted(
        (member for member in members if member.opened < new_year and member.last_month is None),
        key=lambda member: (balance_before(member, new_year), member.number),
    )
    drawn: list[Withdrawal] = []
    for number, row in enumerate(setting.inputs.partial):
        rng = setting.stream(f"withdrawals {number}")
        pool = [member for member in free if (member.number in borrowers) == (row.pool == "borrowers")]
        chosen = choose(rng, pool, setting.part(row.count))
        days = places(rng, len(chosen))
        shares, limits = evenly(rng, len(chosen)), evenly(rng, len(chosen))
        for member, day_place, share, limit in zip(chosen, days, shares, limits, strict=True):
            day = avoid_settlement(new_year + timedelta(days=1 + day_place * 362 // ONE))
            amount = _amount(row, balance_before(member, day), share, limit)
            if amount:
                drawn.append(
                    Withdrawal(case_number="", day=day, member_number=member.number, reason=row.reason, amount=amount)
                )
        gone = {member.number for member in chosen}
        free = [member for member in free if member.number not in gone]
    drawn.sort(key=lambda withdrawal: (withdrawal.day, withdrawal.member_number))
    return [replace(entry, case_number=f"TQ{setting.year}{number:06d}") for number, entry in enumerate(drawn, 1)]


def close_outs(
    setting: Setting,
    members: Sequence[Member],
    departures: Sequence[Departure | None],
    *,
    balance_before: BalanceBefore,
) -> list[CloseOut]:
    """Accounts closed in the year, in the order of their days."""
    closing = sorted(
        (departure.closes, member.number, departure.reason, member)
        for member, departure in zip(members, departures, strict=True)
        if departure is not None and departure.closes is not None
    )
    return [
        CloseOut(
            case_number=f"XH{setting.year}{place:06d}",
            day=day,
            member_number=number,
            reason=reason,
            estimate=balance_before(member, day),
        )
        for place, (day, number, reason, member) in enumerate(closing, 1)
    ]


def _amount(row: PartialInput, balance: Fen, share: int, limit: int) -> Fen:
    """Whole yuan: a share of the balance, at most the limit."""
    amount = balance * row.share.at(share) // ONE
    if row.limit is not None:
        amount = min(amount, row.limit.at(limit))
    return amount // YUAN * YUAN
