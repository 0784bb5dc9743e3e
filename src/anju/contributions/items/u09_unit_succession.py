"""U09 单位合并、分立: everybody of the unit goes to another, which closes it, or those on a list do.

The unit that members leave applies; the other one is registered already.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import Check, Facts, Group, Material, Preview, ReviewStep, Source, Term
from anju.cases.form_fields import CodeField, DayField, MoneyField, MonthField, NumberField, WordsField
from anju.contributions import unit_life
from anju.contributions.bills import next_month
from anju.contributions.items.unit_items import UnitItem, act_of, applicant, stands
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name
from anju.kernel.money import format_yuan
from anju.kernel.text import squeeze
from anju.ledger.queries import account_balance
from anju.platform.people.models import Role
from anju.registry.models import Member, Unit
from anju.registry.models_successions import Succession, SuccessionKind
from anju.registry.queries import unit
from anju.registry.rules import change_deadline
from anju.registry.successions import INSIDE, Transfer

#: So many lines may a list have.
_MOST = 2000


def _kinds() -> list[tuple[str, str]]:
    return [
        (SuccessionKind.MERGER.value, _("合并（全部职工转出，本单位销户）")),
        (SuccessionKind.SPLIT.value, _("分立（名单职工转出）")),
    ]


class MemberNumbersField(WordsField):
    """Account numbers, one a line."""

    def parse(self, text: str) -> str:
        numbers = list(dict.fromkeys(filter(None, (squeeze(line) for line in text.splitlines()))))
        if len(numbers) > _MOST:
            raise InvalidValueError(_("一次最多 {most} 个个人账号，请分次办理").format(most=_MOST))
        return "\n".join(numbers)


class SuccessionForm(forms.Form):
    kind = CodeField(label=_lazy("办理内容"), codes=_kinds)
    successor = NumberField(label=_lazy("承接单位账号"), longest=20, help_text=_lazy("新设的单位请先办理单位缴存登记"))
    first_month = MonthField(label=_lazy("生效年月"), help_text=_lazy("从此月起由承接单位缴存，例如 2026-07"))
    happened = DayField(label=_lazy("合并或分立的日期"), help_text=_lazy("例如 2026-05-11"))
    members = MemberNumbersField(
        label=_lazy("转出职工的个人账号"),
        longest=50_000,
        required=False,
        help_text=_lazy("分立时填写，每行一个；合并留空"),
    )
    suspense = MoneyField(
        label=_lazy("转出的暂收款（元）"), required=False, help_text=_lazy("分立时可填；合并时全部转出，留空")
    )

    def clean(self) -> dict[str, Any]:
        """A split has a list, a merger takes everybody."""
        data: dict[str, Any] = super().clean() or {}
        split = data.get("kind") == SuccessionKind.SPLIT
        if split and not data.get("members") and "members" not in self.errors:
            self.add_error("members", _("请列出转到承接单位的职工，每行一个个人账号"))
        if not split:
            for name, message in (
                ("members", _("合并是全部职工转出，不填名单")),
                ("suspense", _("合并时暂收款全部转出，请留空")),
            ):
                if data.get(name):
                    self.add_error(name, message)
        return data


class UnitSuccession(UnitItem):
    code = "U09"
    name = _lazy("单位合并、分立")
    summary = _lazy("职工账户、余额和暂收款随单位合并或分立转到承接单位")
    source = "住房公积金管理条例第十四条"
    term = Term(5)
    form = SuccessionForm
    groups = (
        Group("what", _lazy("合并或分立"), ("kind", "successor", "first_month", "happened")),
        Group("who", _lazy("转出的职工与款项"), ("members", "suspense"), hint=_lazy("合并的，此组留空")),
    )
    materials = (Material("proof", _lazy("合并或分立的批文或协议"), (Source.SUBMITTED, Source.SHARED)),)
    reviews = (ReviewStep(Role.REVIEWER), ReviewStep(Role.OFFICE_HEAD))

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        return {"first_month": str(next_month(unit(reference)))} if reference else {}

    def subject(self, data: Mapping[str, Any]) -> str:
        kind = SuccessionKind(data["kind"]).label
        return _("{kind}，承接单位 {number}，自 {month}").format(
            kind=kind, number=data["successor"], month=data["first_month"]
        )

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        rows = Member.objects.filter(unit__number=reference, state__in=INSIDE).order_by("number")
        if data.get("kind") == SuccessionKind.SPLIT:
            rows = rows.filter(number__in=_numbers(data))
        lines = [
            (member.number, mask_name(member.name), str(member.get_state_display()), format_yuan(member.base))
            for member in rows[:_MOST]
        ]
        columns = (_("个人账号"), _("姓名"), _("状态"), _("缴存基数（元）"))
        return Preview(
            title=_("转出的职工（{count} 人）").format(count=rows.count()), columns=columns, rows=lines, figures=(3,)
        )

    def checks(self, facts: Facts) -> Sequence[Check]:
        source, data, day = applicant(facts), facts.data, facts.business_date
        if Succession.objects.filter(case_number=facts.case.number).exists():
            return []
        target = Unit.objects.filter(number=data["successor"]).exclude(pk=source.pk).first()
        deadline = change_deadline(data["happened"], day)
        found = [
            Check(
                "U09-1", target is not None, _("没有此承接单位，或与本单位相同，请核对单位账号"), field="successor",
                title=_("承接单位已登记"),
            ),
            Check(
                "U09-2", data["happened"] <= day, _("合并或分立的日期不能晚于今天，请核对"), field="happened",
                title=_("已经发生"),
            ),
            Check(
                "U09-3", day <= deadline, _("逾期变更：应于 {day} 前办理（条例第十四条）").format(day=deadline),
                blocking=False, title=_("30 日内办理变更登记"),
            ),
            *_list_checks(source, data),
        ]  # fmt: skip
        if target is not None:
            obstacles = unit_life.succession_obstacles(
                source, target, _transfer(facts), day, besides=facts.case.number
            )  # fmt: skip
            found.append(stands("U09-6", obstacles, _("月份衔接，没有未了事项"), field="first_month"))
        return found

    def effect(self, facts: Facts) -> Mapping[str, str]:
        made = unit_life.merge_or_split(transfer=_transfer(facts), act=act_of(facts))
        return {"unit": facts.data["successor"], "members": str(made.members)}


def _list_checks(source: Unit, data: Mapping[str, Any]) -> list[Check]:
    if data["kind"] != SuccessionKind.SPLIT:
        return []
    numbers, inside = _numbers(data), Member.objects.filter(unit=source, state__in=INSIDE)
    known = set(inside.filter(number__in=numbers).values_list("number", flat=True))
    missing = [number for number in numbers if number not in known]
    held = account_balance(account=source.suspense_id) if source.suspense_id is not None else 0
    return [
        Check(
            "U09-4", not missing,
            _("个人账号 {numbers} 不是本单位的职工，请核对").format(numbers=_("、").join(missing[:5])), field="members",
            title=_("名单都是本单位职工"),
        ),
        Check(
            "U09-5", (data["suspense"] or 0) <= held,
            _("本单位暂收款只有 {amount} 元").format(amount=format_yuan(held)), field="suspense",
            title=_("暂收款足够转出"),
        ),
        Check(
            "U09-7", len(known) < inside.count(), _("名单是全部职工，请按合并办理"), field="members",
            title=_("分立后仍有职工"),
        ),
    ]  # fmt: skip


def _numbers(data: Mapping[str, Any]) -> list[str]:
    return [line for line in str(data.get("members") or "").split("\n") if line]


def _transfer(facts: Facts) -> Transfer:
    data = facts.data
    return Transfer(
        kind=SuccessionKind(data["kind"]), source=facts.case.applicant_reference, target=data["successor"],
        first_month=data["first_month"], members=_numbers(data), suspense=data["suspense"] or 0,
    )  # fmt: skip
