"""Who acts for a unit, and with which powers: given and taken at the counter, asked when an application is handed in."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from anju.cases.declarations import ServiceItem
from anju.kernel.i18n import gettext as _
from anju.platform.people.models import Kind, User
from anju.platform.sealed_fields import matches
from anju.registry.changes import keep
from anju.registry.errors import NothingToChangeError, PowerMissingError, UnknownAgentError
from anju.registry.models import AgentPower, ChangeKind, Unit, UnitAgent
from anju.registry.unit_changes import lock_open_unit

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


@transaction.atomic
def add_agent(
    *,
    unit_number: str,
    username: str,
    identity_number: str,
    powers: Collection[str],
    business_date: date,
    actor: str,
    at: datetime,
) -> UnitAgent:
    """Let a sign-in act for a unit, with these powers; `identity_number` is that of the card seen at the counter.

    Raises UnknownUnitError for none and for a closed one, UnknownAgentError when there is no open sign-in of units by
    this name or it is another person's, NothingToChangeError when it acts for the unit already.
    """
    unit = lock_open_unit(unit_number)
    user = User.objects.select_related("person").filter(username=username, kind=Kind.UNIT, is_active=True).first()
    # One sentence for both: nobody learns at the counter whose a sign-in is.
    if user is None or user.person is None or not matches(user.person, "identity_index", identity_number):
        message = _("没有此登录名的单位经办人账号，或不是此证件号码本人的；请先由本人在单位网厅开通账号")
        raise UnknownAgentError(message, field="username")
    if UnitAgent.objects.filter(unit=unit, user=user).exists():
        raise NothingToChangeError(_("已是该单位的经办人，权限请在其所在行变更"), field="username")
    agent = UnitAgent.objects.create(user=user, unit=unit, since=business_date, powers=_ordered(powers))
    after = {"agent": username, "powers": ",".join(agent.powers)}
    keep(ChangeKind.UNIT_CHANGED, unit.number, {}, after, business_date, actor, at, "")
    return agent


@transaction.atomic
def remove_agent(*, unit_number: str, username: str, business_date: date, actor: str, at: datetime) -> None:
    """End that a sign-in acts for a unit: it sees nothing more of it; what it handed in stays the unit's.

    Raises UnknownAgentError.
    """
    unit, agent = _locked(unit_number, username)
    before = {"agent": username, "powers": ",".join(agent.powers)}
    agent.delete()
    keep(ChangeKind.UNIT_CHANGED, unit.number, before, {"agent": ""}, business_date, actor, at, "")


def set_powers(
    *, unit_number: str, username: str, powers: Collection[str], business_date: date, actor: str, at: datetime
) -> UnitAgent:
    """Give an agent exactly these powers; the change stands on the unit's file.

    Raises UnknownAgentError, NothingToChangeError.
    """
    with transaction.atomic():
        unit, agent = _locked(unit_number, username)
        before, after = (",".join(_ordered(set_)) for set_ in (agent.powers, powers))
        if before == after:
            raise NothingToChangeError(_("权限没有变化"), field="powers")
        agent.powers = [power for power in after.split(",") if power]
        agent.save(update_fields=["powers"])
        keep(
            ChangeKind.UNIT_CHANGED, unit.number, {"agent": username, "powers": before},
            {"agent": username, "powers": after}, business_date, actor, at, "",
        )  # fmt: skip
    return agent


def _locked(unit_number: str, username: str) -> tuple[Unit, UnitAgent]:
    """The unit, locked, and its agent of this sign-in. Raises UnknownAgentError."""
    unit = Unit.objects.select_for_update().filter(number=unit_number).first()
    agent = UnitAgent.objects.select_related("user").filter(unit=unit, user__username=username).first()
    if unit is None or agent is None:
        raise UnknownAgentError(_("此人不是该单位的经办人，请刷新页面后重试"), field="agent")
    return unit, agent


def _ordered(powers: Collection[str]) -> list[str]:
    return [power for power in AgentPower.values if power in powers]
