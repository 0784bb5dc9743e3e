"""At 1:100 the year's totals, read from the ledger, lie within 2 % of the published ones divided by 100.

Published: the 2024 self-evaluation report of the Yueyang center (examples/yueyang-2024).
"""

import pytest

import centers
from anju.kernel.money import YI

PUBLISHED = {
    "contributions": 5685 * YI // 100, "withdrawals": 4241 * YI // 100, "loans_granted": 1019 * YI // 100,
    "value_added_income": 37665 * YI // 10_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def indicators(django_db_setup, django_db_blocker, tmp_path_factory):
    from anju.city.live import live_year
    from anju.metrics.indicators import annual

    with django_db_blocker.unblock(), centers.own_center():
        live_year(year=2024, scale=100, seed=2024, folder=tmp_path_factory.mktemp("city"), progress=lambda _line: None)
        yield {value.code: value.value for value in annual(year=2024)}


@pytest.mark.parametrize("code", PUBLISHED)
def test_amounts_within_two_per_cent(indicators, code):
    assert abs(indicators[code] * 100 - PUBLISHED[code]) * 50 <= PUBLISHED[code]


def test_ratios_and_counts(indicators):
    assert abs(indicators["loan_to_deposit_ratio"] - 520_700) * 50 <= 520_700
    assert indicators["loans_granted_count"] == 23
    assert 100 < indicators["overdue_rate"] < 400  # the published 0.0193 % is one small loan at this scale
    assert 3_600 <= indicators["paying_members"] <= 4_400
    assert (indicators["new_units"], indicators["new_members"]) == (4, 258)
