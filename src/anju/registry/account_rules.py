"""When an account can be sealed and unsealed: rules in sentences, asked of one account or, in one query, of a whole list.

A fault is the sentence that says what is wrong and what to do; an empty one is no fault. 条例 Art. 15; JGJ/T 320 5.0.2.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection

from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.registry.models import MemberState
from anju.registry.operations import month_number, month_of


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules ask of an account: unit (id), state, and its latest spell, yyyymm; `last` is None while it goes on."""

    number: str
    unit: int
    state: str
    opened: date
    closed: date | None
    first: int | None
    last: int | None


def standings(members: Collection[int]) -> dict[int, Standing]:
    """The standing of each of these members (ids), in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, m.number, m.unit_id, m.state, m.opened_date, m.closed_date, e.first_month, e.last_month"
            " FROM registry_member m LEFT JOIN LATERAL (SELECT first_month, last_month FROM registry_employment"
            " WHERE member_id = m.id ORDER BY first_month DESC LIMIT 1) e ON true WHERE m.id = ANY (%s)",
            [list(members)],
        )
        return {pk: Standing(*rest) for pk, *rest in cursor.fetchall()}


def seal_fault(standing: Standing, unit: int) -> str:
    """Why the unit (id) cannot seal the account. One that a court froze can be sealed: the freeze stays."""
    if standing.unit != unit or standing.closed is not None:
        return _("不是本单位的账户，或已销户")
    if standing.state == MemberState.SEALED or standing.first is None or standing.last is not None:
        return _("已封存，不必重复办理")
    return ""


def last_month_fault(standing: Standing, last: Month) -> str:
    """Why the spell that goes on cannot end after `last`. One month before its first, it was for nothing."""
    if standing.first is not None and last.plus(1) < month_of(standing.first):
        return _("止缴年月早于起缴年月")
    return ""


def unseal_fault(standing: Standing) -> str:
    """Why the account cannot be unsealed."""
    if standing.closed is not None:
        return _("账户已销户")
    if standing.state == MemberState.FROZEN:
        return _("账户已冻结，须先解除")
    if standing.state != MemberState.SEALED:
        return _("职工正在缴存，须先由原单位封存或办理同城转移")
    return ""


def first_month_fault(standing: Standing, first: Month) -> str:
    """Why a new spell cannot begin with a month."""
    if first < Month.of(standing.opened):
        return _("起缴年月早于账户设立")
    if standing.first is not None and month_number(first) <= (standing.last or standing.first - 1):
        return _("起缴年月与原单位的缴存月份重叠，请改为其后的月份")
    return ""
