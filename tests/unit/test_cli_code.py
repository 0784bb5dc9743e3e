"""`anju code`: the code that a phone would show, for accounts of the demo and for nobody else."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from anju.cli.main import LazyGroup
from anju.platform.people.totp import code_of, step_at

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ANJU_HOME", str(tmp_path))
    monkeypatch.setenv("ANJU_CENTER", "demo")
    return tmp_path


def run(name: str):
    return CliRunner().invoke(LazyGroup("anju"), ["code", name])


def test_it_shows_the_code_and_the_seconds_left(home):
    (home / "demo-demo.json").write_text(json.dumps({"teller": {"password": "x", "totp": SECRET}}))
    before = step_at(datetime.now(UTC))
    shown, _space, rest = run("teller").stdout.partition(" ")
    assert shown in {code_of(SECRET, before), code_of(SECRET, before + 1)}
    assert 1 <= int(rest.split()[1]) <= 30


@pytest.mark.parametrize(
    "stored", [None, {}, {"teller": {"password": "x"}}, {"teller": "an-earlier-password"}, {"other": {"totp": SECRET}}]
)
def test_without_such_an_account_it_says_so(home, stored):
    if stored is not None:
        (home / "demo-demo.json").write_text(json.dumps(stored))
    result = run("teller")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "anju demo" in result.stderr
    assert [path.name for path in home.iterdir()] == (["demo-demo.json"] if stored is not None else [])
