"""Settings come from the environment, and every error names its variable."""

import pytest

from anju.platform.settings import SettingsError, read_settings, secret_key

URL = "postgresql://app:secret@db.example:5432/anju"


def test_without_any_variable_the_embedded_server_serves_the_demo_center():
    settings = read_settings({})
    assert settings.embedded
    assert (settings.center, settings.https) == ("demo", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANJU_CENTER", "Yue-yang"), ("ANJU_CENTER", "pg_catalog"), ("ANJU_CENTER", "x" * 41), ("ANJU_CENTER", "1a"),
        ("ANJU_CENTER", 'a"; DROP SCHEMA demo; --'), ("ANJU_DATABASE_URL", "mysql://u@h/d"),
        ("ANJU_DATABASE_URL", "postgresql://host/db"), ("ANJU_DATABASE_URL", "nonsense"), ("ANJU_HTTPS", "yes"),
        ("ANJU_LOG_LEVEL", "LOUD"), ("ANJU_METRICS_TOKEN", "short-secret"),
        ("ANJU_API_READS_PER_MINUTE", "0"), ("ANJU_API_WRITES_PER_MINUTE", "many"),
        ("ANJU_CLAMD", "clamd"), ("ANJU_CLAMD", "host:port"), ("ANJU_CLAMD", "a b:1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value})
    assert caught.value.field == name
    assert "secret" not in str(caught.value)


def test_an_owner_connection_alone_makes_no_sense():
    with pytest.raises(SettingsError) as caught:
        read_settings({"ANJU_DATABASE_OWNER_URL": URL})
    assert caught.value.field == "ANJU_DATABASE_URL"


def test_the_secret_key_is_made_once_and_private(tmp_path):
    settings = read_settings({"ANJU_HOME": str(tmp_path / "home")})
    key = secret_key(settings, {})
    assert key == secret_key(settings, {})
    assert len(key) > 40
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o077 == 0
    with pytest.raises(SettingsError):
        secret_key(settings, {"ANJU_SECRET_KEY": "short"})


@pytest.mark.parametrize("address", ["", "/run/clamav/clamd.ctl", "scanner.example:3310", "127.0.0.1:3310"])
def test_a_scanner_is_a_socket_or_a_host_with_a_port(address):
    assert read_settings({"ANJU_CLAMD": address}).clamd == address
