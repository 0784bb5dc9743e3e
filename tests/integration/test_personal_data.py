"""Identity numbers and phones: found, opened where they belong, and nowhere in clear; keys change while work goes on."""

import itertools
import json
import threading
import time
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from django.core.exceptions import FieldError
from django.db import Error, connection, connections, transaction
from django.test import Client

from anju.kernel.identity import identity_check_digit
from anju.kernel.periods import Month
from anju.platform import key_file, rotation
from anju.platform.embedded import EmbeddedServer
from anju.platform.key_file import KeyFileError, add_key, keyring
from anju.platform.rotation import KeyInUseError, retire_key, rotate, usage
from anju.platform.sealed_fields import Sealed
from anju.platform.sealing import SealError
from anju.registry.models import Member
from anju.registry.operations import NewMember, NewUnit, open_member_accounts, register_units
from sign_ins import staff
from uploads import nothing_sealed

OPENED = date(2024, 1, 2)
NOW = datetime(2031, 3, 5, 4, tzinfo=UTC)
_serial = itertools.count(int(time.time()) % 700_000 * 1000)


def people(count: int) -> list[NewMember]:
    """Members of a unit of their own, with numbers that no other test has."""
    serial = f"{next(_serial):09}"
    unit = NewUnit(
        number=f"8{serial}", name="测试单位", credit_code=_credit_code(serial), office="市直", sector="机关",
        unit_ratio=50_000, person_ratio=50_000, opened=OPENED, paid_to=Month(2023, 12),
    )  # fmt: skip
    register_units(units=[unit])
    members = []
    for _each in range(count):
        serial = f"{next(_serial):09}"
        day = date(1950, 1, 1) + timedelta(days=int(serial[:-3]) % 18_000)
        first17 = f"43{int(serial[:-3]) // 18_000:04}{day:%Y%m%d}{serial[-3:]}"
        members.append(
            NewMember(
                number=f"9{serial}", name="王小明", identity_number=first17 + identity_check_digit(first17),
                phone=f"13{serial}", unit_number=unit.number, base=500_000, opened=OPENED,
            )
        )  # fmt: skip
    return members


def _credit_code(serial: str) -> str:
    from anju.kernel.identity import credit_code_check_char

    first17 = f"91430600{serial}"
    return first17 + credit_code_check_char(first17)


def opened(count: int) -> list[NewMember]:
    members = people(count)
    open_member_accounts(members=members)
    return members


def resealed(fields) -> list[tuple[int, int]]:
    """What a rotation did to the two fields of members; each field of another room is gone through as well."""
    numbers = {"registry.member.identity", "registry.member.phone"}
    return [(each.resealed, each.remaining) for each in list(fields) if each.field in numbers]


def run_sql(statement: str, parameters=()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.fixture
def own_keys(center, settings, tmp_path):
    """A home with keys of its own; nothing else is sealed, before and after."""

    nothing_sealed()
    settings.ANJU_HOME = tmp_path
    yield tmp_path / "data_keys.json"
    nothing_sealed()


class TestFields:
    def test_a_member_is_found_by_identity_number_and_both_numbers_open(self, db):
        one, other = opened(2)
        found = Member.objects.get(identity_index=one.identity_number)
        assert (found.number, found.identity, found.phone) == (one.number, one.identity_number, one.phone)
        assert found.has_identity(one.identity_number)
        assert not found.has_identity(other.identity_number)
        assert Member.objects.filter(identity_index__in=[one.identity_number, other.identity_number]).count() == 2
        assert not Member.objects.filter(identity_index=one.phone).exists()

    def test_one_person_has_one_account(self, db):
        one, other = people(2)
        twin = NewMember(
            **{name: getattr(other, name) for name in other.__slots__} | {"identity_number": one.identity_number}
        )
        with pytest.raises(Error, match="identity_index"), transaction.atomic():
            open_member_accounts(members=[one, twin])

    def test_a_value_copied_to_another_row_or_column_does_not_open(self, db):
        one, other = opened(2)
        run_sql(
            "UPDATE registry_member m SET identity = o.identity, phone = m.identity FROM registry_member o"
            " WHERE m.number = %s AND o.number = %s",
            [one.number, other.number],
        )
        stolen = Member.objects.get(number=one.number)
        for name in ("identity", "phone"):
            with pytest.raises(SealError) as caught:
                getattr(stolen, name)
            assert caught.value.field == f"registry.member.{name}"
        assert Member.objects.get(number=other.number).identity == other.identity_number

    def test_saving_seals_anew_and_the_index_follows(self, db):
        one, other = people(2)
        open_member_accounts(members=[one])
        member = Member.objects.get(number=one.number)
        before = Member.objects.values_list("identity", flat=True).get(number=one.number)
        member.save()
        assert Member.objects.values_list("identity", flat=True).get(number=one.number) == before
        member.identity, member.phone = other.identity_number, other.phone
        member.save()
        found = Member.objects.get(identity_index=other.identity_number)
        assert (found.number, found.phone) == (one.number, other.phone)
        assert not Member.objects.filter(identity_index=one.identity_number).exists()

    def test_what_cannot_keep_in_step_is_refused(self, db):
        (one,) = opened(1)
        member = Member.objects.get(number=one.number)
        for write in (
            lambda: member.save(update_fields=["identity"]),
            lambda: Member.objects.filter(pk=member.pk).update(phone=one.phone),
            lambda: Member.objects.bulk_update([member], ["phone"]),
            lambda: Member.objects.filter(phone=one.phone).exists(),
            lambda: Member.objects.filter(identity__contains="43").exists(),
            lambda: Member.objects.filter(identity_index__gt="43").exists(),
        ):
            with pytest.raises(FieldError), transaction.atomic():
                write()
        Member.objects.defer("identity", "phone").get(pk=member.pk).save()
        assert Member.objects.get(pk=member.pk).identity == one.identity_number

    def test_a_number_in_clear_is_refused_by_the_database(self, db):
        (one,) = opened(1)
        with pytest.raises(Error, match="registry_member_sealed"), transaction.atomic():
            run_sql(
                "UPDATE registry_member SET identity = %s WHERE number = %s", [one.identity_number.encode(), one.number]
            )

    def test_reading_rows_opens_nothing_and_shows_nothing(self, db):
        (one,) = opened(1)
        value = Member.objects.values_list("identity", flat=True).get(number=one.number)
        assert isinstance(value, Sealed)
        assert str(value) == repr(value) == f"{value}" == "<sealed>"
        assert one.identity_number not in repr(vars(Member.objects.get(number=one.number)))


def test_an_identity_number_is_nowhere_in_clear(center, settings):
    """After a life through operations and pages, in no table of the database and in no file of the server."""
    started = time.time() - 1
    marker, spare = people(2)
    open_member_accounts(members=[marker])
    staff(f"t{marker.number}", "teller")
    browser = Client()
    browser.post("/sign-in/", {"username": marker.identity_number, "password": "x"})
    browser.post("/sign-in/", {"username": f"t{marker.number}", "password": "stone-bridge-river"})
    for number in (marker.identity_number, spare.identity_number, marker.phone, marker.number):
        browser.post("/members/", {"number": number})
    browser.get(f"/members/?number={marker.identity_number}")
    secrets = [marker.identity_number, marker.phone, spare.identity_number]

    assert _tables_with(marker.number)
    for secret in secrets:
        assert _tables_with(secret) == []

    server = EmbeddedServer(settings.ANJU_HOME)
    with psycopg.connect(server.url("superuser"), autocommit=True) as admin:
        admin.execute("CHECKPOINT")
    written = [p for p in server.data.rglob("*") if p.is_file() and p.stat().st_mtime >= started]
    held = {text: [p for p in written if text.encode() in p.read_bytes()] for text in (marker.number, *secrets)}
    assert held.pop(marker.number)
    assert not any(held.values())


def _tables_with(text: str) -> list[str]:
    """Tables (all of the center, sessions included) with a row that holds the text, as text or as bytes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm')"
            " AND relnamespace = current_schema()::regnamespace"
        )
        tables, found = [table for (table,) in cursor.fetchall()], []
        assert len(tables) > 20
        for table in tables:
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE strpos(t::text, %s) > 0 OR strpos(t::text, %s) > 0",
                [text, text.encode().hex()],
            )
            found += [table] * (cursor.fetchone()[0] > 0)
    return found


class TestRotation:
    def test_rows_move_to_the_new_key_in_chunks_and_the_old_one_can_go(self, own_keys):
        members = opened(7)
        assert usage() == {1: 14}
        assert add_key(at=NOW) == 2
        assert resealed(rotate(chunk=3)) == [(7, 0), (7, 0)]
        assert usage() == {2: 14}
        assert resealed(rotate()) == [(0, 0), (0, 0)]
        for member in members:
            found = Member.objects.get(identity_index=member.identity_number)
            assert (found.number, found.identity, found.phone) == (member.number, member.identity_number, member.phone)
        retire_key(key_id=1, at=NOW + rotation.GRACE)
        assert set(keyring().sealing) == {2}
        assert list(json.loads(own_keys.read_text())["sealing"]) == ["2"]
        assert Member.objects.get(number=members[0].number).phone == members[0].phone

    def test_a_run_that_was_cut_off_goes_on_where_it_stood(self, own_keys, monkeypatch):
        opened(6)
        add_key(at=NOW)
        write, calls = rotation._write, itertools.count()
        monkeypatch.setattr(rotation, "_write", lambda *a: write(*a) if next(calls) < 2 else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            list(rotate(chunk=2))
        assert usage() == {1: 8, 2: 4}
        monkeypatch.setattr(rotation, "_write", write)
        assert resealed(rotate(chunk=2)) == [(2, 0), (6, 0)]

    def test_a_key_in_use_the_newest_and_a_fresh_change_are_refused(self, own_keys):
        opened(1)
        with pytest.raises(KeyInUseError, match="最新密钥"):
            retire_key(key_id=1, at=NOW)
        with pytest.raises(KeyInUseError, match="没有编号为 9"):
            retire_key(key_id=9, at=NOW)
        add_key(at=NOW)
        later = NOW + rotation.GRACE
        with pytest.raises(KeyInUseError, match="还有 2 项"):
            retire_key(key_id=1, at=later)
        list(rotate())
        with pytest.raises(KeyInUseError, match="不足一小时"):
            retire_key(key_id=1, at=later - timedelta(seconds=1))
        assert set(keyring().sealing) == {1, 2}

    def test_values_of_another_center_hold_their_key(self, own_keys):
        opened(1)
        with connections["owner"].cursor() as cursor:
            cursor.execute("CREATE SCHEMA neighbour")
            cursor.execute("CREATE TABLE neighbour.registry_member AS SELECT * FROM registry_member")
            cursor.execute("GRANT USAGE ON SCHEMA neighbour TO anju_app")
            cursor.execute("GRANT SELECT ON neighbour.registry_member TO anju_app")
        try:
            add_key(at=NOW)
            list(rotate())
            with pytest.raises(KeyInUseError, match="还有 2 项"):
                retire_key(key_id=1, at=NOW + rotation.GRACE)
        finally:
            with connections["owner"].cursor() as cursor:
                cursor.execute("DROP SCHEMA neighbour CASCADE")

    def test_saving_a_row_read_before_the_change_does_not_bring_the_old_key_back(self, own_keys):
        (one,) = opened(1)
        member = Member.objects.get(number=one.number)
        add_key(at=NOW)
        list(rotate())
        member.base += 1
        member.save()
        assert usage() == {2: 2}
        assert Member.objects.get(number=one.number).identity == one.identity_number

    def test_the_commands_lead_through_a_change_of_keys(self, own_keys):
        from anju.cli.main import LazyGroup

        def keys(*arguments):
            return CliRunner().invoke(LazyGroup("anju"), ["keys", *arguments])

        opened(3)
        assert "已新增密钥 2" in keys("add").stdout
        assert [line.split()[0] for line in keys("list").stdout.splitlines()] == ["1", "2"]
        assert "registry.member.phone：重新加密 3 项，剩余 0 项" in keys("rotate").stdout
        refused = keys("retire", "1")
        assert (refused.exit_code, "不足一小时" in refused.stderr) == (2, True)
        assert not any(key.hex() in keys("list").stdout for key in keyring().sealing.values())

    def test_readers_and_writers_go_on_during_a_rotation(self, own_keys):
        members = opened(120)
        phones = {member.number: member.phone for member in members}
        stop, failures, rounds = threading.Event(), [], {"read": 0, "write": 0, "open": 0}

        def read():
            for member in Member.objects.all():
                assert member.has_identity(member.identity)
                assert member.phone.startswith("1")

        def write():
            number = members[rounds["write"] * 7 % 120].number
            member = Member.objects.get(number=number)
            member.phone = phones[number] = f"139{rounds['write']:08}"
            member.save(update_fields=["phone", "phone_index"])

        def open_more():
            for member in opened(3):
                phones[member.number] = member.phone

        def keep(name, step):
            try:
                while not stop.is_set():
                    step()
                    rounds[name] += 1
            except BaseException as error:  # noqa: BLE001 - shown by the main thread
                failures.append(error)
            finally:
                connections.close_all()

        threads = [
            threading.Thread(target=keep, args=facts)
            for facts in (("read", read), ("write", write), ("open", open_more))
        ]
        for thread in threads:
            thread.start()
        for _change in range(3):
            time.sleep(0.1)
            add_key(at=NOW)
            list(rotate(chunk=10))
        stop.set()
        for thread in threads:
            thread.join(20)
        assert failures == []
        assert all(rounds.values()), rounds
        list(rotate())
        assert usage() == {4: 2 * len(phones)}
        assert {member.number: member.phone for member in Member.objects.all()} == phones


class TestKeyFile:
    @pytest.fixture
    def path(self, settings, tmp_path):
        settings.ANJU_HOME = tmp_path
        keyring()
        return tmp_path / "data_keys.json"

    def test_it_is_made_once_and_read_by_its_owner_only(self, path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert keyring() is keyring()
        add_key(at=NOW)
        assert path.stat().st_mode & 0o777 == 0o600
        assert [p.name for p in path.parent.iterdir() if p.suffix != ".lock"] == ["data_keys.json"]

    def test_a_key_that_another_process_added_is_known_at_the_next_use(self, path):
        sealed = keyring().seal("x", "f")
        stored = json.loads(path.read_text())
        other = path.with_name("other")
        other.write_text(json.dumps(stored | {"sealing": stored["sealing"] | {"2": "00" * 16}}))
        other.chmod(0o600)
        other.replace(path)
        assert keyring().seal("x", "f")[0] == 2
        assert keyring().unseal(sealed, "f") == "x"

    def test_many_that_start_at_once_have_one_file(self, settings, tmp_path):
        settings.ANJU_HOME = tmp_path
        rings, gate = [], threading.Barrier(8)

        def start():
            gate.wait()
            rings.append(key_file.keyring())

        threads = [threading.Thread(target=start) for _each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({ring.index for ring in rings}) == 1

    def test_readable_by_others_it_is_refused_with_a_way_on(self, path):
        path.chmod(0o640)
        with pytest.raises(KeyFileError, match="chmod 600") as caught:
            keyring()
        assert caught.value.field == str(path)
        path.chmod(0o600)
        assert keyring().newest == 1

    @pytest.mark.parametrize(
        "text",
        ["", "{", "[]", "{}", '{"sealing": {}, "index": "00"}', '{"sealing": {"1": "zz"}, "index": "00"}',
         '{"sealing": {"0": "' + "00" * 16 + '"}, "index": "' + "00" * 32 + '"}',
         '{"sealing": {"1": "' + "00" * 15 + '"}, "index": "' + "00" * 32 + '"}',
         '{"sealing": {"1": "' + "00" * 16 + '"}, "index": "' + "00" * 31 + '"}'],
    )  # fmt: skip
    def test_a_broken_file_is_told_without_its_content_and_never_replaced(self, path, text):
        path.write_text(text)
        with pytest.raises(KeyFileError, match="备份") as caught:
            keyring()
        assert "00" not in str(caught.value.message)
        assert caught.value.__cause__ is None
        assert path.read_text() == text

    def test_a_file_made_anew_beside_old_data_is_noticed(self, own_keys):
        opened(1)
        assert Client().get("/health/ready").status_code == 200
        own_keys.unlink()
        response = Client().get("/health/ready")
        assert (response.status_code, response.json()["checks"]["keys"]) == (503, "failed")

    def test_keys_are_not_in_a_repr(self, path):
        assert all(key.hex() not in repr(keyring()) for key in keyring().sealing.values())
        assert "index" not in repr(keyring())
