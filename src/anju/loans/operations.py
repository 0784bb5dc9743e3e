"""贷款: disbursement, instalments falling due, collection, overdue, prepayment. Each is one transaction.

Principal not yet due stands on the loan's account under 121, principal of unpaid instalments under 122. Day-end work
is set-based (`sql/`); single loans go through the ledger's operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from django.db import connection, transaction

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm
from anju.ledger.errors import translated
from anju.ledger.operations import JournalRequest, NewAccount, credit, debit, open_accounts, post
from anju.ledger.queries import account_balance
from anju.loans import schedule
from anju.loans.models import Instalment, Loan, LoanState, Method
from anju.loans.prepayment import payoff_interest
from anju.registry.models import Member

#: Journal kinds of this room.
DISBURSEMENT, INSTALMENT, OVERDUE, PREPAYMENT = "disbursement", "instalment", "overdue", "prepayment"
_METHODS = {
    Method.EQUAL_INSTALMENT: schedule.Method.EQUAL_INSTALMENT,
    Method.EQUAL_PRINCIPAL: schedule.Method.EQUAL_PRINCIPAL,
}
_SQL = Path(__file__).parent / "sql"


class LoanRefusedError(AnjuError):
    """A loan operation that the rules refuse; nothing was booked."""

    code: ClassVar[str] = "LOAN_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """A loan as contracted. `periods_paid` is above zero only for loans taken over from an earlier system."""

    contract_number: str
    borrower_number: str
    principal: Fen
    months: int
    rate: Ppm
    method: Method
    disbursed: date
    due_day: int
    periods_paid: int = 0


@transaction.atomic
def take_over(*, loans: Sequence[LoanTerms], opened: date) -> dict[str, int]:
    """Register loans disbursed before these books were opened; return contract → account under 121.

    Their balances come with the opening journal of whoever opens the books.
    """
    borrowers = dict(
        Member.objects.filter(number__in={loan.borrower_number for loan in loans}).values_list("number", "id")
    )
    accounts = _open_loan_accounts([loan.contract_number for loan in loans], opened)
    Loan.objects.bulk_create(
        (_loan(loan, borrowers[loan.borrower_number], accounts) for loan in loans), batch_size=1000
    )
    return {loan.contract_number: accounts[_principal_account(loan.contract_number)] for loan in loans}


@transaction.atomic
def disburse(*, terms: LoanTerms, bank_account: int, maker: str, checker: str) -> Loan:
    """Pay out a loan (放款: 借121 贷101) on its disbursement day. Idempotent by contract number.

    Raises LoanTermsError for impossible terms, LoanRefusedError for an unknown borrower or a contract number that
    belongs to another loan.
    """
    schedule.check_terms(terms.principal, terms.rate, terms.months)
    borrower = Member.objects.filter(number=terms.borrower_number).first()
    if borrower is None:
        raise LoanRefusedError(_("没有这个借款人的个人账号"), field="borrower")
    earlier = Loan.objects.filter(contract_number=terms.contract_number).first()
    if earlier is not None:
        if (earlier.borrower_id, earlier.principal, earlier.months) != (borrower.id, terms.principal, terms.months):
            raise LoanRefusedError(_("合同编号已用于另一笔贷款"), field="contract_number")
        return earlier
    accounts = _open_loan_accounts([terms.contract_number], terms.disbursed)
    loan = _loan(terms, borrower.id, accounts)
    journal = JournalRequest(
        key=f"{DISBURSEMENT}:{terms.contract_number}",
        kind=DISBURSEMENT,
        reference=terms.contract_number,
        business_date=terms.disbursed,
        lines=[debit(loan.account_id, terms.principal), credit(bank_account, terms.principal)],
        maker=maker,
        checker=checker,
    )
    post(journals=[journal])
    loan.save(force_insert=True)
    return loan


def fall_due(*, on: date) -> None:
    """Write the instalments that fall due up to `on`, one for each loan; call it for every day in turn."""
    _run_file("fall_due.sql", {"on": on})


def collect(
    *, due: date, bank_account: int, income_account: int, business_date: date, maker: str, failed: Sequence[str] = ()
) -> None:
    """Book the instalments of a due date as collected (借101 贷121, 40103), all but the contracts in `failed`."""
    parameters = {"due": due, "bank": bank_account, "income": income_account, "on": business_date, "maker": maker}
    _run_file("collect.sql", {**parameters, "failed": list(failed)})
    settle_finished(on=business_date)


def mark_overdue(*, on: date, maker: str) -> None:
    """Move the principal of instalments due before `on` and unpaid from 121 to 122; the loans become overdue."""
    _run_file("mark_overdue.sql", {"on": on, "maker": maker})


def settle_finished(*, on: date) -> int:
    """Loans with nothing left to fall due and nothing unpaid become settled; returns how many."""
    finished = Loan.objects.filter(periods_left=0).exclude(state=LoanState.SETTLED)
    return finished.exclude(instalments__paid_date__isnull=True).update(state=LoanState.SETTLED)


@transaction.atomic
def pay_off(
    *, contract_number: str, bank_account: int, income_account: int, business_date: date, maker: str, checker: str
) -> Fen:
    """Settle a loan in full (提前结清): principal and interest since the latest due date by actual days over 360.

    Returns what was paid in fen. Raises LoanRefusedError for an unknown or settled loan or one with unpaid instalments.
    """
    loan = _lock_clean_loan(contract_number)
    balance = account_balance(account=loan.account_id)
    days = max(0, (business_date - latest_due(loan)).days)
    interest = payoff_interest(balance, loan.rate, days)
    _book_prepayment(loan, balance, interest, bank_account, income_account, business_date, maker, checker)
    Loan.objects.filter(pk=loan.pk).update(state=LoanState.SETTLED, periods_left=0, next_due=None)
    return balance + interest


@transaction.atomic
def prepay_part(
    *, contract_number: str, amount: Fen, bank_account: int, business_date: date, maker: str, checker: str
) -> Loan:
    """Repay part of a loan on a due date, right after its instalment (期限不变, the payment falls).

    Raises LoanRefusedError off a due date, with unpaid instalments, or for an amount that is not below the balance.
    """
    loan = _lock_clean_loan(contract_number)
    balance = account_balance(account=loan.account_id)
    if business_date != latest_due(loan):
        raise LoanRefusedError(_("提前部分还款须在还款日当期还款之后办理"), field="business_date")
    if not 0 < amount < balance or loan.periods_left == 0:
        raise LoanRefusedError(_("提前还款金额必须大于零且小于贷款余额"), field="amount")
    _book_prepayment(loan, amount, 0, bank_account, bank_account, business_date, maker, checker)
    loan.payment = schedule.fixed_amount(balance - amount, loan.rate, loan.periods_left, _METHODS[Method(loan.method)])
    loan.save(update_fields=["payment"])
    return loan


def latest_due(loan: Loan) -> date:
    """The latest due date that has passed, or the disbursement day when none has."""
    months_passed = loan.months - loan.periods_left
    if months_passed == 0:
        return loan.disbursed_date
    return Month.of(loan.disbursed_date).plus(months_passed).day(loan.due_day)


def _lock_clean_loan(contract_number: str) -> Loan:
    loan = Loan.objects.select_for_update().filter(contract_number=contract_number).first()
    if loan is None or loan.state == LoanState.SETTLED:
        raise LoanRefusedError(_("没有这笔贷款，或已结清"), field="contract_number")
    if Instalment.objects.filter(loan=loan, paid_date__isnull=True).exists():
        raise LoanRefusedError(_("有未还期供，请先还清逾期和当期"), field="contract_number")
    return loan


def _book_prepayment(
    loan: Loan, principal: Fen, interest: Fen, bank: int, income: int, day: date, maker: str, checker: str
) -> None:
    lines = [debit(bank, principal + interest), credit(loan.account_id, principal)]
    lines += [credit(income, interest)] if interest else []
    journal = JournalRequest(
        key=f"{PREPAYMENT}:{loan.contract_number}:{day}",
        kind=PREPAYMENT,
        reference=loan.contract_number,
        business_date=day,
        lines=lines,
        maker=maker,
        checker=checker,
    )
    post(journals=[journal])


def _principal_account(contract_number: str) -> str:
    return f"L{contract_number}"


def _overdue_account(contract_number: str) -> str:
    return f"O{contract_number}"


def _open_loan_accounts(contracts: Sequence[str], opened: date) -> dict[str, int]:
    wanted = [NewAccount(_principal_account(number), "12101", opened) for number in contracts]
    wanted += [NewAccount(_overdue_account(number), "12201", opened) for number in contracts]
    return open_accounts(accounts=wanted)


def _loan(terms: LoanTerms, borrower_id: int, accounts: dict[str, int]) -> Loan:
    left = terms.months - terms.periods_paid
    return Loan(
        contract_number=terms.contract_number,
        borrower_id=borrower_id,
        account_id=accounts[_principal_account(terms.contract_number)],
        overdue_account_id=accounts[_overdue_account(terms.contract_number)],
        principal=terms.principal,
        months=terms.months,
        rate=terms.rate,
        method=terms.method,
        disbursed_date=terms.disbursed,
        due_day=terms.due_day,
        payment=schedule.fixed_amount(terms.principal, terms.rate, terms.months, _METHODS[terms.method]),
        periods_left=left,
        next_due=Month.of(terms.disbursed).plus(terms.periods_paid + 1).day(terms.due_day) if left else None,
    )


@transaction.atomic
def _run_file(name: str, parameters: dict[str, Any]) -> None:
    with translated(), connection.cursor() as cursor:
        cursor.execute((_SQL / name).read_text(encoding="utf-8"), parameters)
