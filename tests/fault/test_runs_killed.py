"""kill -9 of a worker in the middle of a chunk: nothing is lost, nothing doubled, and nothing has to be unlocked."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, connections

pytestmark = [pytest.mark.usefixtures("center")]


@pytest.fixture
def _tables(center):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE runs_killed_stage"
            " (run_id bigint NOT NULL, line bigint NOT NULL, amount bigint, PRIMARY KEY (run_id, line))"
        )
        cursor.execute("CREATE TABLE runs_killed_target (line bigint, amount bigint)")
        cursor.execute("GRANT SELECT, INSERT, DELETE ON runs_killed_stage, runs_killed_target TO anju_app")
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE runs_killed_stage, runs_killed_target")


@pytest.mark.usefixtures("_tables")
def test_twenty_kills_lose_and_double_nothing():
    script = Path(__file__).with_name("runs_killed.py")
    command = [sys.executable, str(script), connection.settings_dict["NAME"]]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    kills, *rest = result.stdout.split()
    assert int(kills) >= 15, result.stdout
    assert rest == ["finished", "100", "2000", "2000", str(2000 * 2001 // 2), "0"]
