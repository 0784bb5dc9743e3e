"""The catalogue of service items: what is declared in the modules that the settings name, checked when loaded."""

import importlib
import re
from collections.abc import Iterator
from datetime import date

from django.conf import settings

from anju.cases.declarations import ApplicantKind, Channel, DayCount, ServiceItem, Settlement, Term
from anju.cases.errors import DeclarationError, UnknownItemError
from anju.kernel.i18n import gettext as _
from anju.platform.people.models import Role
from anju.policy.errors import PolicyError
from anju.policy.units import Unit
from anju.policy_store.errors import EmptyStoreError
from anju.policy_store.queries import snapshot

_CODE = re.compile(r"[A-Z][0-9]{2}")
_items: dict[str, ServiceItem] = {}


def load() -> None:
    """Register the item of every module in `ANJU_SERVICE_ITEMS`. Raises DeclarationError."""
    for name in settings.ANJU_SERVICE_ITEMS:
        module = importlib.import_module(name)
        declared = [
            each
            for each in vars(module).values()
            if isinstance(each, type) and issubclass(each, ServiceItem) and each.__module__ == name
        ]
        if len(declared) != 1:
            raise DeclarationError(_("{name} 应恰好声明一个事项").format(name=name), field=name)
        register(declared[0]())


def register(item: ServiceItem) -> None:
    """Add an item to the catalogue. Raises DeclarationError for one that cannot work or whose code is taken."""
    known = _items.get(getattr(item, "code", ""))
    if known is not None and type(known) is not type(item):
        raise DeclarationError(_("事项代码 {code} 重复").format(code=item.code), field=item.code)
    _check(item)
    _items[item.code] = item


def forget(code: str) -> None:
    """Take an item out: for tests of cases whose item is no longer declared."""
    _items.pop(code, None)


def find(code: str) -> ServiceItem | None:
    """The item of a code, None when it is not (any more) declared."""
    return _items.get(code)


def item(code: str) -> ServiceItem:
    """The item of a code. Raises UnknownItemError."""
    found = _items.get(code)
    if found is None:
        raise UnknownItemError(_("没有代码为 {code} 的事项").format(code=code[:10]), field="item")
    return found


def items(*, channel: Channel | None = None, applicant: ApplicantKind | None = None) -> Iterator[ServiceItem]:
    """All items, or those of a channel and an applicant, in the order of their codes."""
    for code in sorted(_items):
        each = _items[code]
        if (channel is None or channel in each.channels) and (applicant is None or applicant in each.applicants):
            yield each


def term_of(declared: ServiceItem, on: date) -> Term:
    """The deadline on a day: the policy book's `service.term.<code>`, else what the item declares."""
    path = f"service.term.{declared.code.lower()}"
    try:
        book = snapshot().book
        unit, value = book.definition(path).kind.unit, book.resolve(path, on).value
    except (EmptyStoreError, PolicyError):
        return declared.term
    if not isinstance(value, int) or unit not in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS):
        return declared.term
    return Term(value, DayCount.CALENDAR if unit is Unit.CALENDAR_DAYS else DayCount.WORKING)


def _check(declared: ServiceItem) -> None:
    """What would fail later, and only for some applicant, fails now."""

    def require(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence
        if not holds:
            raise DeclarationError(complaint, field=type(declared).__qualname__)

    for name in ("code", "name", "applicants", "channels", "term", "form", "groups"):
        require(hasattr(declared, name), _("缺少 {name}").format(name=name))
    require(bool(_CODE.fullmatch(declared.code)), _("事项代码应为一个大写字母加两位数字"))
    require(declared.revision >= 1, _("版本从 1 开始"))
    require(bool(declared.applicants) and bool(declared.channels), _("须有申请人类别与渠道"))
    grouped = [name for group in declared.groups for name in group.fields]
    require(len(set(grouped)) == len(grouped), _("同一栏目出现在两组里"))
    require(set(grouped) == set(declared.form.base_fields), _("各组的栏目须与表单的栏目一致"))
    require(len({g.name for g in declared.groups}) == len(declared.groups), _("组名重复"))
    codes = [material.code for material in declared.materials]
    require(len(set(codes)) == len(codes), _("材料代码重复"))
    for material in declared.materials:
        require(not material.when or material.when in grouped, _("材料条件引用了不存在的栏目"))
        require(not material.tolerable or material.required, _("可容缺的材料须为必要材料"))
    require(all(step.role in Role for step in declared.reviews), _("审核步骤的岗位不存在"))
    alone = not declared.reviews and declared.handling is None
    require(alone or not declared.straight_through, _("自动办结的事项不得有审核或经办栏目"))
    require(declared.settlement in Settlement, _("结算方式不存在"))
