"""Journal kinds in the words of the counter (凭证种类)."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from anju.accounting.operations import ACCRUAL, DISTRIBUTION, FEE, PAYMENT, PERIOD_END, SETTLEMENT_DIFFERENCE
from anju.contributions.bills import BACK_PAYMENT, REMITTANCE
from anju.contributions.corrections import CORRECTION
from anju.contributions.letters.operations import TRANSFER_IN, TRANSFER_OUT
from anju.contributions.receipts import IDENTIFIED, RECEIVED
from anju.contributions.refunds import REFUND
from anju.loans.operations import DISBURSEMENT, INSTALMENT, OVERDUE, PREPAYMENT
from anju.registry.models_successions import SuccessionKind
from anju.registry.moves import ALONE
from anju.registry.successions import SUSPENSE_MOVED
from anju.treasury.operations import BANK_INTEREST, DRAWN, PLACED
from anju.withdrawals.operations import CLOSE_OUT, PARTIAL

#: The balances with which the books of a center begin.
OPENING = "opening"
#: Kinds that the ledger itself books.
INTEREST_SETTLEMENT, INTEREST_DIFFERENCE = "interest-settlement", "interest-difference"
ACCOUNT_TRANSFER, REVERSAL = "account-transfer", "reversal"
_KINDS = {
    OPENING: _("年初余额"),
    REMITTANCE: _("汇缴"),
    BACK_PAYMENT: _("补缴"),
    "flexible-payment": _("灵活就业缴存"),
    RECEIVED: _("收到暂收"),
    IDENTIFIED: _("暂收认领"),
    CORRECTION: _("错缴更正"),
    REFUND: _("暂收退款"),
    SUSPENSE_MOVED: _("暂收随单位转移"),
    TRANSFER_IN: _("外部转入"),
    TRANSFER_OUT: _("外部转出"),
    PARTIAL: _("部分提取"),
    CLOSE_OUT: _("销户提取"),
    DISBURSEMENT: _("贷款发放"),
    INSTALMENT: _("正常还款"),
    PREPAYMENT: _("提前还款"),
    OVERDUE: _("转逾期"),
    PLACED: _("定期存入"),
    DRAWN: _("定期支取"),
    BANK_INTEREST: _("存款利息收入"),
    ACCRUAL: _("计提公积金利息"),
    INTEREST_SETTLEMENT: _("结算公积金利息"),
    SETTLEMENT_DIFFERENCE: _("结息尾差"),
    FEE: _("委托贷款手续费"),
    PERIOD_END: _("期末结转"),
    DISTRIBUTION: _("增值收益分配"),
    PAYMENT: _("上缴财政"),
    INTEREST_DIFFERENCE: _("以前年度利息调整"),
    ACCOUNT_TRANSFER: _("账户合并转入转出"),
    REVERSAL: _("冲正"),
}


def kind_name(kind: str) -> str:
    """The Chinese name of a journal kind; a kind without one is shown as it is."""
    return gettext(_KINDS[kind]) if kind in _KINDS else kind


def move_kind(kind: str) -> str:
    """How a member came to another unit."""
    return gettext("同城转移") if kind == ALONE else str(SuccessionKind(kind).label)
