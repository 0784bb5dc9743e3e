"""贷款资格: whether a flexible worker may borrow, by months paid in a row or by points (money times days)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from anju.contributions.flexible.rules import ahead_counts
from anju.contributions.flexible.subsidies import joined
from anju.contributions.models_flexible import Agreement
from anju.contributions.queries import continuous_months, latest_month_paid
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.ledger.queries import product_at
from anju.policy.decision import Case, Decision, decide
from anju.policy.errors import PolicyError
from anju.policy.explanation import explain, trust_of
from anju.policy.packs import book
from anju.policy.parameters import NATIONAL
from anju.policy.rules import find_rule
from anju.policy_store.errors import EmptyStoreError
from anju.policy_store.queries import snapshot
from anju.registry.models import Member


@dataclass(frozen=True, slots=True)
class LoanRight:
    """Months paid in a row, points in fen x days since the person joined, and the decision that names its articles."""

    months: int
    points: int
    decision: Decision

    @property
    def granted(self) -> bool:
        return bool(self.decision.value)

    @property
    def missing(self) -> Sequence[str]:
        """What a person who may not borrow yet lacks: what is needed, what there is, and by which article."""
        return [
            _("{what}：{text}（{source}）").format(
                what=reason.label, text=reason.text, source="；".join(f"{row.citation}{trust_of(row)}" for row in reason.sources)
            )
            for reason in explain(self.decision).binding
            if not reason.holds
        ]  # fmt: skip


def loan_right(*, member: Member, on: date) -> LoanRight | None:
    """How a person stands on a day; None without an agreement, or where the center's book says nothing of it.

    Months paid ahead count once they have come, unless `flexible.ahead_counts` says otherwise. Bans after fraud and
    loans are asked of the rooms that keep them.
    """
    since = joined(member)
    if since is None or not Agreement.objects.filter(member=member, ended_date=None).exists():
        return None
    current, latest = Month.of(on), latest_month_paid(member)
    # A row of months that ended before the last one is broken.
    going_on = latest is not None and latest >= current.plus(-1)
    months = continuous_months(member, until=None if ahead_counts(on) else current) if going_on else 0
    points = product_at(account=member.account_id, until=on, known_on=on)
    points -= product_at(account=member.account_id, until=since, known_on=on)
    try:
        law = snapshot().book
    except EmptyStoreError:
        law = book(NATIONAL)
    inputs = {"months_paid": months, "deposit_product": points}
    try:
        decision = decide(find_rule("flexible-loan-right"), law, Case(on=on, inputs=inputs))
    except PolicyError:
        return None
    return LoanRight(months, points, decision)
