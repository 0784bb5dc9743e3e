"""Reads of contributions: months paid without a gap, the latest one, notices that wait for money."""

from django.db import connection
from django.db.models import Q

from anju.contributions.models import BackPayment, Bill, BillState, Contribution
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.registry.models import Member
from anju.registry.operations import month_number, month_of


def latest_month_paid(member: Member) -> Month | None:
    """The latest month that something stands paid for; corrections are taken into account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(month) FROM contributions_paid WHERE member_id = %s", [member.pk])
        found = cursor.fetchone()[0]
    return month_of(found) if found else None


def awaited(member: Member) -> list[str]:
    """A sentence when notices that name the member wait for payment: their money could not come to a closed account."""
    listed = Contribution.objects.filter(member=member).values("remittance__bill")
    repaid = BackPayment.objects.filter(member=member).values("bill")
    waiting = Bill.objects.filter(Q(pk__in=listed) | Q(pk__in=repaid), state=BillState.OPEN).order_by("pk")
    numbers = list(waiting.values_list("number", flat=True)[:3])
    if not numbers:
        return []
    return [_("缴款通知 {numbers} 列有该账户，还未缴清；请先缴清或撤销").format(numbers=_("、").join(numbers))]


def continuous_months(member: Member, *, until: Month | None = None) -> int:
    """How many months up to the latest paid one, not later than `until`, follow one another without a gap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH paid AS (SELECT DISTINCT month / 100 * 12 + month %% 100 AS number FROM contributions_paid"
            " WHERE member_id = %s AND month <= %s), runs AS (SELECT number, number - row_number() OVER (ORDER BY number) AS run FROM paid)"
            " SELECT count(*) FROM runs WHERE run = (SELECT run FROM runs ORDER BY number DESC LIMIT 1)",
            [member.pk, 999912 if until is None else month_number(until)],
        )
        found: int = cursor.fetchone()[0]
    return found
