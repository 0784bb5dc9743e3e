"""The virus scanner's wire protocol, spoken with a real server: found is refused and on record, silence is refused."""

import contextlib
import io
import socketserver
import threading
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from anju.contributions.models import Receipt
from anju.contributions.models_sheets import Sheet
from anju.platform.files import operations, scanner
from anju.platform.files.errors import ScannerUnavailableError, VirusFoundError
from anju.platform.files.limits import PART_BYTES
from anju.platform.files.models import StoredFile
from anju.platform.models import AuditEntry
from anju.treasury.models import BankAccount
from anju.treasury.operations import open_bank_account
from item_walk import DAY, serial
from portal_walk import Walk, a_unit, clerk
from sign_ins import staff
from uploads import large_pdf, one_object

AT = datetime(2031, 3, 5, 4, tzinfo=UTC)
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CLEAN, INFECTED = large_pdf(PART_BYTES + 9), one_object(b"<</Length 68>>stream\n" + EICAR + b"\nendstream")


class Clamd(socketserver.StreamRequestHandler):
    """clamd as its manual has it: zINSTREAM, then length and bytes until a length of zero, then the verdict."""

    timeout = 10
    replies: str | None = None
    silent: threading.Event | None = None

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(length)
        if self.silent is not None:
            self.silent.wait(10)
        elif self.replies is not None:
            self.wfile.write(self.replies.encode())
        else:
            self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


@contextlib.contextmanager
def serving(address, **behaviour):
    unix = isinstance(address, str)
    kind = socketserver.ThreadingUnixStreamServer if unix else socketserver.ThreadingTCPServer
    with kind(address, type("Behaving", (Clamd,), behaviour)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield address if unix else f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def stored(content: bytes) -> StoredFile:
    return operations.store(content=io.BytesIO(content), name="x.pdf", actor="teller", at=AT)


@pytest.fixture(params=["unix", "tcp"])
def clamd(request, tmp_path, settings):
    with serving(str(tmp_path / "clamd") if request.param == "unix" else ("127.0.0.1", 0)) as address:
        settings.ANJU_CLAMD = address
        yield


def test_a_clean_file_is_kept_with_the_time_of_its_scan(db, clamd):
    assert stored(CLEAN).scanned_at == AT


def test_a_virus_is_refused_by_name_and_on_record(db, clamd, kept):
    with pytest.raises(VirusFoundError, match="Eicar-Test-Signature"):
        stored(INFECTED)
    assert not kept()
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.actor, entry.happened_at) == ("file.virus", "teller", AT)
    assert entry.detail == {"signature": "Eicar-Test-Signature", "size": len(INFECTED)}


@pytest.mark.parametrize("address", ["/nowhere/clamd", "127.0.0.1:1", "127.0.0.1:99999"])
def test_a_scanner_that_is_not_there_lets_nothing_in(db, settings, address, kept):
    settings.ANJU_CLAMD = address
    with pytest.raises(ScannerUnavailableError, match="稍后重试"):
        stored(CLEAN)
    assert not kept()


@pytest.mark.parametrize(
    "reply", ["", "stream: OK but no\0", "INSTREAM size limit exceeded. ERROR\0", "stream: OK FOUND? ERROR\0"]
)
def test_anything_but_a_verdict_lets_nothing_in(db, settings, tmp_path, reply, kept):
    with serving(str(tmp_path / "clamd"), replies=reply) as settings.ANJU_CLAMD, pytest.raises(ScannerUnavailableError):
        stored(CLEAN)
    assert not kept()


def test_a_scanner_that_stays_silent_is_not_waited_for(db, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(scanner, "TIMEOUT_SECONDS", 0.2)
    silent = threading.Event()
    with serving(str(tmp_path / "clamd"), silent=silent) as settings.ANJU_CLAMD:
        with pytest.raises(ScannerUnavailableError):
            stored(CLEAN)
        silent.set()


def test_a_list_with_a_virus_is_refused_on_its_page_and_nothing_of_it_is_kept(db, clamd):
    unit = a_unit()
    walk = Walk(clerk(unit))
    head, form = "姓名,证件号码,上年月平均工资\n".encode(), f"sheets/new/{unit.number}/bases/"
    infected = SimpleUploadedFile("基数.csv", head + "王小明,".encode() + EICAR + b",5000\n")
    assert "文件带有病毒（Eicar-Test-Signature），已拒收" in walk.post(form, {"file": infected})
    assert not Sheet.objects.filter(unit=unit).exists()
    entry = AuditEntry.objects.filter(action="file.virus").latest("id")
    assert (entry.object_kind, entry.detail["signature"]) == ("file", "Eicar-Test-Signature")
    walk.post(form, {"file": SimpleUploadedFile("基数.csv", head + "王小明,430602199001011234,5000\n".encode())})
    assert Sheet.objects.get(unit=unit).rows == 1


def test_a_list_is_not_taken_in_unscanned(db, settings):
    settings.ANJU_CLAMD = "/nowhere/clamd"
    unit = a_unit()
    file = SimpleUploadedFile("基数.csv", "姓名,证件号码,上年月平均工资\n王小明,1,5000\n".encode())
    assert "稍后重试" in Walk(clerk(unit)).post(f"sheets/new/{unit.number}/bases/", {"file": file})
    assert not Sheet.objects.filter(unit=unit).exists()


@pytest.mark.usefixtures("business_days")
def test_a_banks_list_with_a_virus_books_nothing(db, clamd):
    account = open_bank_account(code=f"B{serial()}", bank="示例银行", subject="10101", rate=0, opened=DAY)
    desk = Client()
    desk.force_login(staff(f"a{serial()}", "accountant"))
    infected = SimpleUploadedFile("到账.csv", EICAR)
    page = desk.post("/receipts/", {"bank": BankAccount.objects.get(code=account.code).pk, "file": infected})
    assert "文件带有病毒" in page.content.decode()
    page = desk.post("/debits/", {"do": "results", "results-file": SimpleUploadedFile("回盘.csv", EICAR)})
    assert "文件带有病毒" in page.content.decode()
    assert not Receipt.objects.filter(bank_account=account.account_id).exists()
