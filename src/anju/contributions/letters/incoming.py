"""What other centers' messages do here. Each is worked once, in one transaction with its place on file."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from anju.contributions.letters.errors import LetterRefusedError
from anju.contributions.letters.messages import (
    Account,
    AccountTold,
    BadMessageError,
    Head,
    LetterCancelled,
    LetterSent,
    StateAsked,
    read,
)  # fmt: skip
from anju.contributions.letters.operations import book_in, lock_letter, move, take_account
from anju.contributions.letters.post_office import Transport, keep, known, send_waiting, write
from anju.contributions.models_letters import Direction, Letter, LetterState
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import read_document_number
from anju.kernel.text import clean_name
from anju.registry.models import Member, MemberState

#: Who books what a message leads to.
SYSTEM = "transfer-platform"


def work(*, head: Head, body: Mapping[str, Any], business_date: date, at: datetime) -> bool:
    """Do what a message says; False when it was done before.

    Raises BadMessageError for one that cannot be read, LetterRefusedError for one that the letter's state does not
    allow; then nothing is done and nothing kept.
    """
    message = read(head.code, body)
    with transaction.atomic():
        letter = _letter(message, head, business_date)
        if known(head):
            return False
        keep(letter=letter, head=head, message=message, at=at)
        match message:
            case LetterSent(TxFunc="0"):
                _received(letter, message, business_date, at)
            case LetterSent():
                _arrived(letter, business_date)
            case LetterCancelled():
                move(letter, LetterState.CANCELLED, business_date, note=message.Reason)
            case AccountTold(TxFunc="0"):
                _arrived(letter, business_date)
                take_account(
                    letter=letter, account=Account.of(message), business_date=business_date, at=at, maker=SYSTEM
                )
            case AccountTold(TxFunc="1"):
                move(letter, LetterState.REFUSED, business_date, note=message.Reason)
            case AccountTold():
                move(letter, LetterState.DONE, business_date, note=message.Reason)
            case StateAsked():
                _answer_state(letter, at)
    return True


def exchange(*, transport: Transport, after: int, business_date: date, at: datetime) -> tuple[int, list[str]]:
    """Send what waits, fetch what came after a number, book what can be booked.

    Returns the latest number that was worked, and what could not be: one bad message holds up no other.
    """
    problems = []
    for number, head, body in transport.fetch(after):
        try:
            work(head=head, body=body, business_date=business_date, at=at)
        except AnjuError as error:
            problems.append(f"{head.code} {head.sender}:{head.serial} {error.message}")
        after = number
    book_waiting(business_date=business_date, at=at)
    send_waiting(transport=transport, at=at)
    return after, problems


def book_waiting(*, business_date: date, at: datetime) -> int:
    """Book letters whose money and account have both come meanwhile; how many."""
    booked = 0
    open_in = Letter.objects.filter(
        direction=Direction.IN, state__in=[LetterState.CHECKED, LetterState.NEGOTIATING], received__gt=0
    )
    for number in list(open_in.values_list("number", flat=True)):
        with transaction.atomic():
            letter = lock_letter(number)
            if letter.state == LetterState.NEGOTIATING and letter.received == letter.total:
                letter = move(letter, LetterState.CHECKED, business_date)
            booked += book_in(letter=letter, business_date=business_date, at=at, maker=SYSTEM).state == LetterState.DONE
    return booked


def _letter(message: Any, head: Head, day: date) -> Letter:
    """The letter that the message is about, locked; made when a center asks for an account here."""
    found = Letter.objects.filter(number=message.ConNum).first()
    if found is None and isinstance(message, LetterSent) and message.TxFunc == "0":
        return _made(message, head, day)
    letter = lock_letter(message.ConNum)
    if letter.partner != head.sender:
        raise LetterRefusedError(_("联系函不属于该中心"), field="ConNum")
    outward = isinstance(message, LetterSent | LetterCancelled) and getattr(message, "TxFunc", "0") == "0"
    outward = outward or (isinstance(message, AccountTold) and message.TxFunc == "2")
    expected = Direction.OUT if outward else Direction.IN
    if not isinstance(message, StateAsked) and letter.direction != expected:
        raise LetterRefusedError(_("消息与联系函的方向不符"), field="TxCode")
    return letter


def _made(message: LetterSent, head: Head, day: date) -> Letter:
    try:
        identity = read_document_number(message.DocNum)
    except AnjuError as error:
        raise BadMessageError(_("联系函的证件号码不正确"), field="DocNum") from error
    held = Member.objects.filter(identity_index=identity, name=clean_name(message.EmpName))
    member = held.order_by(F("closed_date").desc(nulls_first=True)).first()  # the open one, else the last
    letter, _made_now = Letter.objects.get_or_create(
        number=message.ConNum,
        defaults={
            "direction": Direction.OUT, "member": member, "partner": head.sender, "partner_name": head.sender,
            "name": clean_name(message.EmpName), "identity": identity, "partner_account": message.OrEmpNum,
            "made_date": day,
        },
    )  # fmt: skip
    return letter


def _received(letter: Letter, message: LetterSent, day: date, at: datetime) -> None:
    """Confirm that the letter came; one for an account that is not here, or not to be moved, is answered with no."""
    member = letter.member
    reason = ""
    if member is None or member.closed_date is not None:
        reason = _("没有该职工的账户，或姓名与证件号码不符")
    elif member.state != MemberState.SEALED:
        reason = _("账户未封存，请先由原单位办理封存")
    if reason:
        write(letter=letter, message=AccountTold(ConNum=letter.number, TxFunc="1", Reason=reason), at=at)
        move(letter, LetterState.REFUSED, day, note=reason)
        return
    write(letter=letter, message=LetterSent(ConNum=letter.number, TxFunc="1"), at=at)
    move(letter, LetterState.RECEIVED, day)


def _arrived(letter: Letter, day: date) -> None:
    """The other center has our letter; its own confirmation may come later than what follows it."""
    if letter.state == LetterState.APPROVED:
        move(letter, LetterState.RECEIVED, day)


def _answer_state(letter: Letter, at: datetime) -> None:
    """Tell again what was told last."""
    if letter.direction == Direction.OUT and letter.state == LetterState.RECEIVED:
        write(letter=letter, message=LetterSent(ConNum=letter.number, TxFunc="1"), at=at)
    elif letter.direction == Direction.OUT and letter.total is not None:
        told = Account(
            principal=letter.principal or 0, interest=letter.interest or 0, opened=letter.opened_date, paid_to=None,
            six_months=bool(letter.six_months), loans=letter.loans or 0, loan_open=bool(letter.loan_open),
            fraud=bool(letter.fraud),
        )  # fmt: skip
        write(letter=letter, message=told.told(letter.number), at=at)
