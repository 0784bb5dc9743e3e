"""Rules of P01 个人账户设立 in sentences: asked of one person by the item, of a whole list by `judge` in a few queries.

A fault is the sentence that says what is wrong and what to do; an empty one is no fault.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from anju.contributions.bills import next_month
from anju.contributions.rules import base_bounds, latest_month
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import Document, DocumentKind, old_form
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.registry.models import Member, MemberState, Unit

_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """A person of a list: number of the row, document, base in fen, first month."""

    row: int
    document: Document
    base: Fen
    first_month: Month


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: the field as `openings.Opening` names it, and the sentence."""

    row: int
    field: str
    message: str


def judge(*, payer: Unit, entries: Sequence[Entry], on: date, seen: dict[Document, int] | None = None) -> list[Fault]:
    """The faults of a list, in the order of its rows. A list that comes in portions hands `seen` (row by document) along."""
    earliest, latest = months(payer, on)
    bounds = {month: base_bounds(month.first_day) for month in {entry.first_month for entry in entries}}
    faults: list[Fault] = []
    first_row = {} if seen is None else seen
    for entry in entries:
        told = [
            ("base", base_fault(entry.base, *bounds[entry.first_month])),
            ("first_month", month_fault(entry.first_month, earliest, latest)),
        ]
        before = first_row.setdefault(entry.document, entry.row)
        if before != entry.row:
            told.append(("document_number", _("与第 {row} 行证件号码相同，请删除一行").format(row=before)))
        faults += [Fault(entry.row, field, message) for field, message in told if message]
    for place in range(0, len(entries), _CHUNK):
        faults += _known_accounts(payer, entries[place : place + _CHUNK])
    return sorted(faults, key=lambda fault: fault.row)


def months(payer: Unit, on: date) -> tuple[Month, Month]:
    """The earliest and the latest first month (条例 Art. 17): months remitted already are made up for (补缴)."""
    following = next_month(payer)
    return max(Month.of(payer.opened_date), following), max(latest_month(on), following)


def month_fault(month: Month, earliest: Month, latest: Month) -> str:
    """A first month that is remitted already, before the unit's opening, or far ahead."""
    if month < earliest:
        words = _("起缴年月最早为 {month}：此前的月份单位已汇缴或尚未开户，漏缴的请在开户后办理补缴")
        return words.format(month=earliest)
    if month > latest:
        return _("起缴年月最晚为 {month}，请在录用后再设立账户").format(month=latest)
    return ""


def base_fault(base: Fen, floor: Fen | None, cap: Fen | None) -> str:
    """A base that is not between floor and cap; None is no bound."""
    if base <= 0:
        return _("缴存基数应大于零")
    if floor is not None and base < floor:
        words = _("缴存基数低于下限 {floor} 元（当地最低工资标准），请按下限填写")
        return words.format(floor=format_yuan(floor))
    if cap is not None and base > cap:
        words = _("缴存基数高于上限 {cap} 元（上年度职工月平均工资的三倍），请按上限填写")
        return words.format(cap=format_yuan(cap))
    return ""


def account_fault(payer: Unit, unit: int | None, state: str) -> str:
    """An account that the person has at `unit` (id; None: has none). Whose unit pays elsewhere is nobody's business."""
    if unit is None:
        return ""
    if unit != payer.pk:
        return _("该证件号码已有个人账户，一人只能有一个账户；请核对号码，确属本人的请办理启封（P04）或同城转移（P05）")
    if state == MemberState.SEALED:
        return _("该职工在本单位的账户已封存，请办理启封（P04），不必重新设立")
    return _("该职工在本单位已有个人账户，不必重复设立；请核对证件号码")


def _known_accounts(payer: Unit, entries: Sequence[Entry]) -> Iterator[Fault]:
    digest = Member._meta.get_field("identity_index").digest
    indexes = {entry.row: [digest(number) for number in _numbers(entry.document)] for entry in entries}
    known = defaultdict(list)
    rows = Member.objects.filter(identity_index__in={each for found in indexes.values() for each in found})
    facts = ("identity_index", "document_type", "document_country", "unit_id", "state")
    for index, *rest in rows.filter(closed_date=None).values_list(*facts):
        known[index].append(rest)
    for entry in entries:
        document = entry.document
        for index in indexes[entry.row]:
            for kind, country, unit, state in known.get(index, ()):
                # A number of another kind of document may be another person's; identity numbers are one person's.
                if document.kind == DocumentKind.IDENTITY_CARD or (kind, country) == (document.kind, document.country):
                    yield Fault(entry.row, "document_number", account_fault(payer, unit, state))


def _numbers(document: Document) -> list[str]:
    old = old_form(document.value) if document.kind == DocumentKind.IDENTITY_CARD else None
    return [document.value] if old is None else [document.value, old]
