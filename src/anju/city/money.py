"""Money as it stands on a demo's morning: a notice paid, one short of a fen, and receipts of which nobody knows whose.

All through the public operations, booked on the day itself; called again it makes nothing new.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from anju.contributions.arrears import sweep
from anju.contributions.bills import issue_remittance
from anju.contributions.models import Bill
from anju.contributions.models_arrears import RadarHit
from anju.contributions.receipts import Notice, receive
from anju.kernel.money import Fen
from anju.ledger.days import open_days
from anju.registry.models import Unit, UnitState
from anju.treasury.models import BankAccount

MAKER = "demo"
#: What each of the first units pays of its next month's notice, in fen more or less than it says; None: nothing yet.
_PAYS: tuple[Fen | None, ...] = (0, -1, 1, None)
_UNKNOWN = (("示例商贸有限公司", 1_234_500), ("示例甲", 86_000))


@transaction.atomic
def receive_money(*, office: str, sparing: Sequence[str], today: date) -> int:
    """Open the day, issue notices to units of an office (not the `sparing` numbers) and let money arrive; how many receipts."""
    open_days(first=today, final=today, actor=MAKER)
    bank = (
        BankAccount.objects.filter(account__subject__code__startswith="101", matures_date=None).order_by("pk").first()
    )
    units = Unit.objects.filter(office=office, state=UnitState.NORMAL).exclude(number__in=sparing).order_by("number")
    if bank is None or Bill.objects.filter(maker=MAKER).exists():
        return 0
    arrived = [
        Notice(
            bank_account=bank.account_id,
            serial=f"DEMO-U{place}",
            arrived=today,
            payer_name=payer,
            amount=amount,
            remark="公积金",
        )
        for place, (payer, amount) in enumerate(_UNKNOWN)
    ]
    for place, (unit, more) in enumerate(zip(units, _PAYS, strict=False)):
        bill = issue_remittance(unit_number=unit.number, months=1, business_date=today, maker=MAKER)
        if more is not None:
            arrived.append(
                Notice(
                    bank_account=bank.account_id, serial=f"DEMO-{place}", arrived=today, payer_name=unit.name,
                    amount=bill.amount + more, remark=bill.number,
                )
            )  # fmt: skip
    for notice in arrived:
        receive(notice=notice, business_date=today, maker=MAKER)
    return len(arrived)


def first_night(*, today: date) -> int:
    """What the radar would have found in the night before a demo's first morning; how many faults. Once: nights follow."""
    return 0 if RadarHit.objects.exists() else sweep(on=today).standing
