"""缴存补贴: once a year on the money that flexible workers left on their accounts; whoever leaves early gives it back.

Money for it comes from local finance or the distribution of value-added income; it waits on an account of its own under
219, told by its remark, and no more is paid out than is there.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Sum

from anju.contributions.errors import FlexibleRefusedError
from anju.contributions.flexible.rules import subsidy_after, subsidy_kept_after, subsidy_rate
from anju.contributions.models import Receipt
from anju.contributions.models_flexible import Subsidy
from anju.contributions.receipts import unknown_account
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.ledger.operations import CENTER_OPENED, JournalRequest, NewAccount, credit, debit, open_accounts, post
from anju.platform.runs import operations as runs
from anju.platform.runs.models import Run
from anju.platform.runs.queries import Standing
from anju.registry.models import Member

#: Journal kinds of this module; the first is also in sql/subsidies.sql.
PAID, TAKEN, FUNDED = "flexible-subsidy", "flexible-subsidy-taken", "flexible-subsidy-fund"
#: Name of the run (batch.py).
JOB = "contributions.flexible-subsidy"
#: What the remark of a transfer of subsidy money says.
REMARK = "灵活就业缴存补贴"
_FUND = "219-SUBSIDY"


def fund_account() -> int:
    """The account under 219 on which the money for subsidies waits."""
    return open_accounts(accounts=[NewAccount(_FUND, "219", CENTER_OPENED, _("灵活就业缴存补贴资金"))])[_FUND]


def claim(receipt: Receipt) -> str | None:
    """Money of nobody that names the subsidy goes to its fund (借219 不明来款 贷219 补贴资金)."""
    if REMARK not in receipt.remark:
        return None
    day = receipt.business_date
    post(
        journals=[
            JournalRequest(
                key=f"{FUNDED}:{receipt.key}", kind=FUNDED, reference=receipt.serial, business_date=day,
                lines=[debit(unknown_account(), receipt.amount), credit(fund_account(), receipt.amount)],
                maker=receipt.maker,
            )
        ]
    )  # fmt: skip
    return "subsidy"


def subsidise(*, year: int, business_date: date, maker: str, clock: Callable[[], datetime]) -> Standing:
    """Pay the subsidy of the interest year that ends in June of `year`, as a run of the batch engine.

    Called again it works on where it failed (the fund was too small, say), or finds who came in since. Raises
    FlexibleRefusedError before the year's end and where the center grants none.
    """
    ends = date(year, 6, 30)
    if business_date <= ends:
        raise FlexibleRefusedError(_("结息年度尚未结束，{day} 之后才能发放").format(day=ends), field="year")
    rate = subsidy_rate(ends)
    if rate == 0:
        raise FlexibleRefusedError(_("本中心未设定缴存补贴，请先在政策参数中设定补贴年利率"), field="year")
    params = {"year": year, "rate": rate, "after": subsidy_after(ends)}
    found = runs.open_run(
        job=JOB, key=f"{PAID}:{year}:{business_date}", params=params, business_date=business_date, maker=maker,
        at=clock(),
    )  # fmt: skip
    if found.retriable:
        runs.retry(run_id=found.run.pk, by=maker, at=clock())
    return runs.work(run_id=found.run.pk, clock=clock)


def refundable(*, member: Member, on: date) -> Fen:
    """What somebody who leaves on a day gives back, in fen: all they got, unless they stayed long enough."""
    since = joined(member)
    if since is None or Month.of(since).plus(subsidy_kept_after(on)) <= Month.of(on):
        return 0
    got = Subsidy.objects.filter(member=member, taken_date=None, paid_date__gte=since).aggregate(sum=Sum("amount"))
    return got["sum"] or 0


def take_back(*, member: Member, case: str, business_date: date, maker: str) -> Fen:
    """Book what somebody gives back (借201 贷219 补贴资金); how much. The caller holds the member's row."""
    amount = refundable(member=member, on=business_date)
    if amount:
        post(
            journals=[
                JournalRequest(
                    key=f"{TAKEN}:{case}", kind=TAKEN, reference=case, business_date=business_date,
                    lines=[debit(member.account_id, amount), credit(fund_account(), amount)], maker=maker,
                )
            ]
        )  # fmt: skip
        Subsidy.objects.filter(member=member, taken_date=None).update(taken_date=business_date)
    return amount


def joined(member: Member) -> date | None:
    """Since when somebody has paid as a flexible worker without a break; None for who does not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT contributions_joined(%s)", [member.pk])
        since: date | None = cursor.fetchone()[0]
    return since


def work(cursor: CursorWrapper, run: Run, low: int, high: int) -> Mapping[str, int]:
    """The work of the run on one range of members."""
    wanted = run.params
    cursor.execute(
        "SELECT persons, amount FROM contributions_subsidise(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            low, high, wanted["year"], wanted["rate"], wanted["after"], fund_account(), run.pk,
            run.business_date, run.maker,
        ],
    )  # fmt: skip
    persons, amount = cursor.fetchone()
    return {"persons": int(persons), "amount": int(amount)}
