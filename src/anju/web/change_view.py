"""Changes on record of a unit or a member, as pages list them; the values themselves are opened only for a reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anju.registry.models import AgentPower, Change

#: At most so many are shown at once, the latest; who needs older ones asks the auditor.
SHOWN = 100

_TITLES: Mapping[str, Any] = {
    "name": gettext_lazy("姓名或名称"), "identity": gettext_lazy("证件号码"), "phone": gettext_lazy("手机号码"),
    "address": gettext_lazy("地址"), "email": gettext_lazy("电子邮箱"), "document_type": gettext_lazy("证件类型"),
    "document_country": gettext_lazy("签发国家或地区"), "unit": gettext_lazy("缴存单位"),
    "base": gettext_lazy("缴存基数（分）"), "first_month": gettext_lazy("起始年月"), "last_month": gettext_lazy("终止年月"),
    "credit_code": gettext_lazy("统一社会信用代码"), "sector": gettext_lazy("单位性质"), "industry": gettext_lazy("所属行业"),
    "economic_type": gettext_lazy("经济类型"), "affiliation": gettext_lazy("隶属关系"),
    "established": gettext_lazy("设立日期"), "postcode": gettext_lazy("邮政编码"), "office": gettext_lazy("管理部"),
    "legal_name": gettext_lazy("法定代表人姓名"), "legal_document_type": gettext_lazy("法定代表人证件类型"),
    "legal_number": gettext_lazy("法定代表人证件号码"), "agent_name": gettext_lazy("经办人姓名"),
    "agent_number": gettext_lazy("经办人证件号码"), "agent_phone": gettext_lazy("经办人手机号码"),
    "payday": gettext_lazy("发薪日"), "bank": gettext_lazy("受托银行"), "unit_ratio": gettext_lazy("单位缴存比例（ppm）"),
    "person_ratio": gettext_lazy("个人缴存比例（ppm）"), "agent": gettext_lazy("经办人"), "powers": gettext_lazy("经办权限"),
    "state": gettext_lazy("状态"), "reason": gettext_lazy("原因"), "bank_name": gettext_lazy("受托银行"),
    "member_state": gettext_lazy("个人账户状态"), "freeze": gettext_lazy("冻结的业务流水号"),
    "document": gettext_lazy("执行文书编号"), "last_day": gettext_lazy("到期日期"), "merged": gettext_lazy("并入的账号"),
    "merged_into": gettext_lazy("并入到"), "source": gettext_lazy("转出单位"), "target": gettext_lazy("承接单位"),
    "members": gettext_lazy("人数"), "suspense": gettext_lazy("暂收款（分）"), "sheet": gettext_lazy("清单编号"),
    "kind": gettext_lazy("类别"), "case": gettext_lazy("业务流水号"), "resolution": gettext_lazy("决议文号"),
    "make_up_months": gettext_lazy("补缴期数"), "restored": gettext_lazy("恢复日期"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A change: the row, and (field, before, after) for each field of it; empty until a reason was given."""

    change: Change
    lines: list[tuple[str, str, str]]


def changes_of(number: str, *, opened: bool) -> list[Told]:
    """The changes of an account, the latest first; with their values when `opened`."""
    rows = Change.objects.filter(number=number).order_by("-id")[:SHOWN]
    return [Told(row, _lines(row) if opened else []) for row in rows]


def _lines(row: Change) -> list[tuple[str, str, str]]:
    content = json.loads(row.content)
    before, after = content.get("before", {}), content.get("after", {})
    names = dict.fromkeys([*before, *after])
    return [(str(_TITLES.get(name, name)), _value(name, before), _value(name, after)) for name in names]


def _value(name: str, values: Mapping[str, Any]) -> str:
    value = str(values.get(name, ""))
    if name == "powers" and name in values:
        return _("、").join(str(AgentPower(power).label) for power in value.split(",") if power) or _("仅查看")
    return value
