"""What must hold before a case is accepted: valid answers, met rules, papers at hand or tolerated for a while (容缺)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from anju.cases import answers
from anju.cases.declarations import Check, Facts, Material, ReviewStep, ServiceItem, Settlement
from anju.cases.errors import IneligibleError, ItemChangedError, MaterialsMissingError
from anju.cases.models import Case, CaseMaterial, CheckResult, Tolerance
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.workday_table import CalendarKind
from anju.kernel.workdays import calendar
from anju.platform.people.models import Office


@dataclass(frozen=True, slots=True)
class Paper:
    """A material of a case as pages show it: what stands for it, and whether it is missing or tolerated."""

    material: Material
    rows: tuple[CaseMaterial, ...]
    tolerance: Tolerance | None

    @property
    def missing(self) -> bool:
        """Asked for and not there."""
        return self.material.required and not self.rows


def papers(case: Case, item: ServiceItem, data: Mapping[str, Any]) -> list[Paper]:
    """The materials that these answers call for, each with what the case has of it."""
    asked = [material for material in item.materials if material.asked_for(data)]
    if not asked:
        return []
    rows = list(CaseMaterial.objects.filter(case=case, removed_at=None).order_by("id"))
    tolerances = {each.code: each for each in Tolerance.objects.filter(case=case)}
    return [
        Paper(material, tuple(row for row in rows if row.code == material.code), tolerances.get(material.code))
        for material in asked
    ]


def accept(
    *, case: Case, item: ServiceItem, actor: str, tolerate: Collection[str], business_date: date, at: datetime
) -> dict[str, Any]:
    """Judge answers, rules and papers; what the case takes over from them comes back. The caller holds the lock.

    Raises FormInvalidError, IneligibleError, MaterialsMissingError.
    """
    data = answers.cleaned(answers.bound_form(item, answers.read(case).answers))
    facts = Facts(case=case, data=data, actor=actor, business_date=business_date, at=at)
    record_checks(case=case, checks=require_eligible(item, facts))
    _require_papers(case, item, data, tolerate, actor, business_date, at)
    amount = item.amount(data)
    office = item.office(data=data, reference=case.applicant_reference)
    answers.seal_submitted(case)
    return {
        "revision": item.revision,
        "subject": item.subject(data)[:120],
        "amount": amount,
        "office_id": None if office is None else Office.objects.get(name=office).pk,
        "steps": steps(item, amount, item.settles(data)),
    }


def facts_of(
    *, case: Case, item: ServiceItem, actor: str, business_date: date, at: datetime, handling: Mapping[str, Any]
) -> Facts:
    """What the effect looks at. Raises ItemChangedError when the item's form changed and refuses the old answers."""
    form = answers.bound_form(item, answers.read(case).answers)
    if not form.is_valid() and case.revision != item.revision:
        message = _("事项已修订（受理时第{old}版，现第{new}版），原申请不符合现行表单；请退回经办，通知补正后再审")
        raise ItemChangedError(message.format(old=case.revision, new=item.revision))
    data = answers.cleaned(form)
    return Facts(case=case, data=data, actor=actor, business_date=business_date, at=at, handling=handling)


def require_eligible(item: ServiceItem, facts: Facts) -> list[Check]:
    """Ask the item's rules. Raises IneligibleError with all that are not met."""
    checks = list(item.checks(facts))
    failed = [check for check in checks if check.blocking and not check.passed]
    if failed:
        raise IneligibleError([check.message for check in failed], field=failed[0].field)
    return checks


def record_checks(*, case: Case, checks: list[Check]) -> None:
    """Keep the outcomes with the case, at the version that they lead to."""
    CheckResult.objects.bulk_create(
        CheckResult(
            case=case, version=case.version + 1, rule=check.rule, title=check.title, passed=check.passed, blocking=check.blocking,
            message=check.message[:300],
        )
        for check in checks
    )  # fmt: skip


def steps(item: ServiceItem, amount: Fen, settlement: Settlement) -> dict[str, Any]:
    """Who handles and who reviews a case of this amount, and how it ends: fixed at acceptance, whatever becomes of the item."""
    needed = [step for step in item.reviews if _needed(step, amount)]
    return {
        "handler": str(item.handler),
        "reviews": [str(step.role) for step in needed],
        "settlement": str(settlement),
    }


def _needed(step: ReviewStep, amount: Fen) -> bool:
    return step.above == 0 or amount > step.above


def _require_papers(
    case: Case,
    item: ServiceItem,
    data: Mapping[str, Any],
    tolerate: Collection[str],
    actor: str,
    day: date,
    at: datetime,
) -> None:
    # A paper that was tolerated once is not asked for again when the case is supplemented: its date stands.
    missing = [paper.material for paper in papers(case, item, data) if paper.missing and paper.tolerance is None]
    lacking = [material for material in missing if not (material.tolerable and material.code in tolerate)]
    if lacking:
        raise MaterialsMissingError([m.code for m in lacking], [str(m.title) for m in lacking])
    for material in missing:
        due = calendar(CalendarKind.SERVICE).add_working_days(day, material.follows_within)
        Tolerance.objects.get_or_create(
            case=case, code=material.code,
            defaults={"due": due.day, "provisional": due.provisional, "accepted_at": at, "accepted_by": actor},
        )  # fmt: skip
