"""What the items of units share: whose they are, the doors, the office, and who acts."""

from collections.abc import Mapping
from typing import Any

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, ServiceItem
from anju.registry.models import Unit
from anju.registry.queries import office_of, unit
from anju.registry.unit_changes import Act

#: What a check may say at most; whoever does away with the first things is told of the rest.
_LONGEST = 300


class UnitItem(ServiceItem):
    """Base of items that a registered unit applies for, at the counter or in its portal."""

    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER})

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))


def applicant(facts: Facts) -> Unit:
    """The unit that applies. Raises UnknownUnitError."""
    return unit(facts.case.applicant_reference)


def act_of(facts: Facts) -> Act:
    """The case as what a write of the registry is done for."""
    return Act(business_date=facts.business_date, actor=facts.actor, at=facts.at, case=facts.case.number)


def stands(rule: str, found: list[str], title: str, *, field: str = "") -> Check:
    """A rule that is met when nothing was found against it."""
    return Check(rule, not found, "；".join(found)[:_LONGEST], field=field, title=title)
