"""U04 缴存基数年度调整: the unit's list of last year's wages becomes the bases from a month on, within floor and cap."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Preview, ServiceItem, Term
from anju.cases.form_fields import MonthField, NumberField
from anju.contributions.bases import adjust_from_sheet, adjusted_this_year
from anju.contributions.bills import next_month
from anju.contributions.models_sheets import Sheet, SheetRow, SheetState
from anju.contributions.sheets.kinds.bases import CAPPED, FLOORED, gone, overtaken
from anju.contributions.sheets.operations import SheetError, ready, use
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name
from anju.kernel.money import format_yuan
from anju.kernel.periods import Month
from anju.registry.queries import office_of, unit
from anju.registry.unit_changes import lock_open_unit

KIND = "bases"
#: So many months ahead may new bases be agreed on: a later year is a slip of the pen.
_AHEAD = 12
#: Rows that a preview shows; the whole is in the list itself.
_SHOWN = 500
_LEFT = _lazy("清单核对后有 {count} 人已封存或转出，请重新上传清单核对")


class YearlyBasesForm(forms.Form):
    sheet = NumberField(label=_lazy("清单编号"), longest=20, help_text=_lazy("校验通过的年度基数清单，Q 开头"))
    first_month = MonthField(label=_lazy("生效年月"), help_text=_lazy("从哪个月起按新基数汇缴，一般为 7 月"))


class YearlyBases(ServiceItem):
    code = "U04"
    name = _lazy("缴存基数年度调整")
    summary = _lazy("上传职工上年月平均工资，系统按上下限核定新的缴存基数")
    source = "住房公积金管理条例第十六条；建金〔2018〕45号；GB/T 51271-2017 5.8"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER})
    term = Term(1)
    form = YearlyBasesForm
    groups = (Group("list", _lazy("清单与生效月份"), ("sheet", "first_month"), hint=_lazy("先在“清单”中上传并校验")),)
    reviews = ()
    straight_through = True

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        waiting = Sheet.objects.filter(unit__number=reference, kind=KIND, state=SheetState.READY).first()
        known = {"first_month": str(next_month(unit(reference)))}
        return known | ({"sheet": waiting.number} if waiting else {})

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("{month} 起").format(month=data["first_month"])

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        sheet = Sheet.objects.filter(
            number=data.get("sheet", ""), unit__number=reference, kind=KIND, state=SheetState.READY
        ).first()
        if sheet is None:
            return None
        rows = SheetRow.objects.filter(sheet=sheet).select_related("member").order_by("line")[:_SHOWN]
        return Preview(
            title=_("新的缴存基数"), columns=(_("个人账号"), _("姓名"), _("原基数"), _("新基数"), _("说明")), figures=(2, 3),
            rows=[
                (row.member.number, mask_name(row.member.name), format_yuan(row.member.base), format_yuan(row.base), row.note)
                for row in rows
                if row.member is not None and row.base is not None
            ],
            note=_note(sheet),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        payer, first = unit(facts.case.applicant_reference), facts.data["first_month"]
        problem, sheet = "", None
        try:
            sheet = ready(number=facts.data["sheet"], unit=payer.number, kind=KIND)
        except SheetError as error:
            problem = error.message
        expected, latest = next_month(payer), Month.of(facts.business_date).plus(_AHEAD)
        old = 0 if sheet is None else overtaken(sheet, first.first_day)
        left = 0 if sheet is None else gone(sheet)
        again = 0 if sheet is None else adjusted_this_year(sheet=sheet, first_month=first)
        return [
            Check("U04-1", not problem, problem, field="sheet", title=_("清单校验通过")),
            Check(
                "U04-2", first >= expected, _("生效年月不能早于下一个汇缴月份 {month}").format(month=expected),
                field="first_month", title=_("不影响已确认的月份"),
            ),
            Check(
                "U04-4", first <= latest, _("生效年月最晚可填 {month}，请核对年份").format(month=latest),
                field="first_month", title=_("生效年月不过晚"),
            ),
            Check(
                "U04-5", old == 0,
                _("{month} 的上下限与核对清单时的不同，影响 {count} 人；请待可汇缴该月时重新上传清单").format(month=first, count=old),
                field="sheet", title=_("按生效年月的上下限核定"),
            ),
            Check("U04-6", left == 0, _LEFT.format(count=left), field="sheet", title=_("名单都是本单位在缴职工")),
            Check(
                "U04-3", again == 0, _("清单中有 {count} 人本年度已调整过基数，一年调整一次；确需更正请到柜台办理").format(count=again),
                blocking=facts.case.channel != Channel.COUNTER, field="sheet", title=_("本年度未调整过"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        number = facts.case.applicant_reference
        lock_open_unit(number)  # whoever moves or seals its people waits
        sheet = use(number=facts.data["sheet"], unit=number, kind=KIND, case=facts.case.number)
        if left := gone(sheet):
            raise SheetError(_LEFT.format(count=left), field="sheet")
        changed = adjust_from_sheet(
            sheet=sheet, first_month=facts.data["first_month"], case=facts.case.number, business_date=facts.business_date,
            actor=facts.actor, at=facts.at,
        )  # fmt: skip
        return {"sheet": sheet.number, "members": str(changed)}


def _note(sheet: Sheet) -> str:
    sums = SheetRow.objects.filter(sheet=sheet).aggregate(
        members=Count("id"), base=Sum("base"), before=Sum("member__base")
    )
    codes = dict(SheetRow.objects.filter(sheet=sheet).values_list("code").annotate(count=Count("id")).order_by())
    return _("共 {members} 人：封顶 {capped} 人，保底 {floored} 人；基数合计 {before} → {after} 元").format(
        members=sums["members"], capped=codes.get(CAPPED, 0), floored=codes.get(FLOORED, 0),
        before=format_yuan(sums["before"] or 0), after=format_yuan(sums["base"] or 0),
    )  # fmt: skip
