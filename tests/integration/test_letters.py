"""异地转移接续: letters out and in between Anju and a partner in another process; duplicates and lost replies do no harm."""

import re
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic

from anju.cases import operations
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.contributions.letters.errors import LetterRefusedError
from anju.contributions.letters.incoming import exchange, work
from anju.contributions.letters.messages import BadMessageError, Head
from anju.contributions.letters.operations import accept_difference, apply_in, cancel_in
from anju.contributions.letters.partner import PARTNER, Platform, serve
from anju.contributions.letters.post_office import own_code
from anju.contributions.letters.queries import months_elsewhere
from anju.contributions.letters.transport import HttpTransport
from anju.contributions.models_letters import MOVES, Letter, LetterMessage, LetterState
from anju.contributions.receipts import Notice, receive
from anju.ledger import holds
from anju.ledger.operations import JournalRequest, NewAccount, credit, debit, open_accounts, post
from anju.ledger.queries import account_balance
from anju.ledger.settlement import set_rate
from anju.registry.changes import MemberChange, change_member
from anju.registry.models import Member
from anju.registry.operations import seal_members
from item_walk import AT, DAY, a_member, actor, draft, serial

pytestmark = [pytest.mark.usefixtures("business_days")]


@contextmanager
def platform(*plan: str):
    """A platform with a partner behind it, and the way to it."""
    books = Platform()
    books.plan += plan
    server = serve(0, books)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield books, HttpTransport(f"http://127.0.0.1:{server.server_port}", own=own_code())
    server.shutdown()
    server.server_close()
    thread.join()


def a_bank() -> int:
    opened = date(2019, 1, 1)
    (account,) = open_accounts(
        accounts=[NewAccount(f"B{serial()}", "10101", opened)], hot=True, overdraft_allowed=True
    ).values()
    return account


def asked_for(member: Member) -> Letter:
    return apply_in(
        member=member,
        partner=PARTNER,
        partner_name="示例外市中心",
        partner_account="P0001",
        business_date=DAY,
        at=AT,
        case="",
    )


def arrives(letter: Letter, bank: int, amount: int) -> None:
    notice = Notice(
        bank_account=bank,
        serial=serial(),
        arrived=DAY,
        payer_name="示例外市中心",
        amount=amount,
        remark=f"转移{letter.number}",
    )
    receive(notice=notice, business_date=DAY, maker="bank")


def exchanged(transport, after: int = 0) -> tuple[int, list[str]]:
    return exchange(transport=transport, after=after, business_date=DAY, at=AT)


class TestIn:
    @pytest.mark.parametrize("plan", ["pay", "twice", "lost"])
    def test_word_and_money_together_book_it_once(self, plan):
        member, bank = a_member(), a_bank()
        with platform(plan) as (books, transport):
            letter = asked_for(member)
            exchanged(transport)
            exchanged(transport)  # what was lost on the way is sent again, under the same serial
            after, problems = exchanged(transport)
            arrives(letter, bank, 2_022_224)
            exchanged(transport, after)
            letter.refresh_from_db()
            assert (problems, letter.state, letter.total) == ([], LetterState.DONE, 2_022_224)
            assert account_balance(account=member.account_id) == 2_022_224
            assert exchanged(transport)[1] == []  # everything once more
            assert account_balance(account=member.account_id) == 2_022_224
            ended = [key for key in books.seen if key[0] == own_code()]
            assert len(ended) == 2  # the letter, and that it is done
        assert months_elsewhere(member) == (2025 - 2019) * 12 + 9 - 5 + 1

    def test_money_before_the_word_waits_and_a_fen_too_little_is_negotiated(self):
        member, bank = a_member(), a_bank()
        with platform() as (_books, transport):
            letter = asked_for(member)
            arrives(letter, bank, 2_022_223)
            exchanged(transport)
            after, _problems = exchanged(transport)
            letter.refresh_from_db()
            assert letter.state == LetterState.NEGOTIATING
            assert "20,222.24" in letter.note
            assert account_balance(account=member.account_id) == 0
            arrives(letter, bank, 1)
            exchanged(transport, after)
            letter.refresh_from_db()
            assert (letter.state, account_balance(account=member.account_id)) == (LetterState.DONE, 2_022_224)

    def test_a_difference_may_be_accepted_by_two(self):
        member, bank = a_member(), a_bank()
        with platform() as (_books, transport):
            letter = asked_for(member)
            arrives(letter, bank, 2_000_000)
            exchanged(transport)
            exchanged(transport)
        accept_difference(number=letter.number, note="对方确认", business_date=DAY, at=AT, maker="甲", checker="乙")
        letter.refresh_from_db()
        assert (letter.state, account_balance(account=member.account_id)) == (LetterState.NEGOTIATED, 2_000_000)

    def test_the_other_center_may_refuse(self):
        with platform("refuse") as (_books, transport):
            letter = asked_for(a_member())
            exchanged(transport)
            exchanged(transport)
        letter.refresh_from_db()
        assert (letter.state, letter.note) == (LetterState.REFUSED, "账户未封存")

    def test_only_a_letter_that_was_not_received_is_taken_back(self):
        letter = asked_for(a_member())
        cancel_in(number=letter.number, reason="申请人撤回", business_date=DAY, at=AT)
        with platform() as (_books, transport):
            other = asked_for(a_member())
            exchanged(transport)
            exchanged(transport)
        with pytest.raises(LetterRefusedError, match="不能撤销"):
            cancel_in(number=other.number, reason="申请人撤回", business_date=DAY, at=AT)

    def test_one_open_letter_to_a_center(self):
        member = a_member()
        asked_for(member)
        with pytest.raises(LetterRefusedError, match="请勿重复申请"):
            asked_for(member)


class TestOut:
    def letter_for(self, member: Member, number: str, *, name: str = "") -> None:
        body = {
            "ConNum": number,
            "TxFunc": "0",
            "EmpName": name or member.name,
            "DocNum": member.identity,
            "OrEmpNum": member.number,
        }
        head = Head(code="BDC901", sender=PARTNER, receiver=own_code(), serial=f"P{serial()}")
        assert work(head=head, body=body, business_date=DAY, at=AT)
        assert not work(head=head, body=body, business_date=DAY, at=AT)

    def test_v20_held_paid_on_the_banks_result_booked_and_told(self):
        member = v20_account()
        number = f"L999900{serial()}0"[:17]
        self.letter_for(member, number)
        teller = actor("teller")
        case = draft("P07", {"letter": number}, teller, Channel.COUNTER, ApplicantKind.MEMBER, reference=member.number)
        on = {"at": datetime(2025, 11, 12, 1, 0, tzinfo=UTC), "business_date": date(2025, 11, 12)}
        case = operations.submit(number=case.number, expected_version=case.version, actor=teller, **on)
        case = transition(
            number=case.number, verb=Verb.APPROVE, expected_version=case.version, actor=actor("reviewer"), **on
        )
        assert case.state == "payment"
        assert holds.available(account=member.account_id) == 0
        case = transition(
            number=case.number, verb=Verb.COMPLETE, expected_version=case.version, actor=actor("accountant"), **on
        )
        letter = Letter.objects.get(number=number)
        assert (case.state, case.result["paid"]) == ("completed", "20,222.24")
        assert (letter.principal, letter.interest, letter.state) == (2_012_077, 10_147, LetterState.CHECKED)
        member.refresh_from_db()
        assert (member.state, account_balance(account=member.account_id)) == ("04", 0)
        told = LetterMessage.objects.get(letter=letter, code="BDC905")
        assert '"TranAmt": "20222.24"' in told.content
        with platform() as (_books, transport):
            exchanged(transport)
            exchanged(transport)
        letter.refresh_from_db()
        assert letter.state == LetterState.DONE

    def test_a_foreigner_is_asked_for_by_the_passport(self):
        member, number = v20_account(), f"L999900{serial()}7"[:17]
        change = MemberChange(document_type="03", document_number=f"E{serial()[1:]}", document_country="USA")
        member = change_member(number=member.number, change=change, business_date=DAY, actor="x", at=AT)
        self.letter_for(member, number)
        letter = Letter.objects.get(number=number)
        assert (letter.member, letter.state) == (member, LetterState.RECEIVED)

    def test_no_account_or_one_that_is_not_sealed_is_answered_with_no(self):
        member = a_member()
        number = f"L999901{serial()}0"[:17]
        self.letter_for(member, number)
        letter = Letter.objects.get(number=number)
        assert (letter.state, letter.note) == (LetterState.REFUSED, "账户未封存，请先由原单位办理封存")
        other = f"L999902{serial()}0"[:17]
        self.letter_for(a_member(), other, name="别的名字")
        assert Letter.objects.get(number=other).state == LetterState.REFUSED


def v20_account() -> Member:
    """15 620.77 on 2025-07-01 and three months of 1 500.00; sealed."""
    member = a_member()
    opened = date(2025, 7, 1)
    set_rate(
        code="member-account",
        start=date(2016, 2, 21),
        rate=15_000,
        document="银发〔2016〕43号",
        known_from=date(2016, 2, 17),
    )
    (account,) = open_accounts(accounts=[NewAccount(f"A{serial()}", "201", opened)]).values()
    Member.objects.filter(pk=member.pk).update(account_id=account, opened_date=opened)
    bank = a_bank()
    flows = [(opened, 1_562_077), *((date(2025, month, 28), 150_000) for month in (7, 8, 9))]
    post(
        journals=[
            JournalRequest(
                key=f"t:{serial()}", kind="remittance", business_date=day, lines=[debit(bank, amount), credit(account, amount)],
                maker="tests",
            )
            for day, amount in flows
        ]
    )  # fmt: skip
    seal_members(numbers=[member.number], sealed=date(2025, 10, 31))
    return Member.objects.get(pk=member.pk)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("BDC999", {"ConNum": "L1"}), ("BDC901", {"ConNum": "L1"}), ("BDC901", {"ConNum": "L1", "TxFunc": "0", "x": "1"}),
        ("BDC904", {"ConNum": 7}), ("BDC904", {"ConNum": "L" * 300}), ("BDC904", {"ConNum": "L\0"}),
        ("BDC901", {"ConNum": "L7", "TxFunc": "0", "EmpName": "王", "DocNum": "123"}),
    ],
    ids=["code", "missing", "unknown", "number", "long", "nul", "identity"],
)  # fmt: skip
def test_a_bad_message_changes_nothing(code, body):
    head = Head(code=code, sender=PARTNER, receiver=own_code(), serial=serial())
    with pytest.raises(BadMessageError):
        work(head=head, body=body, business_date=DAY, at=AT)
    assert not LetterMessage.objects.filter(serial=head.serial).exists()


def test_amounts_that_do_not_add_up_are_refused_and_the_letter_stays():
    letter = asked_for(a_member())
    head = Head(code="BDC905", sender=PARTNER, receiver=own_code(), serial=serial())
    body = {"ConNum": letter.number, "TxFunc": "0", "OrAcctAmt": "10.00", "Yinter": "1.00", "TranAmt": "11.01"}
    with pytest.raises(BadMessageError, match="不等于"):
        work(head=head, body=body, business_date=DAY, at=AT)
    letter.refresh_from_db()
    assert letter.state == LetterState.APPROVED


def test_the_database_knows_the_same_moves():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'contributions_letter_moves'")
        (source,) = cursor.fetchone()
    known = set(re.findall(r"'(\d{4})'", source))
    assert known == {f"{one.value}{other.value}" for one, others in MOVES.items() for other in others}
    letter = asked_for(a_member())
    with pytest.raises(DatabaseError, match="is no move"), atomic():
        Letter.objects.filter(pk=letter.pk).update(state=LetterState.DONE)
