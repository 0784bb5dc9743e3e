"""Verification: everything that the ledger states twice is compared, and what does not agree is named.

Entries against their checksums and the digest of their journal, journals against the sealed roots of their days, balance
rows, holds, snapshots and unpaid interest against entries, closed months against both. Reads only; memory stays bounded.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from anju.kernel.i18n import gettext as _
from anju.ledger.database import rows
from anju.ledger.days import leaves
from anju.ledger.operations import MEMBER_RATE
from anju.platform.day_seal import GENESIS, day_root

#: Ids looked at in one statement.
PAGE = 20_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree: what kind of thing, which one, and how it differs."""

    kind: str
    place: str
    detail: str


@dataclass(frozen=True, slots=True)
class Part:
    """Every `parts`-th account beginning with `part`: the nightly proof takes another part each night."""

    part: int = 0
    parts: int = 1


def verify(*, part: Part | None = None, progress: Callable[[str], object] = lambda _line: None) -> Iterator[Finding]:
    """Look at the whole ledger, accounts by `part`, and yield what does not agree."""
    checks: list[tuple[str, Iterator[Finding]]] = [
        (_("日封存链"), _days()),
        (_("凭证与分录"), _journals()),
        (_("余额、冻结与快照"), _accounts(part or Part())),
        (_("未付利息"), _interest(part or Part())),
        (_("已关账月份"), _periods()),
    ]
    for name, findings in checks:
        progress(name)
        yield from findings


def _days() -> Iterator[Finding]:
    expected = GENESIS
    for day, previous, root, journals in rows(
        "SELECT day, previous, root, journals FROM ledger_day WHERE root IS NOT NULL ORDER BY day", []
    ):
        found, count = day_root(previous=expected, day=day, leaves=leaves(day))
        if count != journals:
            detail = _("封存时有 {sealed} 笔凭证，现有 {found} 笔").format(sealed=journals, found=count)
            yield Finding("day", f"{day}", detail)
        elif bytes(previous) != expected:
            yield Finding("day", f"{day}", _("与前一封存日不衔接"))
        elif found != bytes(root):
            yield Finding("day", f"{day}", _("凭证内容与当日封存值不符"))
        expected = bytes(root)


def _journals() -> Iterator[Finding]:
    for low, high in _pages("SELECT min(journal_id), max(journal_id) FROM (SELECT min(id) AS journal_id FROM"
                            " ledger_journal UNION ALL SELECT max(id) FROM ledger_journal UNION ALL"
                            " SELECT min(journal_id) FROM ledger_entry UNION ALL SELECT max(journal_id) FROM ledger_entry)"
                            " AS edges"):  # fmt: skip
        for journal, key, day, lines in rows(
            "SELECT journal_id, key, business_date, lines FROM ledger_verify_journals(%s, %s)", [low, high]
        ):
            place = _("凭证 {journal}（{key}，{day}）").format(journal=journal, key=key, day=day)
            if lines:
                for line in lines:
                    yield Finding("entry", _("{place}第 {line} 行").format(place=place, line=line), _("与其校验值不符"))
            else:
                yield Finding("journal", place, _("内容或分录与记账时的摘要不符"))
        for journal, line, account, day in rows(
            "SELECT journal_id, line, account_id, business_date FROM ledger_verify_entries(%s, %s)", [low, high]
        ):
            place = _("凭证 {journal} 第 {line} 行（账户 {account}，{day}）").format(
                journal=journal, line=line, account=account, day=day
            )
            yield Finding("entry", place, _("没有对应的凭证"))


def _accounts(part: Part) -> Iterator[Finding]:
    for low, high in _pages("SELECT min(id), max(id) FROM ledger_account"):
        for _account, number, what, stored, computed in rows(
            "SELECT account_id, number, what, stored, computed FROM ledger_verify_accounts(%s, %s, %s, %s)",
            [low, high, part.part, part.parts],
        ):
            detail = _("{what} 存储为 {stored}，按分录应为 {computed}").format(
                what=what, stored=stored, computed=computed
            )
            yield Finding("account", number, detail)


def _interest(part: Part) -> Iterator[Finding]:
    """What accounts have earned and not been paid, up to a day beyond all that is booked and settled."""
    ((until,),) = rows(
        "SELECT DATE '1970-01-01' + 1 + greatest(max(latest_day), max(settled_day)) FROM ledger_balance", []
    )
    if until is None:
        return
    for low, high in _pages("SELECT min(id), max(id) FROM ledger_account WHERE subject_id = '201' AND NOT hot"):
        for _account, number, stored, computed in rows(
            "SELECT account_id, number, stored, computed FROM ledger_verify_interest(%s, %s, '201', %s, %s, %s, %s)",
            [low, high, MEMBER_RATE, until, part.part, part.parts],
        ):
            detail = _("未付利息（分×日×百万分率）存储为 {stored}，按分录应为 {computed}").format(
                stored=stored, computed=computed
            )
            yield Finding("interest", number, detail)


def _periods() -> Iterator[Finding]:
    for (first_day,) in rows("SELECT first_day FROM ledger_verify_periods()", []):
        month: date = first_day
        yield Finding("month", f"{month:%Y-%m}", _("关账时的合计或摘要与现有账务不符"))


def _pages(edges: str) -> Iterator[tuple[int, int]]:
    ((lowest, highest),) = rows(edges, [])
    if lowest is not None:
        for low in range(lowest, highest + 1, PAGE):
            yield low, low + PAGE - 1
