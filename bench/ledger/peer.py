"""django-hordak from PyPI on the same server: transactions with two legs, one at a time, as its documentation has it."""

import subprocess
import sys
import time

from bench.ledger.batch import SIZES
from bench.ledger.center import Books
from bench.report import Row

_TRANSACTIONS = 600


def compare(books: Books, remittance: Row) -> Row:
    """Members posted per second in the large remittance beside hordak's transfers per second."""
    command = [sys.executable, "-m", "bench.ledger.peer", books.owner_url]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    ours = SIZES[-1] / remittance.ours
    return Row("members posted in a batch / django-hordak transfers", ours, float(result.stdout), "per second", 100)


def _main(url: str) -> None:
    import django
    from django.conf import settings
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    database = {
        "ENGINE": "django.db.backends.postgresql", "NAME": parts["dbname"], "USER": parts["user"],
        "PASSWORD": parts["password"], "HOST": parts["host"], "OPTIONS": {"options": "-c search_path=hordak"},
    }  # fmt: skip
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DEFAULT_CURRENCY="CNY",
        CURRENCIES=["CNY"],
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS hordak CASCADE")
        cursor.execute("CREATE SCHEMA hordak")
    call_command("migrate", verbosity=0)
    print(_transfers())


def _transfers() -> float:
    from hordak.models import Account, Leg
    from moneyed import Money

    bank = Account.objects.create(name="bank", type="AS", currencies=["CNY"], code="1")
    members = [
        Account.objects.create(name=f"member {n}", type="LI", currencies=["CNY"], code=f"{n + 10}") for n in range(50)
    ]
    start = time.perf_counter()
    for number in range(_TRANSACTIONS):
        bank.transfer_to(members[number % len(members)], Money(1200, "CNY"))
    seconds = time.perf_counter() - start
    assert Leg.objects.count() == 2 * _TRANSACTIONS
    return _TRANSACTIONS / seconds


if __name__ == "__main__":
    _main(sys.argv[1])
