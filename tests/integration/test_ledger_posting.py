"""The posting function: balanced, append-only, idempotent, all or none, right under concurrency."""

import itertools
import random
from datetime import date

import pytest

from anju.ledger import days, errors, holds, operations, queries, settlement
from anju.ledger.operations import JournalRequest, NewAccount, credit, debit
from threads import in_threads

DAY = date(2024, 3, 5)
pytestmark = pytest.mark.usefixtures("business_days")
_serial = itertools.count(1)


def opened(*subjects: str, hot: bool = False) -> list[int]:
    numbers = [f"T{next(_serial)}-{random.random()}" for _ in subjects]
    accounts = [
        NewAccount(number, subject, date(2020, 1, 1)) for number, subject in zip(numbers, subjects, strict=True)
    ]
    ids = operations.open_accounts(accounts=accounts, hot=hot, overdraft_allowed=hot)
    return [ids[number] for number in numbers]


def request(key: str, *lines: operations.Line, **facts) -> JournalRequest:
    defaults = {"kind": "test", "business_date": DAY, "maker": "tester"}
    return JournalRequest(key=key, lines=lines, **(defaults | facts))


def key() -> str:
    return f"key-{next(_serial)}-{random.random()}"


def balances(*accounts: int) -> list[int]:
    return [queries.account_balance(account=account) for account in accounts]


@pytest.fixture
def bank(db, business_days) -> int:
    return opened("10101", hot=True)[0]


@pytest.fixture
def members(db) -> list[int]:
    return opened("201", "201", "201")


def test_a_posting_moves_balances_and_the_trial_balance_adds_up_to_zero(bank, members):
    operations.post(
        journals=[
            request(key(), debit(bank, 700), *(credit(m, a) for m, a in zip(members, (100, 200, 400), strict=True)))
        ]
    )
    assert balances(*members) == [100, 200, 400]
    rows = queries.trial_balance(start=date(2024, 1, 1), end=DAY)
    assert sum(row.closing for row in rows if row.level == 1) == 0
    assert {row.code: row.closing for row in rows}["10101"] == 700


def test_the_same_request_again_books_nothing_and_returns_the_first_result(bank, members):
    journal = request(key(), debit(bank, 5), credit(members[0], 5))
    first, again = operations.post(journals=[journal])[0], operations.post(journals=[journal])[0]
    assert (first.replayed, again.replayed) == (False, True)
    assert first.journal_id == again.journal_id
    assert balances(members[0]) == [5]


@pytest.mark.parametrize(
    "change",
    [
        {"narrative": "other"}, {"reference": "other"}, {"maker": "other"}, {"checker": "other"}, {"kind": "other"},
        {"value_date": date(2024, 3, 1)}, {"business_date": date(2024, 3, 6)},
    ],
)  # fmt: skip
def test_a_key_with_any_other_content_is_refused(bank, members, change):
    lines = (debit(bank, 5), credit(members[0], 5))
    used = key()
    operations.post(journals=[request(used, *lines)])
    with pytest.raises(errors.KeyReusedError):
        operations.post(journals=[request(used, *lines, **change)])
    with pytest.raises(errors.KeyReusedError):
        operations.post(journals=[request(used, debit(bank, 5), credit(members[1], 5))])


def test_a_batch_with_one_bad_journal_books_nothing(bank, members):
    good, bad = (
        request(key(), debit(bank, 5), credit(members[0], 5)),
        request(key(), debit(members[1], 9), credit(bank, 9)),
    )
    with pytest.raises(errors.InsufficientBalanceError):
        operations.post(journals=[good, bad])
    assert balances(*members) == [0, 0, 0]
    assert not operations.post(journals=[good])[0].replayed


def test_a_batch_may_mix_new_and_replayed_journals(bank, members):
    first, second = (request(key(), debit(bank, 5), credit(member, 5)) for member in members[:2])
    operations.post(journals=[first])
    results = operations.post(journals=[first, second])
    assert [result.replayed for result in results] == [True, False]
    assert balances(*members) == [5, 5, 0]


@pytest.mark.parametrize(
    ("amounts", "error"),
    [
        ((5, -4), errors.UnbalancedError),
        ((0, 0), errors.InvalidRequestError),
        ((2**63, -(2**63)), errors.AmountOverflowError),
        ((2**62, -(2**62)), errors.AmountOverflowError),  # the moment overflows
        ((1.0, -1), errors.InvalidRequestError),
        (("1", -1), errors.InvalidRequestError),
        ((True, -1), errors.InvalidRequestError),
    ],
)
def test_amounts_that_cannot_be_booked(bank, members, amounts, error):
    lines = [operations.Line(account, amount) for account, amount in zip((bank, members[0]), amounts, strict=True)]
    with pytest.raises(error):
        operations.post(journals=[request(key(), *lines)])
    assert balances(members[0]) == [0]


def test_requests_that_make_no_sense(bank, members):
    line = (debit(bank, 5), credit(members[0], 5))
    twice = key()
    for journals, error in [
        ([], errors.InvalidRequestError),
        ([request(twice, *line), request(twice, *line)], errors.InvalidRequestError),
        ([request(key())], errors.UnbalancedError),
        ([request(key(), debit(bank, 5), credit(10**15, 5))], errors.AccountUnavailableError),
        ([request(key(), *line, business_date=date(2019, 12, 31))], errors.AccountUnavailableError),
        ([request(key(), *line, value_date=date(2024, 3, 7))], errors.InvalidRequestError),
        ([request(key(), *line, checker="tester")], errors.InvalidRequestError),
    ]:
        with pytest.raises(error):
            operations.post(journals=journals)


def test_a_journal_is_reversed_once_with_its_value_date(bank, members):
    posted = operations.post(
        journals=[request(key(), debit(bank, 5), credit(members[0], 5), value_date=date(2024, 2, 1))]
    )[0]
    facts = {"journal_id": posted.journal_id, "business_date": date(2024, 3, 9), "maker": "tester", "reason": "wrong"}
    reversal_key = key()
    reversal = operations.reverse(key=reversal_key, **facts)
    assert operations.reverse(key=reversal_key, **facts).replayed
    head = queries.journal(journal_id=reversal.journal_id)
    assert (head.value_date, head.business_date, head.reverses_id) == (
        date(2024, 2, 1),
        date(2024, 3, 9),
        posted.journal_id,
    )
    assert balances(members[0]) == [0]
    for target in (posted.journal_id, reversal.journal_id, 10**15):
        with pytest.raises(errors.NotReversibleError):
            operations.reverse(key=key(), **(facts | {"journal_id": target}))


def test_an_account_opens_once_and_closes_only_when_empty(bank, members):
    number = key()
    day = date(2024, 1, 1)
    first = operations.open_accounts(accounts=[NewAccount(number, "201", day)])
    assert operations.open_accounts(accounts=[NewAccount(number, "201", day)]) == first
    with pytest.raises(errors.AccountNumberTakenError):
        operations.open_accounts(accounts=[NewAccount(number, "211", day)])
    with pytest.raises(errors.UnknownSubjectError):
        operations.open_accounts(accounts=[NewAccount(key(), "999", day)])
    account = first[number]
    operations.post(journals=[request(key(), debit(bank, 5), credit(account, 5))])
    with pytest.raises(errors.NotEmptyError):
        operations.close_account(account=account, closing_date=DAY)
    operations.post(journals=[request(key(), debit(account, 5), credit(bank, 5))])
    operations.close_account(account=account, closing_date=DAY)
    with pytest.raises(errors.AccountUnavailableError):
        operations.post(journals=[request(key(), debit(bank, 5), credit(account, 5))])


def test_yearly_interest_of_worked_example_v01(bank, members):
    """20 000 carried, twelve months of 1 200, 10 000 withdrawn, 1.50 %: product 8 661 200.00, interest 360.88."""
    member, payable = members[0], opened("211", hot=True)[0]
    flows = [(date(2024, 7, 1), 2_000_000)]
    flows += [(date(2024 + (month > 12), (month - 1) % 12 + 1, 25), 120_000) for month in range(7, 19)]
    for day, amount in flows:
        operations.post(journals=[request(key(), debit(bank, amount), credit(member, amount), business_date=day)])
    operations.post(
        journals=[request(key(), debit(member, 1_000_000), credit(bank, 1_000_000), business_date=date(2025, 3, 10))]
    )
    expense = opened("41101", hot=True)[0]
    settle = {
        "subject": "201",
        "settlement_day": date(2025, 6, 30),
        "payable": payable,
        "expense": expense,
        "maker": "t",
    }
    assert dict(_unsettled(member, date(2025, 7, 1)))[member] == 866_120_000
    used = key()
    settlement.settle_interest(key=used, **settle)
    assert balances(member) == [2_476_088]
    settlement.settle_interest(key=used, **settle)
    assert balances(member) == [2_476_088]  # settled once, whatever the key
    settlement.settle_interest(key=key(), **settle)
    assert balances(member) == [2_476_088]
    with pytest.raises(errors.AlreadySettledError):
        settlement.take_interest(account=member, until=date(2025, 6, 1))
    assert settlement.take_interest(account=member, until=date(2025, 7, 11)) == 1032  # 10 days x 24 760.88 at 1.50 %


def test_a_product_up_to_a_past_day_leaves_out_what_came_later(bank, members):
    for day, amount in ((date(2024, 5, 1), 100), (date(2024, 8, 1), 900)):
        operations.post(journals=[request(key(), debit(bank, amount), credit(members[0], amount), business_date=day)])
    assert dict(_unsettled(members[0], date(2024, 7, 1))) == {members[0]: 61 * 100}


def test_the_statement_of_products_day_by_day_is_what_the_moment_gives(bank, members):
    source, member = members[:2]
    for account, day, amount in (
        (member, date(2024, 1, 5), 700), (source, date(2024, 2, 1), 900), (source, date(2024, 2, 20), 50),
        (member, date(2024, 5, 5), 200), (member, date(2024, 3, 1), -300),
    ):  # fmt: skip
        lines = [operations.Line(bank, amount), operations.Line(account, -amount)]
        operations.post(journals=[request(key(), *lines, business_date=day)])
    operations.transfer_account(
        source=source, destination=member, key=key(), business_date=date(2024, 6, 1), maker="tester"
    )
    statement = settlement.product_statement(account=member, until=date(2024, 7, 1))
    days = [(row.start, row.end, row.balance) for row in statement.rows]
    assert days[:2] == [(date(2024, 1, 5), date(2024, 2, 29), 700), (date(2024, 3, 1), date(2024, 5, 4), 400)]
    assert days[-1] == (date(2024, 6, 1), date(2024, 6, 30), 1550)
    assert statement.carried == 900 * 121 + 50 * 102
    assert statement.product == dict(_unsettled(member, date(2024, 7, 1)))[member]
    assert dict(_unsettled(source, date(2024, 7, 1))) == {source: 0}


def test_a_hot_account_without_a_balance_row_is_exact_at_any_instant(bank, members):
    assert queries.account_balance(account=bank) == 0
    for day, amount in ((date(2024, 3, 5), 700), (date(2024, 3, 6), 40), (date(2024, 3, 8), 1)):
        operations.post(journals=[request(key(), debit(bank, amount), credit(members[0], amount), business_date=day)])
    days.shut_days(through=date(2024, 3, 7))
    days.seal_days(through=date(2024, 3, 7), actor="sealer")
    operations.post(
        journals=[request(key(), debit(bank, 9), credit(members[0], 9), business_date=date(2024, 3, 9), value_date=DAY)]
    )
    assert queries.account_balance(account=bank) == 750
    at = [queries.balance_at(account=bank, on=date(2024, 3, day)) for day in range(4, 10)]
    assert at == [0, 700, 740, 740, 741, 750]
    assert queries.product_at(account=bank, until=date(2024, 3, 7), known_on=date(2024, 3, 8)) == 700 * 2 + 40
    assert queries.product_at(account=bank, until=date(2024, 3, 7), known_on=date(2024, 3, 9)) == 709 * 2 + 40


@pytest.mark.parametrize("account", [10**15, -(10**15)])
def test_an_unknown_account_has_no_balance(db, account):
    for question in (
        lambda: queries.account_balance(account=account),
        lambda: queries.balance_at(account=account, on=DAY),
        lambda: queries.product_at(account=account, until=DAY, known_on=DAY),
        lambda: holds.available(account=account),
    ):
        with pytest.raises(errors.AccountUnavailableError):
            question()


def test_a_reversed_posting_leaves_no_product(bank, members):
    posted = operations.post(journals=[request(key(), debit(bank, 5), credit(members[0], 5))])[0]
    operations.reverse(journal_id=posted.journal_id, key=key(), business_date=date(2024, 9, 1), maker="t", reason="x")
    assert dict(_unsettled(members[0], date(2025, 1, 1))) == {members[0]: 0}


def _unsettled(account: int, until: date) -> list[tuple[int, int]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, unsettled FROM ledger_products(%s, %s, '201', %s)", [account, account, until]
        )
        return cursor.fetchall()


def test_eight_callers_with_one_key_book_once(center):
    bank, member = opened("10101", hot=True)[0], opened("201")[0]
    journal = request(key(), debit(bank, 5), credit(member, 5))
    results = in_threads(lambda _index: operations.post(journals=[journal])[0], 8)
    assert sorted(result.replayed for result in results) == [False] + [True] * 7
    assert len({result.journal_id for result in results}) == 1
    assert balances(member) == [5]


def test_overlapping_batches_in_opposite_orders_do_not_deadlock_and_lose_nothing(center):
    bank, accounts = opened("10101", hot=True)[0], opened(*["201"] * 20)

    def work(index: int) -> int:
        order = accounts if index % 2 else accounts[::-1]
        for _ in range(20):
            operations.post(journals=[request(key(), debit(bank, 20), *(credit(account, 1) for account in order))])
        return index

    assert in_threads(work, 4) == [0, 1, 2, 3]
    assert balances(*accounts) == [80] * 20


def test_two_reversals_at_once_reverse_once(center):
    bank, member = opened("10101", hot=True)[0], opened("201")[0]
    posted = operations.post(journals=[request(key(), debit(bank, 5), credit(member, 5))])[0]

    def work(_index: int) -> operations.Posted:
        return operations.reverse(journal_id=posted.journal_id, key=key(), business_date=DAY, maker="t", reason="x")

    results = in_threads(work, 4)
    assert sum(isinstance(result, operations.Posted) for result in results) == 1
    assert sum(isinstance(result, errors.NotReversibleError) for result in results) == 3
    assert balances(member) == [0]


def test_withdrawals_at_once_never_overdraw(center):
    bank, member = opened("10101", hot=True)[0], opened("201")[0]
    operations.post(journals=[request(key(), debit(bank, 50), credit(member, 50))])
    results = in_threads(lambda _i: operations.post(journals=[request(key(), debit(member, 20), credit(bank, 20))]), 6)
    assert sum(isinstance(result, list) for result in results) == 2
    assert sum(isinstance(result, errors.InsufficientBalanceError) for result in results) == 4
    assert balances(member) == [10]
