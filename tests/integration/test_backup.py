"""Backups of a real server: back to an instant to the row, and nothing damaged, half made or misplaced passes for good."""

import json
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from anju.cli.main import main
from anju.platform.backup import archive, errors
from anju.platform.backup.check import figures_of
from anju.platform.backup.drill import _totals_at_an_instant, drill
from anju.platform.backup.restore import restore
from anju.platform.backup.store import BackupStore
from anju.platform.backup.take import prune, take_backup
from anju.platform.embedded import EmbeddedServer, EmbeddedServerError

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KEYS = {"data_keys.json", "secret_key", "embedded.json"}


class Source:
    """A server with a ledger of two columns, a backup, and work before and after the instant `between`."""

    def __init__(self, home: Path):
        self.server = EmbeddedServer(home, options=(("fsync", "off"),))
        self.store = BackupStore(home / "backup 100%")
        self.minutes = 0
        self.server.start()
        (home / "data_keys.json").write_text("{}")
        (home / "secret_key").write_text("k" * 64)
        with self.connect("owner") as connection:
            connection.execute("CREATE SCHEMA town")
            connection.execute("CREATE TABLE town.django_migrations (name text)")
            connection.execute("CREATE TABLE town.ledger_journal (note text)")
            connection.execute("CREATE TABLE town.ledger_entry (amount bigint)")

    def connect(self, role="superuser"):
        return psycopg.connect(self.server.url(role), autocommit=True)

    def post(self, note, amount=100):
        with self.connect("owner") as connection, connection.transaction():
            connection.execute("INSERT INTO town.ledger_journal VALUES (%s)", [note])
            connection.execute("INSERT INTO town.ledger_entry VALUES (%s), (%s)", [amount, -amount])

    def clock(self):
        with self.connect() as connection:
            return connection.execute("SELECT clock_timestamp()").fetchone()[0]

    def flush(self):
        archive.flush(server=self.server, store=self.store)

    def backup(self, label=""):
        self.minutes += 1
        now = START + timedelta(minutes=self.minutes)
        return take_backup(server=self.server, store=self.store, label=label, now=now)

    def restore(self, home, *, to=None, name="latest", replace=False, keys=None):
        return restore(store=self.store, name=name, to=to, home=home, replace=replace, keys=keys, now=START)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    source = Source(tmp_path_factory.mktemp("source") / "home")
    source.post("in the backup")
    source.first = source.backup("first")
    source.post("before")
    source.between = source.clock()
    source.post("after")
    source.flush()
    source.post("late")
    source.flush()
    yield source
    source.server.stop()


def notes(server):
    with psycopg.connect(server.url("app")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("anju_app",)
    with psycopg.connect(server.url("owner")) as connection:
        return [note for (note,) in connection.execute("SELECT note FROM town.ledger_journal").fetchall()]


def children():
    """Process ids of this process's children, of all its threads."""
    return [child for path in Path("/proc/self/task").glob("*/children") for child in path.read_text().split()]


def flip(path, position=None):
    """Flip one bit; the former bytes."""
    content = path.read_bytes()
    position = len(content) // 2 if position is None else position
    path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
    return content


def test_a_home_comes_back_to_an_instant_lives_on_and_is_replaced(source, tmp_path):
    home = EmbeddedServer(tmp_path / "a" / "home")
    (home.home / "restoring" / "postgres").mkdir(parents=True)  # an interrupted restore
    restored = source.restore(home.home, to=source.between)
    assert restored.backup == source.first
    assert (restored.figures[0].journals, restored.figures[0].debits, restored.figures[0].difference) == (2, 200, 0)
    assert restored.latest_commit_at < source.between
    assert not home.is_running()
    assert {path.name for path in home.home.iterdir()} - {"embedded.lock"} == {"postgres", *KEYS}
    assert all((home.home / name).stat().st_mode & 0o077 == 0 for name in KEYS)
    with pytest.raises(errors.HomeInUseError, match="--replace"):
        source.restore(home.home)

    # The restored server archives nothing into the source's chain, holds no recovery setting, and backs itself up.
    home.start()
    try:
        assert notes(home) == ["in the backup", "before"]
        with psycopg.connect(home.url("superuser")) as connection:
            kept = "SELECT count(*) FROM pg_file_settings WHERE name ~ '^(recovery_target|restore_command|archive_timeout)'"
            assert connection.execute(kept).fetchone() == (0,)
            assert connection.execute("SHOW archive_command").fetchone() == ("true",)
            assert connection.execute("SELECT timeline_id FROM pg_control_checkpoint()").fetchone() == (2,)

        # A replacement that fails leaves the home as it was, running.
        with pytest.raises(errors.RestoreTimeError):
            source.restore(home.home, to=source.clock() + timedelta(hours=1), replace=True)
        assert notes(home) == ["in the backup", "before"]
        assert not (home.home / "restoring").exists()

        # Replaced by everything that was archived; the former data lie beside.
        replaced = source.restore(home.home, replace=True)
        assert (replaced.replaced / "postgres" / "PG_VERSION").exists()
        assert {path.name for path in replaced.replaced.iterdir()} >= KEYS
        assert not home.is_running()
        home.start()
        assert notes(home) == ["in the backup", "before", "after", "late"]
    finally:
        home.stop()


def test_a_restored_server_backs_itself_up_on_its_new_timeline(source, tmp_path):
    second = EmbeddedServer(tmp_path / "second")
    source.restore(second.home, to=source.between)
    store = BackupStore(tmp_path / "store")
    second.start()
    try:
        backup = take_backup(server=second, store=store, label="", now=START)
        assert backup.timeline == 2
        with psycopg.connect(second.url("owner"), autocommit=True) as connection:
            connection.execute("INSERT INTO town.ledger_journal VALUES ('second life')")
        archive.flush(server=second, store=store)
    finally:
        second.stop()
    third = EmbeddedServer(tmp_path / "third")
    restore(store=store, name="latest", to=None, home=third.home, replace=False, keys=None, now=START)
    third.start()
    try:
        assert notes(third) == ["in the backup", "before", "second life"]
    finally:
        third.stop()


def test_a_crash_that_spares_the_disk_loses_no_commit(source, tmp_path):
    """WAL that was never archived is taken from the data folder that is replaced."""
    home = EmbeddedServer(tmp_path / "home")
    source.restore(home.home)
    store = BackupStore(home.home / "backup")
    home.start()
    take_backup(server=home, store=store, label="", now=START)
    with psycopg.connect(home.url("owner"), autocommit=True) as connection:
        connection.execute("INSERT INTO town.ledger_journal VALUES ('not archived')")
    home.run("pg_ctl", "stop", "-m", "immediate", "-D", str(home.data))
    restore(store=store, name="latest", to=None, home=home.home, replace=True, keys=None, now=START)
    home.start()
    try:
        assert notes(home)[-1] == "not archived"
    finally:
        home.stop()


def test_an_instant_out_of_reach_names_the_one_that_can_be_reached(source, tmp_path):
    earliest = source.first.finished_at
    with pytest.raises(errors.RestoreTimeError) as caught:
        source.restore(tmp_path / "home", to=earliest - timedelta(milliseconds=1), name=source.first.name)
    assert earliest.isoformat(" ", "milliseconds") in caught.value.message
    with pytest.raises(errors.RestoreTimeError, match="--to-end"):
        source.restore(tmp_path / "home", to=source.clock() + timedelta(hours=1))
    with pytest.raises(errors.NoSuchBackupError, match="anju db backups"):
        source.restore(tmp_path / "home", name="19990101-000000")
    assert not (tmp_path / "home").exists()


def test_keys_come_along_private_and_are_asked_for_when_kept_apart(source, tmp_path):
    keys = source.store.keys(source.first)
    assert {path.name for path in keys.iterdir()} == KEYS == set(source.first.keys)
    assert keys.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys.iterdir())
    apart = keys.rename(tmp_path / "safe")
    try:
        with pytest.raises(errors.BackupKeysError, match="--keys"):
            source.restore(tmp_path / "home")
        former = flip(apart / "data_keys.json")
        with pytest.raises(errors.BackupDamagedError, match=r"data_keys\.json"):
            source.restore(tmp_path / "home", keys=apart)
        (apart / "data_keys.json").write_bytes(former)
        source.restore(tmp_path / "home", keys=apart, to=source.between)
        assert (tmp_path / "home" / "data_keys.json").read_bytes() == former
    finally:
        apart.rename(keys)


@pytest.mark.parametrize("name", ["global/1262", "PG_VERSION", "backup_manifest"])
def test_one_flipped_bit_in_a_backup_is_found_and_named(source, tmp_path, name):
    path = source.store.data(source.first) / name
    former = flip(path)
    try:
        with pytest.raises(errors.BackupDamagedError, match=name):
            source.restore(tmp_path / "home", name=source.first.name)
    finally:
        path.write_bytes(former)
    assert not (tmp_path / "home").exists()


def test_wal_that_is_missing_or_damaged_is_named_and_never_passed_over(source, tmp_path):
    chain = source.store.chain(source.first)
    own = {path.name for path in (source.store.data(source.first) / "pg_wal").iterdir()}
    segments = sorted(path for path in chain.iterdir() if len(path.name) == 24 and path.name not in own)
    victim, newest = segments[-2], segments[-1]
    assert victim.name > source.first.first_segment
    content = victim.read_bytes()
    late = source.clock()
    try:
        victim.unlink()
        for to in (None, late):
            with pytest.raises(errors.WalGapError, match=victim.name):
                source.restore(tmp_path / "home", to=to)
        victim.write_bytes(content[:64] + bytes(len(content) - 64))
        for to in (None, late):
            with pytest.raises(errors.WalGapError, match=r"已损坏"):
                source.restore(tmp_path / "home", to=to)
    finally:
        victim.write_bytes(content)
    assert newest.exists()
    assert not (tmp_path / "home").exists()


def test_a_backup_that_is_killed_leaves_nothing_that_counts(source):
    before = source.store.backups()
    killed = threading.Event()

    def kill():
        while not killed.is_set():
            for process in children():
                if (Path("/proc") / process / "comm").read_text() == "pg_basebackup\n":
                    os.kill(int(process), signal.SIGKILL)
                    killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(EmbeddedServerError, match="pg_basebackup"):
            source.backup()
    finally:
        assert killed.is_set()
        killer.join()
    assert source.store.backups() == before
    assert [path.name for path in source.store.base.iterdir()] == [backup.name for backup in before]


def test_what_a_power_cut_left_is_no_backup_and_goes_with_the_next(source):
    part = source.store.base / "20200101-000000.part"
    part.mkdir()
    (part / "backup.json").write_text(source.first.to_json())
    assert part.name not in {backup.name for backup in source.store.backups()}
    source.backup()
    assert not part.exists()


def test_a_full_disk_is_told_before_anything_is_copied(source, tmp_path, monkeypatch):
    before = source.store.backups()
    monkeypatch.setattr("anju.platform.backup.store.MIN_FREE_BYTES", 1 << 60)
    with pytest.raises(errors.NoSpaceError, match="磁盘空间不足"):
        source.backup()
    with pytest.raises(errors.NoSpaceError):
        source.restore(tmp_path / "home")
    assert source.store.backups() == before
    assert not (tmp_path / "home").exists()


def test_archiving_that_fails_is_shown_and_recovers_by_itself(source):
    chain = source.store.wal / next(iter({backup.chain for backup in source.store.backups()}))
    apart = chain.with_name("apart")
    with source.connect() as connection:
        chain.rename(apart)
        chain.write_text("")  # in the way
        try:
            source.post("while archiving fails")
            connection.execute("SELECT pg_switch_wal()")
            deadline = time.monotonic() + 10
            while not archive.archiving_state(server=source.server, store=source.store).failing:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            chain.unlink()
            apart.rename(chain)
    source.flush()
    assert not archive.archiving_state(server=source.server, store=source.store).failing


def test_two_backups_do_not_work_at_once(source):
    with source.store.lock(), pytest.raises(errors.BackupBusyError):
        source.backup()


def test_pruning_keeps_what_the_kept_backup_needs(source, tmp_path):
    kept = source.backup("kept")
    source.post("after the kept one")
    gone = prune(server=source.server, store=source.store, keep=1)
    try:
        assert gone
        assert [backup.name for backup in source.store.backups()] == [kept.name]
        names = sorted(path.name for path in source.store.chain(kept).iterdir() if len(path.name) == 24)
        assert names[0] == kept.first_segment
        environment = {"ANJU_HOME": str(source.server.home), "ANJU_BACKUP_DIR": str(source.store.folder)}
        arguments = ["db", "restore", "--to-end", "--into", str(tmp_path / "home"), "--json"]
        result = CliRunner().invoke(main, arguments, env=environment)
        assert result.exit_code == 0, result.output
        with source.connect() as connection:
            journals = connection.execute("SELECT count(*) FROM town.ledger_journal").fetchone()[0]
        assert json.loads(result.stdout)["figures"][0]["journals"] == journals
    finally:
        source.first = kept


def test_the_totals_at_an_instant_wait_for_a_posting_under_way(source):
    """Otherwise a commit could bear a time before the instant and yet be missing in the snapshot."""
    totals = []
    taking = threading.Thread(target=lambda: totals.append(_totals_at_an_instant(source.server)))
    waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'town.ledger_entry'::regclass AND NOT granted"
    with source.connect() as watcher, psycopg.connect(source.server.url("owner")) as posting:
        posting.execute("INSERT INTO town.ledger_entry VALUES (7), (-7)")
        before = figures_of(watcher)
        taking.start()
        deadline = time.monotonic() + 4
        while watcher.execute(waiting).fetchone() == (0,):
            assert time.monotonic() < deadline
        posting.commit()
        taking.join()
        (instant, figures), now = totals[0], source.clock()
    assert figures[0].debits == before[0].debits + 7
    assert instant < now
    source.post("at once again")  # nothing is held back any longer


def test_the_drill_compares_to_the_fen_while_postings_go_on(source):
    stop = threading.Event()

    def work():
        while not stop.is_set():
            source.post("at work")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        report = drill(server=source.server, store=source.store, now=START + timedelta(hours=1))
    finally:
        stop.set()
        worker.join()
    assert report.problems == []
    assert report.markers == {"before": 3, "after": 0}
    assert report.restored == report.figures
    with source.connect() as connection:
        assert connection.execute("SELECT to_regnamespace('anju_drill') IS NULL").fetchone() == (True,)
        assert connection.execute("SELECT count(*) FROM town.ledger_journal").fetchone()[0] > report.figures[0].journals
    assert not (source.store.folder / "drill-home").exists()
    environment = {"ANJU_HOME": str(source.server.home), "ANJU_BACKUP_DIR": str(source.store.folder)}
    listed = json.loads(CliRunner().invoke(main, ["db", "backups", "--json"], env=environment).stdout)
    assert (listed["archiving"]["on"], listed["archiving"]["failing"]) == (True, False)
    assert listed["latest_drill"]["ok"] is True
    assert listed["backups"][-1]["label"] == "drill"


@pytest.mark.parametrize("command", [["backup"], ["backups"], ["drill"], ["restore", "--to-end", "--into", "x"]])
def test_an_external_server_is_its_operators_to_back_up(command):
    result = CliRunner().invoke(main, ["db", *command], env={"ANJU_DATABASE_URL": "postgresql://a:b@h/d"})
    assert result.exit_code == 2
    assert "pg_basebackup" in result.stderr
    assert "data_keys.json" in result.stderr


def test_a_home_made_before_backups_is_asked_for_one_restart(tmp_path):
    server = EmbeddedServer(tmp_path / "home", options=(("fsync", "off"), ("archive_mode", "off")))
    store = BackupStore(tmp_path / "store")
    server.start()
    try:
        with pytest.raises(errors.ArchivingError, match="anju db stop"):
            take_backup(server=server, store=store, label="", now=START)
        assert store.backups() == []
        server.stop()
        server.start()
        assert store.chain(take_backup(server=server, store=store, label="", now=START)).name == "20261124-100000"
    finally:
        server.stop()


def test_a_home_without_a_database_is_not_backed_up_as_an_empty_one(tmp_path):
    result = CliRunner().invoke(main, ["db", "backup"], env={"ANJU_HOME": str(tmp_path / "typo")})
    assert result.exit_code == 2
    assert not (tmp_path / "typo" / "postgres").exists()
