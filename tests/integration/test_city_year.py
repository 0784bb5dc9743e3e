"""A small city's year through the public operations: the books agree to the fen with an independent model of the plan."""

from datetime import date

import pytest

import centers
from anju.ledger import queries

YEAR, SCALE, SEED = 2024, 1000, 2024


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker, tmp_path_factory):
    """The center after the year; afterwards its schema is made anew, so that no other test sees the city."""
    from anju.city.live import live_year
    from anju.city.year import build

    with django_db_blocker.unblock(), centers.own_center():
        folder = tmp_path_factory.mktemp("city")
        live_year(year=YEAR, scale=SCALE, seed=SEED, folder=folder, progress=lambda _line: None)
        yield build(year=YEAR, scale=SCALE, seed=SEED), folder


@pytest.fixture
def forecast(lived):
    from anju.city.forecast import forecast

    return forecast(lived[0])


def closing(subject: str) -> int:
    return queries.balance(subject=subject, on=date(YEAR, 12, 31))


def test_the_trial_balance_adds_up_to_zero(lived):
    rows = [row for row in queries.trial_balance(start=date(YEAR, 1, 1), end=date(YEAR, 12, 31)) if row.level == 1]
    assert sum(row.opening for row in rows) == sum(row.closing for row in rows) == 0
    assert sum(row.debit for row in rows) == sum(row.credit for row in rows) > 0


def test_members_balances_are_the_entries_of_their_accounts(lived):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM ledger_balance b JOIN (SELECT account_id, sum(amount) AS amount, sum(moment) AS moment"
            " FROM ledger_entry GROUP BY 1) e USING (account_id) WHERE (b.amount, b.moment) <> (e.amount, e.moment)"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM ledger_balance WHERE amount <> 0")
        assert cursor.fetchone()[0] > 300


def test_sums_of_the_year_agree_with_the_model(lived, forecast):
    from anju.metrics import indicators

    assert indicators.contributions(YEAR) == forecast.contributions
    assert indicators.withdrawals(YEAR) == forecast.withdrawals
    assert indicators.loans_granted(YEAR) == forecast.loans_granted
    assert indicators.contribution_balance(YEAR) == forecast.contribution_balance
    assert indicators.loan_balance(YEAR) == forecast.loan_balance
    assert indicators.overdue_amount(YEAR) == forecast.overdue_balance


def test_interest_of_every_member_agrees_with_the_model(lived, forecast):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.number, -e.amount FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id"
            " JOIN ledger_journal j ON j.id = e.journal_id WHERE j.kind = 'interest-settlement' AND a.subject_id = '201'"
        )
        paid = dict(cursor.fetchall())
    assert paid == {number: amount for number, amount in forecast.settled_by_member.items() if amount}


def test_income_and_its_distribution_agree_with_the_model(lived, forecast):
    from anju.accounting.models import Distribution

    shared = Distribution.objects.get(year=YEAR)
    assert shared.value_added_income == forecast.value_added_income
    assert shared.risk_reserve == forecast.risk_reserve
    assert shared.housing_supplement == forecast.housing_supplement
    assert closing("401") == closing("411") == closing("311") == closing("321") == 0


def test_living_the_rosters_again_books_nothing(lived):
    from anju.contributions.models import Remittance
    from anju.contributions.operations import remit
    from anju.contributions.roster_file import read_roster
    from anju.kernel.periods import Month
    from anju.ledger.models import Account

    plan, folder = lived
    before = Remittance.objects.count()
    bank = Account.objects.get(number=plan.fund_account.code)
    for path in (folder / "rosters" / f"{YEAR}-03").iterdir():
        reading = read_roster(path)
        result = remit(
            unit_number=path.stem, month=Month(YEAR, 3), rows=reading.roster.rows, roster_sha256=reading.sha256,
            received=reading.roster.total, bank_account=bank.id, business_date=date(YEAR, 12, 31), maker="again",
        )  # fmt: skip
        assert result.replayed
    assert Remittance.objects.count() == before


@pytest.mark.parametrize("change", ["other file", "gap", "short money", "stranger", "unknown unit"])
def test_a_roster_that_does_not_fit_books_nothing(lived, change):
    from dataclasses import replace

    from anju.contributions.errors import RemittanceRefusedError, RosterMismatchError
    from anju.contributions.operations import remit
    from anju.contributions.roster_file import read_roster
    from anju.kernel.periods import Month
    from anju.ledger.models import Account, Journal

    plan, folder = lived
    path = next(iter(sorted((folder / "rosters" / f"{YEAR}-12").iterdir())))
    reading = read_roster(path)
    facts = {
        "unit_number": path.stem, "month": Month(YEAR + 1, 1), "rows": reading.roster.rows, "roster_sha256": "f" * 64,
        "received": reading.roster.total, "bank_account": Account.objects.get(number=plan.fund_account.code).id,
        "business_date": date(YEAR + 1, 1, 20), "maker": "tester",
    }  # fmt: skip
    first = reading.roster.rows[0]
    stranger = replace(first, identity_number=plan.members[-1].identity_number)
    changes = {
        "other file": ({"month": Month(YEAR, 12)}, RemittanceRefusedError),
        "gap": ({"month": Month(YEAR + 1, 2)}, RemittanceRefusedError),
        "short money": ({"received": reading.roster.total - 1}, RemittanceRefusedError),
        "stranger": ({"rows": [stranger, *reading.roster.rows[1:]]}, RosterMismatchError),
        "unknown unit": ({"unit_number": "nobody"}, RemittanceRefusedError),
    }
    before = Journal.objects.count()
    override, error = changes[change]
    with pytest.raises(error):
        remit(**(facts | override))
    assert Journal.objects.count() == before
