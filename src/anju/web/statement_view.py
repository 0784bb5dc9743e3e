"""Statements in words: what goes onto a page, into a PDF with a code, and into a workbook, made in one place."""

from datetime import date

from django.utils.translation import gettext as _

from anju.contributions.certificates import Content
from anju.contributions.statements import MemberStatement, UnitLedger
from anju.kernel.identity import mask_identity_number, mask_name
from anju.kernel.money import format_yuan
from anju.registry.models import Member, Unit
from anju.web.wording import kind_name


def member_content(member: Member, shown: MemberStatement) -> Content:
    """A member's statement as a paper that the center answers for."""
    totals = [
        (_("期初余额（元）"), format_yuan(shown.opening)), (_("期内存入（元）"), format_yuan(shown.received)),
        (_("期内支出（元）"), format_yuan(shown.paid)), (_("期末余额（元）"), format_yuan(shown.closing)),
    ]  # fmt: skip
    period = (_("期间"), _period(shown.start, shown.end))
    return Content(
        title=_("住房公积金个人明细"),
        facts=[(_("姓名"), member.name), (_("证件号码"), mask_identity_number(member.identity)),
               (_("个人账号"), member.number), period, *totals],
        public=[(_("姓名"), mask_name(member.name)), period, *totals],
        columns=(_("日期"), _("业务"), _("所属年月"), _("发生额（元）"), _("余额（元）")), figures=(3, 4),
        rows=[
            (str(line.day), kind_name(line.kind), line.months, format_yuan(line.amount), format_yuan(line.balance))
            for line in shown.lines
        ],
        notes=[],
    )  # fmt: skip


def unit_content(unit: Unit, shown: UnitLedger) -> Content:
    """A unit's ledger as a paper that the center answers for."""
    period = (_("期间"), _period(shown.start, shown.end))
    totals = [
        (_("期内缴存（元）"), format_yuan(shown.amount)), (_("期末暂收余额（元）"), format_yuan(shown.suspense)),
    ]  # fmt: skip
    facts = [(_("单位名称"), unit.name), (_("单位账号"), unit.number), period, *totals]
    return Content(
        title=_("住房公积金单位缴存明细"), facts=facts, public=facts,
        columns=(_("入账日期"), _("缴款编号"), _("业务"), _("所属年月"), _("人数"), _("金额（元）")), figures=(4, 5),
        rows=[
            (str(line.day), line.number, line.kind, line.months, str(line.members), format_yuan(line.amount))
            for line in shown.lines
        ],
        notes=[],
    )  # fmt: skip


def _period(start: date, end: date) -> str:
    return _("{start} 至 {end}").format(start=start, end=end)
