"""Statements in words: what goes onto a page, into a PDF with a code, and into a workbook, made in one place.

The portals' pages and the staff's share all of it; a paper ends today at the latest, whatever period was asked for.
"""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from anju.contributions.certificates import Content
from anju.contributions.interest_slips import InterestSlip
from anju.contributions.models_certificates import CertificateKind
from anju.contributions.statements import MemberStatement, member_statement
from anju.contributions.unit_ledgers import UnitLedger, unit_ledger
from anju.kernel.identity import mask_identity_number, mask_name
from anju.kernel.money import Fen, format_yuan
from anju.kernel.rates import format_percent
from anju.registry.models import Member, Unit
from anju.web.certificate_view import issued_paper
from anju.web.wording import kind_name


def member_paper(request: HttpRequest, member: Member, start: date, end: date) -> HttpResponse:
    """The member's statement as PDF with a code, or as a workbook where the form says so."""
    shown = member_statement(member=member, start=start, end=_until(start, end))
    return issued_paper(request, kind=CertificateKind.STATEMENT, content=member_content(member, shown), of=member)


def unit_paper(request: HttpRequest, unit: Unit, start: date, end: date) -> HttpResponse:
    """The unit's ledger as PDF with a code, or as a workbook where the form says so."""
    shown = unit_ledger(unit=unit, start=start, end=_until(start, end))
    return issued_paper(request, kind=CertificateKind.UNIT_LEDGER, content=unit_content(unit, shown), of=unit)


def member_content(member: Member, shown: MemberStatement) -> Content:
    """A member's statement as a paper that the center answers for."""
    totals = [
        (_("期初余额（元）"), format_yuan(shown.opening)), (_("期内存入（元）"), format_yuan(shown.received)),
        (_("期内支出（元）"), format_yuan(shown.paid)), (_("期末余额（元）"), format_yuan(shown.closing)),
    ]  # fmt: skip
    period = (_("期间"), _period(shown.start, shown.end))
    return Content(
        title=_("住房公积金个人明细"), facts=[*_whose(member), period, *totals],
        public=[(_("姓名"), mask_name(member.name)), period, *totals],
        columns=(_("日期"), _("业务"), _("所属年月"), _("发生额（元）"), _("余额（元）")), figures=(3, 4),
        rows=[
            (str(line.day), kind_name(line.kind), line.months, format_yuan(line.amount), format_yuan(line.balance))
            for line in shown.lines
        ],
        notes=[],
    )  # fmt: skip


def interest_content(member: Member, slip: InterestSlip) -> Content:
    """The interest slip (年度结息单) of a member's year as a paper that the center answers for."""
    period = (_("结息年度"), _period(slip.start, slip.end))
    sums = [(title, format_yuan(amount)) for title, amount in interest_sums(slip)]
    rates = [
        (_("年利率（{period}）").format(period=_period(each.first, each.final)), f"{format_percent(each.rate)}%")
        for each in slip.rates
    ]
    return Content(
        title=_("住房公积金年度结息单"), facts=[*_whose(member), period, *sums, *rates],
        public=[(_("姓名"), mask_name(member.name)), period, *sums, *rates],
        columns=(_("业务"), _("笔数"), _("存入（元）"), _("支出（元）")), figures=(1, 2, 3),
        rows=[
            (kind_name(each.kind), str(each.entries), format_yuan(each.received), format_yuan(each.paid))
            for each in slip.turnover
        ],
        notes=[_("各项按记账日期，取自账簿；利息于 {day} 结算并转入本金。").format(day=slip.end)],
    )  # fmt: skip


def interest_sums(slip: InterestSlip) -> list[tuple[str, Fen]]:
    """The sums of a slip in the order in which they add up; what corrections added only where there is something."""
    adjusted = [(_("以前年度利息调整（元）"), slip.adjusted)] if slip.adjusted else []
    return [
        (_("年初余额（元）"), slip.opening), (_("本年存入（元）"), slip.received), (_("本年支出（元）"), slip.paid),
        (_("本年结息（元）"), slip.interest), *adjusted, (_("结息后余额（元）"), slip.closing),
    ]  # fmt: skip


def unit_content(unit: Unit, shown: UnitLedger) -> Content:
    """A unit's ledger as a paper that the center answers for."""
    period = (_("期间"), _period(shown.start, shown.end))
    totals = [
        (_("期内缴存（元）"), format_yuan(shown.amount)), (_("期末暂收余额（元）"), format_yuan(shown.suspense)),
    ]  # fmt: skip
    facts = [(_("单位名称"), unit.name), (_("单位账号"), unit.number), period, *totals]
    return Content(
        title=_("住房公积金单位缴存明细"), facts=facts, public=facts,
        columns=(_("入账日期"), _("业务"), _("缴款编号"), _("所属年月"), _("人数"), _("金额（元）")), figures=(4, 5),
        rows=[
            (str(line.day), line.kind, line.number, line.months, str(line.members),
             "—" if line.personal else format_yuan(line.amount))
            for line in shown.lines
        ],
        notes=[_("转入、转出和三人以下的结息只列人数，不列职工个人余额与利息。")] if any(line.personal for line in shown.lines) else [],
    )  # fmt: skip


def _until(start: date, end: date) -> date:
    return max(start, min(end, timezone.localdate()))


def _whose(member: Member) -> list[tuple[str, str]]:
    number = mask_identity_number(member.identity)
    return [(_("姓名"), member.name), (_("证件号码"), number), (_("个人账号"), member.number)]


def _period(start: date, end: date) -> str:
    return _("{start} 至 {end}").format(start=start, end=end)
