"""A payment notice (缴款通知书) as pages and paper show it, the same for the counter and for employers."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from anju.contributions.models import Bill
from anju.kernel.capitals import to_capitals
from anju.kernel.identity import mask_name
from anju.kernel.money import format_yuan
from anju.platform.documents.grid import Box, Grid, flow
from anju.platform.documents.render_pdf import render_pdf
from anju.platform.models import CenterFact
from anju.registry.operations import month_of
from anju.treasury.models import BankAccount


@dataclass(frozen=True, slots=True)
class Payee:
    """Where to pay: the center and its demand account for contributions."""

    name: str
    bank: str
    account: str


def payee() -> Payee | None:
    """The center's account for contributions (101, demand); None while it has opened none."""
    account = (
        BankAccount.objects.filter(account__subject__code__startswith="101", matures_date=None).order_by("pk").first()
    )
    if account is None:
        return None
    title = CenterFact.objects.filter(key="title").values_list("value", flat=True).first()
    return Payee(str(title or _("住房公积金管理中心")), account.bank, account.code)


def months_of(bill: Bill) -> str:
    """The months that a bill is for, in words."""
    months = sorted(
        set(bill.remittances.values_list("month", flat=True)) | set(bill.back_payments.values_list("month", flat=True))
    )
    if not months:
        return ""
    first, last = month_of(months[0]), month_of(months[-1])
    return str(first) if first == last else _("{first} 至 {last}").format(first=first, last=last)


def facts(bill: Bill) -> list[tuple[str, str]]:
    """The lines of the notice: title and text."""
    to = payee()
    lines = [
        (_("缴款编号"), bill.number), _payer(bill),
        (_("业务"), f"{bill.get_kind_display()} {months_of(bill)}".strip()), (_("人数"), str(bill.members)),
        (_("金额（元）"), format_yuan(bill.amount)), (_("大写"), to_capitals(bill.amount)),
        (_("缴款方式"), bill.get_method_display()), (_("开具日期"), str(bill.issued_date)),
    ]  # fmt: skip
    if bill.due_date:
        lines.append((_("缴款期限"), str(bill.due_date)))
    if to is not None:
        lines += [(_("收款户名"), to.name), (_("收款银行"), to.bank), (_("收款账户"), to.account)]
    lines.append((_("状态"), str(bill.get_state_display())))
    return lines


def _payer(bill: Bill) -> tuple[str, str]:
    if bill.member is None:
        return _("单位"), f"{bill.unit.name}（{bill.unit.number}）"
    return _("缴存人"), f"{mask_name(bill.member.name)}（{bill.member.number}）"


def notice_pdf(bill: Bill, *, as_of: date) -> bytes:
    """The notice as PDF, for the payer's bank. Raises ChineseFontMissingError."""
    rows = [(Box(title, bold=True, shade=True), Box(text, align="left")) for title, text in facts(bill)]
    note = _("请在附言中写明缴款编号；到账后自动入账。金额不符的款项记入单位暂收款。")
    return render_pdf(
        Grid(_("住房公积金缴款通知书"), (250, 750), flow(rows), notes=(note,), point_size=11), as_of=as_of
    )
