"""A city that lived its year, for the tests of this folder."""

import pytest
from django.core.cache import cache

import centers
from anju.platform.people.models import Kind
from city_pages import PORTALS, ROLES, SCALE, SEED, YEAR
from sign_ins import outsider, staff


@pytest.fixture(scope="package")
def lived(django_db_setup, django_db_blocker, tmp_path_factory):
    """The plan of the city that lived its year here, with one sign-in for each role."""
    from anju.city.live import live_year
    from anju.city.year import build

    with django_db_blocker.unblock(), centers.own_center():
        live_year(
            year=YEAR, scale=SCALE, seed=SEED, folder=tmp_path_factory.mktemp("city"), progress=lambda _line: None
        )
        for role in ROLES:
            staff(role, role, name=f"甲{role}")
        staff("nobody", "", name="乙")
        for kind in PORTALS:
            outsider(kind, Kind(kind))
        yield build(year=YEAR, scale=SCALE, seed=SEED)


@pytest.fixture(autouse=True)
def _fresh(lived):
    from anju.web.models import SignInThrottle

    cache.clear()
    SignInThrottle.objects.all().delete()


@pytest.fixture
def person(lived):
    """A member who paid the whole year and whose name is masked in the middle."""
    drew = {event.member_number for event in (*lived.withdrawals, *lived.close_outs)}
    return next(m for m in lived.members if m.last_month is None and m.number not in drew and m.carried)
