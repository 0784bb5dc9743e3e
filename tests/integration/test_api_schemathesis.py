"""schemathesis over every operation of the API on a running server: with what the schema allows and what it forbids.

All its checks are on. A run counts for nothing unless every operation of the schema was called: that is asked as well.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from anju.api.schema import operations
from anju.cases import catalogue
from api_calls import ROOT, a_clerk, a_member, a_teller, caller
from case_items.errand import Errand
from live_server import serving

#: What the caller looks at is theirs, or nothing below the first check would ever be reached. A request that fits the
#: schema may still be refused by the state of the case (409, 412), by the item's rules (422), or for a NUL in a text (400).
CONFIG = """
[parameters]
"path.number" = "{number}"
"path.code" = "T01"

[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428"]
missing_required_header.expected-statuses = ["400", "401", "403", "404", "422", "428"]
positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409", "412", "422"]
"""


@pytest.fixture
def site(center, settings):
    settings.ANJU_API_READS = settings.ANJU_API_WRITES = settings.ANJU_API_ADDRESS = 10**6
    catalogue.register(Errand())
    with serving() as address:
        yield address
    catalogue.forget("T01")


def callers():
    """Each kind of caller with a case that they see: an applicant's own draft, for staff one that waits for them."""
    member, clerk, teller = caller(a_member()), caller(a_clerk()), caller(a_teller())
    yield "member", member, member.draft()["number"]
    yield "unit", clerk, clerk.draft(kind="unit")["number"]
    yield "staff", teller, member.submitted()["number"]


def try_all(address: str, secret: str, number: str, folder: Path, *, phases: str, examples: int) -> set[str]:
    """Run schemathesis; the operations that it called come back. A failed check fails the test."""
    folder.mkdir()
    config, report = folder / "schemathesis.toml", folder / "events.ndjson"
    config.write_text(CONFIG.format(number=number))
    command = [
        Path(sys.executable).parent / "st", "--config-file", config, "run", f"{address}{ROOT}/openapi.json",
        "--header", f"Authorization: Bearer {secret}", "--max-examples", str(examples), "--seed", "1",
        "--checks", "all", "--mode", "all", "--phases", phases, "--continue-on-failure", "--no-shrink",
        "--suppress-health-check", "all", "--report", "ndjson", "--report-ndjson-path", report,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(line).get("ScenarioFinished") for line in report.read_text().splitlines()]
    called = {event["recorder"]["label"] for event in events if event and event["recorder"].get("interactions")}
    return called - {"Stateful tests"}  # which call the same operations one after the other


def declared() -> set[str]:
    from anju.api.urls import api

    found = {f"{method} {path}" for method, path, _each in operations(api.get_openapi_schema(path_prefix=f"{ROOT}/"))}
    assert len(found) > 10
    return found


def test_every_operation_for_every_kind_of_caller(site, tmp_path):
    """Of the coverage phase, which tries every boundary of every parameter, the member's is enough."""
    for kind, who, number in callers():
        phases = "coverage" if kind == "member" else "fuzzing"
        assert try_all(site, who.secret, number, tmp_path / kind, phases=phases, examples=4) == declared()


@pytest.mark.slow
def test_every_operation_at_length(site, tmp_path):
    for kind, who, number in callers():
        phases = "examples,coverage,fuzzing,stateful"
        assert try_all(site, who.secret, number, tmp_path / kind, phases=phases, examples=12) == declared()
