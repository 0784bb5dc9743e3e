"""Papers in the database: whole, sealed, unchangeable; destroyed on record only; keys change under them."""

import hashlib
import io
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import Error, IntegrityError, connections, transaction
from django.http import HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.test import RequestFactory

from anju.kernel.errors import InvalidValueError
from anju.platform import audit, rotation
from anju.platform.files import errors, operations
from anju.platform.files.limits import MAX_BYTES, PART_BYTES
from anju.platform.files.models import FilePart, StoredFile
from anju.platform.files.queries import read
from anju.platform.key_file import add_key
from anju.platform.models import AuditEntry
from anju.platform.rotation import KeyInUseError, retire_key, rotate, usage
from anju.web.file_response import file_response
from anju.web.security import ContentSecurityPolicyMiddleware
from uploads import action, empty_file_store, large_pdf, nothing_sealed, pdf, picture

AT = datetime(2031, 3, 5, 4, tzinfo=UTC)
IDENTITY = "430602199001010011"


def stored(content: bytes, name: str = "购房合同.pdf", **options) -> StoredFile:
    return operations.store(content=io.BytesIO(content), name=name, actor="teller", at=AT, **options)


def run_sql(statement: str, parameters=(), alias="default") -> list[tuple]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def files(center):
    """A store without files, before and after, for tests that commit."""
    empty_file_store()
    yield
    empty_file_store()


@pytest.fixture
def tampered(files):
    """Statements of somebody who owns the tables and has taken the guards off."""

    def run(statement: str, parameters=()) -> None:
        run_sql("ALTER TABLE platform_filepart DISABLE TRIGGER USER", alias="owner")
        run_sql(statement, parameters, alias="owner")
        run_sql("ALTER TABLE platform_filepart ENABLE TRIGGER USER", alias="owner")

    return run


class TestInAndOut:
    def test_a_file_comes_out_as_it_went_in(self, db):
        content = large_pdf(2 * PART_BYTES + 1)
        file = stored(content, name=f"王{IDENTITY}.PDF")
        assert b"".join(read(file)) == content
        assert [len(part) for part in read(file)] == [PART_BYTES, PART_BYTES, 1]
        assert bytes(file.sha256) == hashlib.sha256(content).digest()
        assert (file.size, file.content_type, file.pages, file.width) == (len(content), "application/pdf", 1, None)
        assert (file.name, file.uploaded_by, file.uploaded_at, file.scanned_at) == (
            f"王{IDENTITY}.pdf",
            "teller",
            AT,
            None,
        )

    def test_pictures_have_a_size_in_pixels(self, db):
        for kind in ("PNG", "JPEG"):
            file = stored(picture(kind), name="../../x")
            assert (file.content_type, file.width, file.height, file.pages) == (f"image/{kind.lower()}", 64, 48, None)
        assert file.name == "x.jpg"

    def test_nothing_of_it_is_in_clear(self, db):
        content = picture("PNG")
        file = stored(content, name=f"{IDENTITY}.png")
        rows = run_sql(
            "SELECT f::text || p::text FROM platform_storedfile f JOIN platform_filepart p ON p.file_id = f.id"
            " WHERE f.id = %s",
            [file.pk],
        )
        assert len(rows) == 1
        for secret in (IDENTITY.encode(), b"IHDR", content[100:116]):
            assert secret.hex() not in rows[0][0]
        assert IDENTITY not in rows[0][0] + repr(vars(file))

    def test_the_same_content_twice_is_two_files_and_is_found(self, db, kept):
        content = pdf()
        one, other = stored(content), stored(content)
        assert one.pk != other.pk
        found = StoredFile.objects.filter(sha256=hashlib.sha256(content).digest())
        assert kept() & {file.pk for file in found} == {one.pk, other.pk}
        sealed = FilePart.objects.filter(file__in=[one, other]).values_list("sealed", flat=True)
        assert len({bytes(each) for each in sealed}) == 2

    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (b"", errors.EmptyFileError), (b"x", errors.UnknownTypeError), (bytes(MAX_BYTES + 1), errors.FileTooLargeError),
            (pdf(action(S="/Launch", F="x")), errors.ActiveContentError), (picture("JPEG")[:-300], errors.UnreadableError),
        ],
        ids=["empty", "unknown", "large", "active", "cut"],
    )  # fmt: skip
    def test_of_a_refused_file_nothing_stays(self, db, content, refusal, kept):
        with pytest.raises(refusal) as caught:
            stored(content)
        assert "{" not in caught.value.message
        assert not kept()

    def test_the_limit_is_met_exactly_and_named(self, db):
        assert stored(large_pdf(MAX_BYTES)).size == MAX_BYTES
        with pytest.raises(errors.FileTooLargeError, match="超过 10 MiB"):
            stored(large_pdf(MAX_BYTES + 1))
        content = pdf()
        assert stored(content, limit=len(content))
        with pytest.raises(errors.FileTooLargeError):
            stored(content, limit=len(content) - 1)

    def test_another_content_than_the_one_examined_is_not_kept(self, db, kept):
        examined = operations.examine(content=io.BytesIO(pdf()), actor="teller", at=AT)
        other = pdf().replace(b"595", b"596")
        with pytest.raises(errors.UnreadableError):
            operations.keep(content=io.BytesIO(other), examined=examined, name="x", actor="teller", at=AT)
        assert not kept()

    def test_memory_is_a_few_parts(self, db, tmp_path):
        path = Path(tmp_path / "large.pdf")
        path.write_bytes(large_pdf(MAX_BYTES))
        stored(pdf())  # everything is imported
        with path.open("rb", buffering=0) as content:
            tracemalloc.start()
            file = operations.store(content=content, name="x", actor="teller", at=AT)
            _now, peak_in = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            assert sum(len(part) for part in read(file)) == MAX_BYTES
            _now, peak_out = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert peak_in < 10 * PART_BYTES
        assert peak_out < 10 * PART_BYTES


class TestDamage:
    def test_a_flipped_bit_is_told_and_the_file_never_given_out_whole(self, tampered):
        content = large_pdf(2 * PART_BYTES + 500)
        file = stored(content)
        tampered(
            "UPDATE platform_filepart SET sealed = set_bit(sealed, 900, 1 - get_bit(sealed, 900)) WHERE number = 2"
        )
        given = []
        with pytest.raises(errors.FileDamagedError, match=str(file.pk)):
            given.extend(read(file))
        assert b"".join(given) == content[: 2 * PART_BYTES]

    def test_parts_in_another_order_do_not_open(self, tampered):
        file = stored(large_pdf(2 * PART_BYTES))
        tampered("UPDATE platform_filepart SET number = number + 10")
        tampered("UPDATE platform_filepart SET number = 11 - number")
        assert list(FilePart.objects.order_by("id").values_list("number", flat=True)) == [1, 0]
        with pytest.raises(errors.FileDamagedError):
            list(read(file))

    def test_a_part_of_another_file_does_not_open(self, tampered):
        content = pdf()
        one, other = stored(content), stored(content)
        tampered(
            "UPDATE platform_filepart p SET sealed = o.sealed FROM platform_filepart o"
            " WHERE p.file_id = %s AND o.file_id = %s",
            [one.pk, other.pk],
        )
        with pytest.raises(errors.FileDamagedError):
            list(read(one))
        assert b"".join(read(other)) == content

    def test_a_missing_part_and_a_changed_digest_are_told(self, tampered):
        file = stored(large_pdf(PART_BYTES + 1))
        tampered("DELETE FROM platform_filepart WHERE number = 1")
        with pytest.raises(errors.FileDamagedError):
            list(read(file))
        whole = stored(pdf())
        whole.sha256 = bytes(32)
        given = []
        with pytest.raises(errors.FileDamagedError):
            given.extend(read(whole))
        assert given == []


class TestGuards:
    @pytest.mark.parametrize("table", ["platform_storedfile", "platform_filepart"])
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE", "INSERT INTO {} DEFAULT VALUES",
         "SELECT * FROM {} FOR UPDATE"],
    )  # fmt: skip
    def test_the_application_writes_through_functions_only(self, db, table, statement):
        stored(pdf())
        with pytest.raises(Error, match="permission denied"), transaction.atomic():
            run_sql(statement.replace("{}", table))

    def test_the_owner_is_refused_too(self, files):
        file = stored(pdf())
        for statement in (
            "UPDATE platform_storedfile SET uploaded_by = 'other'",
            "UPDATE platform_storedfile SET name = name",
            "UPDATE platform_filepart SET number = 1",
            "UPDATE platform_filepart SET sealed = sealed",
            "UPDATE platform_filepart SET sealed = set_byte(sealed || '\\x00', 0, 9)",
            "DELETE FROM platform_filepart",
            "DELETE FROM platform_storedfile",
            "TRUNCATE platform_filepart",
            "TRUNCATE platform_storedfile CASCADE",
        ):
            with pytest.raises(Error, match="stored files do not change"):
                run_sql(statement, alias="owner")
        assert b"".join(read(file)) == pdf()

    def test_a_file_commits_with_all_of_its_parts_or_not_at_all(self, files):
        file = stored(pdf())
        row = run_sql("SELECT sha256, size, name FROM platform_storedfile")[0]
        opened = (
            "SELECT platform_file_open(%s, %s, %s, 'application/pdf', 1, NULL, NULL, %s, NULL, now(), 'teller')",
            ["00000000-0000-4000-8000-000000000001", *row],
        )
        part = (
            "SELECT platform_file_add_part('00000000-0000-4000-8000-000000000001', %s, %s)",
            [0, bytes([1]) + bytes(28 + row[1])],
        )
        short = (part[0], [0, bytes(29 + row[1] - 1)])
        second = (part[0], [2, bytes(30)])

        @transaction.atomic
        def together(*statements):
            for statement in statements:
                run_sql(*statement)

        for statements in ([opened], [opened, short], [opened, part, second]):
            with pytest.raises(Error, match="not whole"):
                together(*statements)
        with pytest.raises(IntegrityError, match="foreign key"):
            together(part)
        with pytest.raises(Error, match="not whole"):
            run_sql("SELECT platform_file_add_part(%s, 1, %s)", [file.pk, bytes(30)])
        together(opened, part)
        assert StoredFile.objects.count() == 2

    def test_a_file_is_destroyed_on_record(self, files):
        file, other = stored(large_pdf(PART_BYTES + 1)), stored(pdf())
        with pytest.raises(InvalidValueError, match="原因"):
            operations.shred(file=file, actor="teller", at=AT, reason=" ")
        assert operations.shred(file=file, actor="teller", at=AT, reason="草稿过期") is True
        assert list(StoredFile.objects.all()) == [other]
        assert FilePart.objects.filter(file=file.pk).count() == 0
        entry = AuditEntry.objects.get(object_kind="file", object_reference=str(file.pk))
        assert (entry.action, entry.actor, entry.happened_at) == ("file.shredded", "teller", AT)
        assert entry.detail["reason"] == "草稿过期"
        assert entry.detail["sha256"].replace(" ", "") == bytes(file.sha256).hex()
        assert operations.shred(file=file, actor="teller", at=AT, reason="草稿过期") is False
        assert AuditEntry.objects.filter(object_reference=str(file.pk)).count() == 1
        assert not audit.verify()
        with pytest.raises(Error, match="do not change"):
            run_sql("DELETE FROM platform_storedfile", alias="owner")

    def test_what_is_rolled_back_is_not_destroyed(self, files):
        file = stored(pdf())
        with transaction.atomic():
            operations.shred(file=file, actor="teller", at=AT, reason="草稿过期")
            transaction.set_rollback(True)
        assert b"".join(read(file)) == pdf()
        assert not AuditEntry.objects.filter(object_reference=str(file.pk)).exists()


class TestKeys:
    @pytest.fixture
    def own_keys(self, files, settings, tmp_path):
        """A home with keys of its own, and nothing sealed under other keys."""
        nothing_sealed()
        settings.ANJU_HOME = tmp_path

    def test_names_and_parts_move_to_the_new_key_and_the_old_one_can_go(self, own_keys):
        contents = [pdf(), large_pdf(9 * PART_BYTES + 7)]
        kept = [stored(content, name=f"{n}.pdf") for n, content in enumerate(contents)]
        assert usage() == {1: 13}
        add_key(at=AT)
        later = AT + rotation.GRACE
        with pytest.raises(KeyInUseError, match="还有 13 项"):
            retire_key(key_id=1, at=later)
        done = {each.field: (each.resealed, each.remaining) for each in rotate()}
        assert done["platform.storedfile.name"] == (2, 0)
        assert done["platform.filepart.sealed"] == (11, 0)
        assert usage() == {2: 13}
        assert sum(each.resealed for each in rotate()) == 0
        retire_key(key_id=1, at=later)
        rotation.probe()
        for n, (file, content) in enumerate(zip(kept, contents, strict=True)):
            found = StoredFile.objects.get(pk=file.pk)
            assert (found.name, b"".join(read(found))) == (f"{n}.pdf", content)

    def test_a_run_that_was_cut_off_goes_on_where_it_stood(self, own_keys, monkeypatch):
        stored(large_pdf(5 * PART_BYTES))
        add_key(at=AT)
        write, calls = rotation._write, iter(range(99))
        monkeypatch.setattr(rotation, "_write", lambda *a: write(*a) if next(calls) < 2 else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            list(rotate(chunk=2))
        assert usage() == {1: 3, 2: 3}
        monkeypatch.setattr(rotation, "_write", write)
        assert sum(each.resealed for each in rotate(chunk=2)) == 3

    def test_an_older_key_never_comes_back_and_a_part_that_went_meanwhile_is_no_error(self, own_keys):
        file, going = stored(pdf()), stored(pdf())
        old = run_sql("SELECT id, sealed FROM platform_filepart ORDER BY id")
        add_key(at=AT)
        list(rotate())
        operations.shred(file=going, actor="teller", at=AT, reason="草稿过期")
        run_sql(
            "SELECT platform_file_reseal_parts(%s::bigint[], %s::bytea[])",
            [[pk for pk, _sealed in old], [bytes(sealed) for _pk, sealed in old]],
        )
        assert usage() == {2: 2}
        assert b"".join(read(file)) == pdf()

    def test_a_key_file_made_anew_is_noticed_by_a_part_alone(self, own_keys, settings, tmp_path):
        stored(pdf())
        rotation.probe()
        (tmp_path / "data_keys.json").unlink()
        with pytest.raises(rotation.AnjuError, match="改动"):
            rotation.probe()


class TestGoingOut:
    def answer(self, file: StoredFile, **options):
        def view(request) -> HttpResponse:
            return file_response(file, actor="teller", **options)

        request = RequestFactory().get("/")
        return ContentSecurityPolicyMiddleware(XFrameOptionsMiddleware(view))(request)

    def test_it_is_shown_as_what_it_is_and_can_do_nothing(self, db):
        content = pdf()
        response = self.answer(stored(content, name="购房合同 1.exe"))
        assert b"".join(response.streaming_content) == content
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Length"] == str(len(content))
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Disposition"] == (
            "inline; filename*=utf-8''%E8%B4%AD%E6%88%BF%E5%90%88%E5%90%8C%201.exe.pdf"
        )
        policy = [each.strip() for each in response["Content-Security-Policy"].split(";")]
        assert "default-src 'none'" in policy
        assert not any("script" in each or "form" in each for each in policy)
        assert response["Cache-Control"] == "no-store"

    def test_a_picture_is_sandboxed_and_may_be_saved(self, db):
        response = self.answer(stored(picture("PNG"), name='a"; filename=b.html'), download=True)
        assert response["Content-Type"] == "image/png"
        assert response["Content-Security-Policy"].startswith("sandbox;")
        assert response["Content-Disposition"] == 'attachment; filename="a_; filename=b.html.png"'
        list(response.streaming_content)

    def test_damage_breaks_the_stream_off_and_is_on_record(self, db):
        file = stored(large_pdf(PART_BYTES + 1))
        file.sha256 = bytes(32)
        response = self.answer(file)
        given = []
        with pytest.raises(errors.FileDamagedError):
            given.extend(response.streaming_content)
        assert [len(part) for part in given] == [PART_BYTES]
        entry = AuditEntry.objects.latest("id")
        assert (entry.action, entry.actor, entry.object_reference) == ("file.damaged", "teller", str(file.pk))

    def test_other_pages_keep_the_strict_policy(self):
        response = ContentSecurityPolicyMiddleware(lambda _request: HttpResponse())(RequestFactory().get("/"))
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert response["Cache-Control"] == "no-store"
