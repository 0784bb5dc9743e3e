"""Who acts for a unit, and with which powers: given at the counter, asked when a unit's application is begun or handed in."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from anju.cases.declarations import ServiceItem
from anju.kernel.i18n import gettext as _
from anju.platform.people.models import User
from anju.registry.changes import keep
from anju.registry.errors import NothingToChangeError, PowerMissingError, UnknownAgentError
from anju.registry.models import AgentPower, ChangeKind, Unit, UnitAgent

#: Power by the first letter of an item's code, where the item names none: units, persons, contributions.
_BY_FAMILY = {"U": AgentPower.REGISTRY, "P": AgentPower.MEMBERS, "C": AgentPower.REMIT}


def power_needed(item: ServiceItem) -> str:
    """The power that an agent needs for an item; empty: everybody who acts for the unit may apply."""
    return item.agent_power or _BY_FAMILY.get(item.code[:1], "")


def require_power(*, user: User, unit_number: str, item: ServiceItem) -> None:
    """Raise PowerMissingError unless the sign-in may apply for the item in the unit's name."""
    require(user=user, unit_number=unit_number, power=power_needed(item))


def require(*, user: User, unit_number: str, power: str) -> None:
    """Raise PowerMissingError unless the unit gave the sign-in this power; no unit and no power ask for nothing."""
    if not power or not unit_number:
        return
    powers = UnitAgent.objects.filter(user=user, unit__number=unit_number).values_list("powers", flat=True).first()
    if powers is None or power not in powers:
        message = _("单位没有授予您“{power}”的权限，请由单位到柜台变更经办人权限")
        raise PowerMissingError(message.format(power=AgentPower(power).label), field="account")


def set_powers(
    *, unit_number: str, username: str, powers: Collection[str], business_date: date, actor: str, at: datetime
) -> UnitAgent:
    """Give an agent exactly these powers; the change stands on the unit's file.

    Raises UnknownAgentError, NothingToChangeError.
    """
    with transaction.atomic():
        unit = Unit.objects.select_for_update().filter(number=unit_number).first()
        agent = UnitAgent.objects.select_related("user").filter(unit=unit, user__username=username).first()
        if unit is None or agent is None:
            raise UnknownAgentError(_("此人不是该单位的经办人，请刷新页面后重试"), field="agent")
        before, after = (
            ",".join(power for power in AgentPower.values if power in set_) for set_ in (agent.powers, powers)
        )
        if before == after:
            raise NothingToChangeError(_("权限没有变化"), field="powers")
        agent.powers = [power for power in after.split(",") if power]
        agent.save(update_fields=["powers"])
        keep(
            ChangeKind.UNIT_CHANGED, unit.number, {"agent": username, "powers": before},
            {"agent": username, "powers": after}, business_date, actor, at, "",
        )  # fmt: skip
    return agent
