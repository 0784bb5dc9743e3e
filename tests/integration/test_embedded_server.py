"""The embedded server: made once, started and stopped, three roles with passwords, clear errors."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from anju.platform.embedded import EmbeddedServer, EmbeddedServerError


@pytest.fixture
def server(tmp_path):
    for folder in tmp_path.parents:  # the server's own user has to reach the data
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith("pytest"):
            folder.chmod(0o711)
    server = EmbeddedServer(tmp_path / "home", options=(("fsync", "off"),))
    yield server
    server.stop()


def test_start_stop_start(server):
    assert not server.is_running()
    assert server.start()
    assert not server.start()
    with psycopg.connect(server.url("app")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("anju_app",)
        connection.execute("CREATE TEMP TABLE t (a int)")
    with psycopg.connect(server.url("owner")) as connection:
        connection.execute("CREATE SCHEMA kept")
    assert server.stop()
    assert not server.stop()
    assert server.start()
    with psycopg.connect(server.url("owner")) as connection:
        assert connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'kept'").fetchone() == (1,)


def test_no_role_enters_without_its_password(server):
    server.start()
    wrong = server.url("app").replace(":" + server.url("app").split(":")[2].split("@")[0], ":wrong", 1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    assert (server.home / "embedded.json").stat().st_mode & 0o077 == 0


def test_a_half_made_data_folder_is_made_anew(server):
    (server.home / "postgres.new" / "base").mkdir(parents=True)
    (server.home / "postgres.new" / "PG_VERSION").write_text("18")
    assert server.start()


def test_a_home_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerError) as caught:
        EmbeddedServer(tmp_path / "file").start()
    assert caught.value.field == "ANJU_HOME"


def test_a_full_disk_is_told_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("anju.platform.embedded.MIN_FREE_BYTES", 1 << 60)
    with pytest.raises(EmbeddedServerError, match="磁盘空间不足"):
        EmbeddedServer(tmp_path / "home").start()
    assert not (tmp_path / "home" / "postgres").exists()


def test_the_command_tells_a_wrong_variable_in_one_line(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "anju.cli", "db", "status"],
        env={**os.environ, "ANJU_CENTER": "Not A Name", "ANJU_HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert "ANJU_CENTER" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("length", range(70, 130))
def test_a_socket_fits_whatever_the_length_of_the_home(length):
    home = Path("/" + "h" * (length - 1))
    assert len(bytes(EmbeddedServer(home).socket_folder / ".s.PGSQL.5432")) <= 107
