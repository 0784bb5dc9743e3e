"""Every minute: what the bank tells of money received is booked, where a bank is set. Joins treasury and contributions."""

import logging
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from anju.contributions.receipts import Notice, receive
from anju.platform.jobs import app
from anju.treasury.bank import Bank, BankNotice, HttpBank, Polled, Take, poll
from anju.treasury.models import BankRefusal
from anju.treasury.refusals import take_again

_BEIJING = ZoneInfo("Asia/Shanghai")
log = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="web.bank_notices", queue="nightly", queueing_lock="web.bank_notices")
def bank_notices(timestamp: int) -> None:
    """Book what is new as of `timestamp` (seconds, UTC)."""
    if not settings.ANJU_BANK_URL:
        return
    try:
        day = datetime.fromtimestamp(timestamp, UTC).astimezone(_BEIJING).date()
        done = book_notices(bank=HttpBank(settings.ANJU_BANK_URL), business_date=day)
    except OSError as error:  # asked again in a minute
        log.warning("the bank could not be asked: %s", type(error).__name__)
        return
    if done.refused:
        log.error("notices of the bank were not booked: %s", done.refused)


def book_notices(*, bank: Bank, business_date: date, maker: str = "bank") -> Polled:
    """Book every new notice of the bank once. Raises OSError."""
    return poll(bank=bank, take=_taking(business_date, maker))


def take_refused(*, number: int, actor: str, at: datetime, business_date: date) -> BankRefusal:
    """Book a notice that was refused before. Raises RefusalSettledError."""
    taking = _taking(business_date, actor)
    return take_again(number=number, take=taking, actor=actor, at=at, business_date=business_date)


def _taking(business_date: date, maker: str) -> Take:
    def take(told: BankNotice, account: int) -> None:
        notice = Notice(
            bank_account=account, serial=told.serial, arrived=told.arrived, payer_name=told.payer_name,
            amount=told.amount, payer_account=told.payer_account, remark=told.remark,
        )  # fmt: skip
        receive(notice=notice, business_date=business_date, maker=maker)

    return take
