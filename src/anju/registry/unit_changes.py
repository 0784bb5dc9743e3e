"""A unit changes: facts, ratios, sealed and unsealed. One transaction each, under the unit's row, on file in `Change`.

Whether bills, money or cases stand against it is asked by the rooms above, which hold the same row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_credit_code, parse_identity_number, parse_phone
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm, format_percent
from anju.kernel.text import clean_name
from anju.platform.refusals import Refusals, told
from anju.registry.changes import keep
from anju.registry.errors import (
    NothingToChangeError,
    TermsRefusedError,
    UnitKnownError,
    UnitStateError,
    UnknownUnitError,
)  # fmt: skip
from anju.registry.models import Change, ChangeKind, Employment, Unit, UnitKind, UnitState, UnitTerms
from anju.registry.operations import month_number
from anju.registry.rules import ratio_bounds, ratio_changes_a_year

_REFUSALS: Refusals = {
    "registry_unit_credit_code_key": (UnitKnownError, "credit_code", "该统一社会信用代码已由其他单位登记，请核对"),
    "registry_unitterms_once": (TermsRefusedError, "first_month", "该月的缴存比例已有约定，请从其后的月份起调整"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """What a unit wants changed in its registration; None or empty: as it is. Codes of `code_lists.yaml`."""

    name: str | None = None
    credit_code: str | None = None
    sector: str | None = None
    industry: str | None = None
    economic_type: str | None = None
    affiliation: str | None = None
    address: str | None = None
    postcode: str | None = None
    legal_name: str | None = None
    legal_document_type: str | None = None
    legal_number: str | None = None
    agent_name: str | None = None
    agent_number: str | None = None
    agent_phone: str | None = None
    payday: int | None = None
    bank: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts on a record, on which business day, at which instant, and for which case (empty: none)."""

    business_date: date
    actor: str
    at: datetime
    case: str = ""


@transaction.atomic
def change_unit(*, number: str, change: UnitChange, act: Act) -> Unit:
    """Change a unit's registration (单位信息变更). The same case again changes nothing more.

    Raises UnknownUnitError, UnitKnownError when another unit has the credit code, NothingToChangeError, and the typed
    errors of kernel.identity.
    """
    unit = lock_open_unit(number)
    if done(ChangeKind.UNIT_CHANGED, unit.number, act.case):
        return unit
    after = unit_differences(unit, change)
    if not after:
        raise NothingToChangeError(_("没有要变更的内容：填写的与登记的相同"))
    before = {name: str(getattr(unit, name) or "") for name in after}
    for name, value in after.items():
        setattr(unit, name, value)
    with told(_REFUSALS), transaction.atomic():
        unit.save(update_fields=list(after))
    _keep(ChangeKind.UNIT_CHANGED, unit.number, before, {name: str(value) for name, value in after.items()}, act)
    return unit


def unit_differences(unit: Unit, change: UnitChange) -> dict[str, Any]:
    """The columns of a unit that the change would give another value, each with the new one in canonical form."""
    wanted: dict[str, Any] = {
        name: getattr(change, name)
        for name in ("sector", "industry", "economic_type", "affiliation", "postcode", "legal_document_type", "payday")
    }
    wanted |= {
        name: clean_name(text) if (text := getattr(change, name)) else None
        for name in ("name", "address", "legal_name", "agent_name")
    }
    wanted |= {
        "credit_code": change.credit_code and parse_credit_code(change.credit_code),
        "legal_number": change.legal_number,
        "agent_number": change.agent_number and parse_identity_number(change.agent_number).value,
        "agent_phone": change.agent_phone and parse_phone(change.agent_phone),
        "bank_name": change.bank and clean_name(change.bank),
    }
    return {name: value for name, value in wanted.items() if value and value != getattr(unit, name)}


@transaction.atomic
def change_terms(*, number: str, unit_ratio: Ppm, person_ratio: Ppm, first_month: Month, act: Act) -> Unit:
    """Agree on other ratios (缴存比例调整) from a month on. The same case again changes nothing more.

    The unit's row shows the ratios agreed last; what a month is owed at is read from `UnitTerms`. Raises
    UnknownUnitError, TermsRefusedError.
    """
    unit = lock_open_unit(number)
    if done(ChangeKind.UNIT_TERMS, unit.number, act.case):
        return unit
    wrong = terms_problem(unit, unit_ratio, person_ratio, act.business_date)
    if wrong is not None:
        raise TermsRefusedError(wrong[1], field=wrong[0])
    if first_month <= latest_terms_month(unit):
        raise TermsRefusedError(_(_REFUSALS["registry_unitterms_once"][2]), field="first_month")
    before = {"unit_ratio": format_percent(unit.unit_ratio), "person_ratio": format_percent(unit.person_ratio)}
    UnitTerms.objects.create(
        unit=unit, first_month=month_number(first_month), unit_ratio=unit_ratio, person_ratio=person_ratio,
        case_number=act.case,
    )  # fmt: skip
    unit.unit_ratio, unit.person_ratio = unit_ratio, person_ratio
    unit.save(update_fields=["unit_ratio", "person_ratio"])
    after = {
        "unit_ratio": format_percent(unit_ratio), "person_ratio": format_percent(person_ratio),
        "first_month": str(first_month),
    }  # fmt: skip
    _keep(ChangeKind.UNIT_TERMS, unit.number, before, after, act)
    return unit


def terms_problem(unit: Unit, unit_ratio: Ppm, person_ratio: Ppm, on: date) -> tuple[str, str] | None:
    """(field, sentence) of what is wrong with ratios agreed on a day: out of bounds, the same, or once too often."""
    for field, whose, ratio in (("unit_ratio", _("单位"), unit_ratio), ("person_ratio", _("个人"), person_ratio)):
        message = ratio_problem(whose, ratio, on)
        if message:
            return field, message
    if (unit_ratio, person_ratio) == (unit.unit_ratio, unit.person_ratio):
        return "unit_ratio", _("与现行缴存比例相同，没有要调整的内容")
    most = ratio_changes_a_year(on)
    if changes_of_terms(unit, on.year) >= most:
        return "unit_ratio", _("缴存比例每年最多调整 {most} 次，{year} 年已调整过").format(most=most, year=on.year)
    return None


def ratio_problem(whose: str, ratio: Ppm, on: date) -> str:
    """What is wrong with a ratio on a day, naming the bound and where it stands; empty when it is right."""
    floor, cap = ratio_bounds(on)
    facts = {"whose": whose, "ratio": format_percent(ratio), "floor": format_percent(floor), "cap": format_percent(cap)}
    if ratio < floor:
        message = _("{whose}缴存比例 {ratio}% 低于下限 {floor}%（条例第十八条）；确有困难的请申请降低缴存比例")
        return message.format(**facts)
    if ratio > cap:
        return _("{whose}缴存比例 {ratio}% 高于上限 {cap}%（建金〔2016〕74号），请更正").format(**facts)
    return ""


def changes_of_terms(unit: Unit, year: int) -> int:
    """How often the ratios were adjusted in a calendar year."""
    changes = Change.objects.filter(kind=ChangeKind.UNIT_TERMS, number=unit.number, day__year=year)
    return changes.count()


def latest_terms_month(unit: Unit) -> Month:
    """The month from which the ratios agreed last count."""
    latest = UnitTerms.objects.filter(unit=unit).order_by("-first_month").values_list("first_month", flat=True).first()
    return Month(latest // 100, latest % 100) if latest else Month.of(unit.opened_date).plus(-1)


@transaction.atomic
def seal_unit(*, number: str, act: Act) -> Unit:
    """Seal a unit (单位封存): all its members are sealed already. The same case again changes nothing more.

    Raises UnknownUnitError, UnitStateError.
    """
    unit = lock_open_unit(number)
    if done(ChangeKind.UNIT_SEALED, unit.number, act.case):
        return unit
    if unit.state != UnitState.NORMAL:
        raise UnitStateError(_("单位状态是“{state}”，不能封存").format(state=unit.get_state_display()), field="unit")
    active = current_members(unit)
    if active:
        message = _("还有 {count} 名职工未封存；请先为全部职工办理封存或转移")
        raise UnitStateError(message.format(count=active), field="unit")
    return _set_state(unit, UnitState.SEALED, act.business_date, ChangeKind.UNIT_SEALED, act)


@transaction.atomic
def unseal_unit(*, number: str, act: Act) -> Unit:
    """Unseal a unit (单位启封); its members are unsealed by themselves. Raises UnknownUnitError, UnitStateError."""
    unit = lock_open_unit(number)
    if done(ChangeKind.UNIT_UNSEALED, unit.number, act.case):
        return unit
    if unit.state != UnitState.SEALED:
        raise UnitStateError(_("单位没有封存，不需要启封"), field="unit")
    return _set_state(unit, UnitState.NORMAL, None, ChangeKind.UNIT_UNSEALED, act)


def _set_state(unit: Unit, state: UnitState, sealed: date | None, kind: ChangeKind, act: Act) -> Unit:
    before = {"state": str(unit.get_state_display())}
    unit.state, unit.sealed_date = state, sealed
    unit.save(update_fields=["state", "sealed_date"])
    _keep(kind, unit.number, before, {"state": str(state.label)}, act)
    return unit


def current_members(unit: Unit) -> int:
    """How many members the unit owes contributions for from now on: spells that go on."""
    return Employment.objects.filter(unit=unit, last_month=None).count()


def lock_open_unit(number: str) -> Unit:
    """An employer's row, locked until the transaction ends. Raises UnknownUnitError for none and for a closed one."""
    unit = Unit.objects.select_for_update(no_key=True).filter(number=number, kind=UnitKind.EMPLOYER).first()
    if unit is None or unit.state == UnitState.CLOSED:
        raise UnknownUnitError(_("没有此单位，或已销户，请核对单位账号"), field="unit")
    return unit


def done(kind: ChangeKind, number: str, case: str) -> bool:
    """Whether the case has changed this record already. The caller holds the record's lock."""
    return bool(case) and Change.objects.filter(kind=kind, number=number, case_number=case).exists()


def _keep(kind: ChangeKind, number: str, before: Mapping[str, str], after: Mapping[str, str], act: Act) -> None:
    keep(kind, number, before, after, act.business_date, act.actor, act.at, act.case)
