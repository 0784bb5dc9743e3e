"""Letters move: applied for, received, checked, paid, booked, ended. The table of moves stands with the model.

Nothing is booked on a letter's word alone: money comes in when bank and BDC905 say the same, and leaves on the bank's
result (spec 5.6, 4.2).
"""

import re
from datetime import date, datetime

from django.db import connection, transaction

from anju.contributions.letters.errors import LetterRefusedError
from anju.contributions.letters.messages import Account, AccountTold, LetterCancelled, LetterSent
from anju.contributions.letters.post_office import own_code, write
from anju.contributions.models import Receipt
from anju.contributions.models_letters import MOVES, Direction, Letter, LetterState
from anju.contributions.receipts import unknown_account
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.ledger import holds
from anju.ledger.operations import JournalRequest, credit, debit, post
from anju.registry.closing import close_out, worth
from anju.registry.models import Member, MemberState
from anju.registry.operations import month_number, month_of

#: Journal kinds of this module.
TRANSFER_IN, TRANSFER_OUT = "transfer-in", "transfer-out"
_NUMBER = re.compile(r"L\d{16}")


def letter_number(day: date) -> str:
    """The next number of a letter: L, six digits of the institution, the day, four digits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('contributions_letter_number')")
        return f"L{own_code()[:6]}{day:%y%m%d}{cursor.fetchone()[0] % 10_000:04d}"


@transaction.atomic
def apply_in(
    *,
    member: Member,
    partner: str,
    partner_name: str,
    partner_account: str,
    business_date: date,
    at: datetime,
    case: str,
) -> Letter:
    """Ask another center for a member's account there (联系函, BDC901). A case that comes again gets its letter.

    Raises LetterRefusedError when a letter to that center is still open.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    made = case and Letter.objects.filter(case_number=case).first()
    if made:
        return made
    if Letter.objects.filter(member=member, direction=Direction.IN, partner=partner, state__in=MOVES).exists():
        raise LetterRefusedError(_("已向该中心发出联系函，尚未办结，请勿重复申请"), field="partner")
    letter = Letter.objects.create(
        number=letter_number(business_date), direction=Direction.IN, member=member, partner=partner,
        partner_name=partner_name, name=member.name, identity=member.identity, partner_account=partner_account,
        made_date=business_date, case_number=case,
    )  # fmt: skip
    asked = LetterSent(
        ConNum=letter.number, TxFunc="0", EmpName=member.name, DocNum=member.identity, OrEmpNum=partner_account
    )
    write(letter=letter, message=asked, at=at)
    return letter


@transaction.atomic
def cancel_in(*, number: str, reason: str, business_date: date, at: datetime) -> Letter:
    """Take a letter back that the other center has not received yet (BDC903). Raises LetterRefusedError."""
    letter = lock_letter(number)
    if letter.direction != Direction.IN or letter.state != LetterState.APPROVED:
        raise LetterRefusedError(_("对方中心已接收联系函，不能撤销；请与对方中心协商"), field="number")
    write(letter=letter, message=LetterCancelled(ConNum=number, Reason=reason), at=at)
    return move(letter, LetterState.CANCELLED, business_date, note=reason)


@transaction.atomic
def take_account(*, letter: Letter, account: Account, business_date: date, at: datetime, maker: str) -> Letter:
    """What the paying center tells of the account (BDC905); booked at once when the money is there."""
    letter.principal, letter.interest = account.principal, account.interest
    letter.opened_date, letter.six_months = account.opened, account.six_months
    letter.paid_to = None if account.paid_to is None else month_number(account.paid_to)
    letter.loans, letter.loan_open, letter.fraud = account.loans, account.loan_open, account.fraud
    letter.save()
    return book_in(
        letter=move(letter, LetterState.CHECKED, business_date), business_date=business_date, at=at, maker=maker
    )


@transaction.atomic
def book_in(*, letter: Letter, business_date: date, at: datetime, maker: str) -> Letter:
    """Book a transfer in (借219 贷201) when the other center's word and the bank's agree; else it is negotiated.

    Value date is the day of booking: interest is borne here from then on.
    """
    if letter.state != LetterState.CHECKED or letter.received == 0:
        return letter
    if letter.received != letter.total:
        words = _("对方告知 {told} 元，到账 {got} 元").format(
            told=format_yuan(letter.total or 0), got=format_yuan(letter.received)
        )
        return move(letter, LetterState.NEGOTIATING, business_date, note=words)
    _credit(letter, business_date, maker)
    write(letter=letter, message=AccountTold(ConNum=letter.number, TxFunc="2"), at=at)
    return move(letter, LetterState.DONE, business_date)


@transaction.atomic
def accept_difference(*, number: str, note: str, business_date: date, at: datetime, maker: str, checker: str) -> Letter:
    """End a negotiation by booking what arrived. Raises LetterRefusedError."""
    letter = lock_letter(number)
    if letter.state != LetterState.NEGOTIATING or letter.received == 0:
        raise LetterRefusedError(_("联系函不在协商中，或没有到账金额"), field="number")
    _credit(letter, business_date, maker, checker)
    write(letter=letter, message=AccountTold(ConNum=letter.number, TxFunc="2", Reason=note), at=at)
    return move(letter, LetterState.NEGOTIATED, business_date, note=note)


@transaction.atomic
def reserve_out(*, number: str, business_date: date, maker: str) -> Letter:
    """Hold all that the member has until the payment's result. Raises LetterRefusedError and what holds raise."""
    letter = lock_letter(number)
    if letter.direction != Direction.OUT or letter.state != LetterState.RECEIVED or letter.member is None:
        raise LetterRefusedError(_("联系函不在待转出状态"), field="number")
    principal, _interest = worth(account=letter.member.account_id, on=business_date)
    if letter.hold_id is None and principal:
        placed = holds.place(
            key=f"{TRANSFER_OUT}:{number}", account=letter.member.account_id, kind="reserve", amount=principal,
            business_date=business_date, maker=maker, reference=number,
        )  # fmt: skip
        letter.hold_id = placed.hold_id
        letter.save(update_fields=["hold_id"])
    return letter


@transaction.atomic
def release_out(*, number: str, business_date: date, maker: str) -> Letter:
    """The payment came to nothing: the hold ends and the letter waits as before."""
    letter = lock_letter(number)
    _release(letter, business_date, maker)
    return letter


@transaction.atomic
def paid_out(
    *, number: str, bank_account: int, business_date: date, at: datetime, maker: str, checker: str | None = None
) -> Letter:
    """Book a transfer out on the bank's result (借201、211、41101 贷101), close the account and tell it (BDC905).

    A letter that was paid comes back as it is. Raises LetterRefusedError, AccountHeldError, EmptyAccountError.
    """
    letter = lock_letter(number)
    if letter.journal_id is not None:
        return letter
    if letter.direction != Direction.OUT or letter.state != LetterState.RECEIVED or letter.member_id is None:
        raise LetterRefusedError(_("联系函不在待转出状态"), field="number")
    member = Member.objects.select_for_update().get(pk=letter.member_id)
    _release(letter, business_date, maker)
    closed = close_out(
        member=member, contra=bank_account, kind=TRANSFER_OUT, key=f"{TRANSFER_OUT}:{number}",
        state=MemberState.TRANSFERRED_OUT, business_date=business_date, maker=maker, checker=checker, reference=number,
    )  # fmt: skip
    letter.principal, letter.interest, letter.journal_id = closed.principal, closed.interest, closed.journal_id
    letter.opened_date = member.opened_date
    letter.save()
    told = Account(
        principal=closed.principal, interest=closed.interest, opened=member.opened_date,
        paid_to=month_of(letter.paid_to) if letter.paid_to else None, six_months=bool(letter.six_months),
        loans=letter.loans or 0, loan_open=bool(letter.loan_open), fraud=bool(letter.fraud),
    )  # fmt: skip
    write(letter=letter, message=told.told(number), at=at)
    return move(letter, LetterState.CHECKED, business_date)


@transaction.atomic
def refuse_out(*, number: str, reason: str, business_date: date, at: datetime, maker: str) -> Letter:
    """Answer a letter with no (转出审核不通过). Raises LetterRefusedError when it was paid or ended."""
    letter = lock_letter(number)
    if letter.direction != Direction.OUT:
        raise LetterRefusedError(_("不是转出的联系函"), field="number")
    _release(letter, business_date, maker)
    write(letter=letter, message=AccountTold(ConNum=number, TxFunc="1", Reason=reason), at=at)
    return move(letter, LetterState.REFUSED, business_date, note=reason)


def claim(receipt: Receipt) -> str | None:
    """Money whose remark names a letter of ours that waits for it; the match's name."""
    for number in _NUMBER.findall(receipt.remark):
        letter = (
            Letter.objects.select_for_update().filter(number=number, direction=Direction.IN, state__in=MOVES).first()
        )
        if letter is not None:
            letter.received += receipt.amount
            letter.save(update_fields=["received"])
            return "letter"
    return None


def lock_letter(number: str) -> Letter:
    """The letter, locked. Raises LetterRefusedError."""
    letter = Letter.objects.select_for_update(of=("self",)).select_related("member").filter(number=number).first()
    if letter is None:
        raise LetterRefusedError(_("没有此联系函编号，请核对"), field="number")
    return letter


def move(letter: Letter, target: LetterState, day: date, *, note: str = "") -> Letter:
    """Move a letter that the caller holds. Raises LetterRefusedError for a move that is not in the table."""
    source = LetterState(letter.state)
    if target not in MOVES.get(source, frozenset()):
        words = _("联系函为“{source}”，不能改为“{target}”").format(source=source.label, target=target.label)
        raise LetterRefusedError(words, field="number")
    letter.state, letter.note = target, (note or letter.note)[:200]
    letter.ended_date = None if target in MOVES else day
    letter.save(update_fields=["state", "note", "ended_date"])
    return letter


def _credit(letter: Letter, day: date, maker: str, checker: str | None = None) -> None:
    assert letter.member is not None
    lines = [debit(unknown_account(), letter.received), credit(letter.member.account_id, letter.received)]
    posted = post(
        journals=[
            JournalRequest(
                key=f"{TRANSFER_IN}:{letter.number}", kind=TRANSFER_IN, reference=letter.number, business_date=day,
                lines=lines, maker=maker, checker=checker,
            )
        ]
    )[0]  # fmt: skip
    letter.journal_id = posted.journal_id
    letter.save(update_fields=["journal_id"])


def _release(letter: Letter, day: date, maker: str) -> None:
    if letter.hold_id is not None:
        holds.release(hold_id=letter.hold_id, key=f"{TRANSFER_OUT}-release:{letter.number}:{letter.hold_id}",
                      business_date=day, maker=maker)  # fmt: skip
        letter.hold_id = None
        letter.save(update_fields=["hold_id"])
