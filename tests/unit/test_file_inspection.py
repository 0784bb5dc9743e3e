"""What an uploaded file is, is told by its content; files made to hurt are refused, or die in a process of their own."""

import subprocess
import sys
import time

import pytest
from pypdf import PdfWriter

from anju.platform.files import errors, inspection
from anju.platform.files.inspection import Inspection, Kind
from anju.platform.files.inspector import inspect
from anju.platform.files.limits import MAX_PAGES
from uploads import action, compact_pdf, large_pdf, one_object, pdf, picture, png_bomb, png_chunk, scan, xfa


def asked(content: bytes) -> Kind:
    """The child's answer."""
    with Inspection() as child:
        for at in range(0, len(content), 65536):
            child.feed(content[at : at + 65536])
        return child.kind()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf(pages=3), {"content_type": "application/pdf", "pages": 3}),
        (one_object(b"<</Type/Action/S/URI/URI(https://example.org)>>"), {"content_type": "application/pdf", "pages": 1}),
        (compact_pdf(), {"content_type": "application/pdf", "pages": 1}),
        (compact_pdf(b"<</Title<FEFF5408540C>/A(\\376\\377\\124\\010)/B(\xc3\xa9)>>"), {"content_type": "application/pdf", "pages": 1}),
        (scan(), {"content_type": "application/pdf", "pages": 1}),
        (picture("JPEG"), {"content_type": "image/jpeg", "width": 64, "height": 48}),
        (picture("JPEG", progressive=True), {"content_type": "image/jpeg", "width": 64, "height": 48}),
        (picture("JPEG") + bytes(10) + picture("JPEG", (8, 8)), {"content_type": "image/jpeg", "width": 64, "height": 48}),
        (picture("JPEG") + b"SEFH camera notes SEFT", {"content_type": "image/jpeg", "width": 64, "height": 48}),
        (picture("PNG"), {"content_type": "image/png", "width": 64, "height": 48}),
    ],
)  # fmt: skip
def test_good_papers_are_what_they_are(content, expected):
    assert inspect(content) == expected
    assert asked(content) == Kind(**expected)


def strongly_encrypted(writer: PdfWriter) -> None:
    writer.encrypt("", "owner", algorithm="AES-256")


def encrypted(writer: PdfWriter) -> None:
    writer.encrypt("", "owner")


def attached(writer: PdfWriter) -> None:
    writer.add_attachment("a.exe", b"MZ")


def scripted(writer: PdfWriter) -> None:
    action(S="/JavaScript", JS="app.alert(1)")(writer)


#: The kind of the action stands in an object of its own, and is written with an escape.
LAUNCHING = one_object(b"/Lau#6ech", root=b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S 4 0 R/F(cmd.exe)>>>>")
REVISED = pdf(scripted) + pdf()  # what was there before the last revision


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", errors.EmptyFileError),
        (b"hello", errors.UnknownTypeError),
        (b"<html><script>alert(1)</script>", errors.UnknownTypeError),
        (b"PK\x03\x04" + bytes(100), errors.UnknownTypeError),
        (b"GIF89a" + bytes(100), errors.UnknownTypeError),
        (b"\n" + pdf(), errors.UnknownTypeError),
        (b"<html>" + pdf(), errors.UnknownTypeError),
        (pdf(encrypted), errors.EncryptedPdfError),
        (pdf(strongly_encrypted), errors.EncryptedPdfError),
        (pdf(scripted), errors.ActiveContentError),
        (pdf(attached), errors.ActiveContentError),
        (pdf(xfa), errors.ActiveContentError),
        (pdf(action(S="/Launch", F="cmd.exe")), errors.ActiveContentError),
        (pdf(action(S="/SubmitForm", F="https://example.org")), errors.ActiveContentError),
        (compact_pdf(b"<</S/Launch/F(cmd.exe)>>"), errors.ActiveContentError),
        (compact_pdf(b"[[1 0 R <</A<</S/JavaScript/JS(app.alert\\(1\\))>>>>]]"), errors.ActiveContentError),
        (LAUNCHING, errors.ActiveContentError),
        (one_object(b"<</S/J#61vaScript/J#53(app.alert(1))>>"), errors.ActiveContentError),
        (one_object(b"[[<</Type/Annot/Subtype/FileAtt#61chment>>]]"), errors.ActiveContentError),
        (one_object(b"<</Type/Sound>>"), errors.ActiveContentError),
        (REVISED, errors.ActiveContentError),
        (pdf(pages=0), errors.NoPagesError),
        (pdf(pages=MAX_PAGES + 1), errors.TooManyPagesError),
        (picture("PNG") + bytes(5000), errors.TrailingDataError),
        (picture("PNG") + pdf() * 20, errors.TrailingDataError),
        (picture("JPEG") + b"ftypmp42" * 1000, errors.TrailingDataError),
        (png_bomb(60_000, 60_000), errors.TooManyPixelsError),
    ],
)  # fmt: skip
def test_what_is_no_paper_or_can_act_is_refused(content, refusal):
    with pytest.raises(refusal) as caught:
        asked(content)
    assert (type(caught.value), caught.value.field) == (refusal, "file")
    assert "{" not in caught.value.message


@pytest.mark.parametrize(
    "content",
    [
        picture("JPEG")[:-200], picture("JPEG")[:10], picture("PNG")[:-20], picture("PNG")[:9],
        picture("PNG").replace(b"IDAT", b"IDAX"), pdf()[:40], b"%PDF-1.7", b"%PDF-1.7\n" + bytes(1000),
        b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\xff\xff" + b"\xff" * 100_000,
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""), b"%PDF-1.7\n" + b"[" * 200_000,
        one_object(b"<</Length 9>>stream"), pdf().replace(b"/Kids", b"/Kidz"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_in_one_way(content):
    with pytest.raises((errors.UnreadableError, errors.NoPagesError)):
        asked(content)


def test_ten_mebibytes_are_looked_at_in_good_time():
    contents = [large_pdf(10 * 1024**2), picture("JPEG", (4000, 3000), quality=92)]
    for content in contents:
        started = time.perf_counter()
        asked(content)
        assert time.perf_counter() - started < 5  # measured 0.3; a busy machine is no defect


def test_a_child_that_hangs_or_dies_is_a_file_that_cannot_be_read(monkeypatch):
    monkeypatch.setattr(inspection, "_SECONDS", 0.3)
    started = time.perf_counter()
    with Inspection() as child:
        child.feed(b"%PDF-1.7")
        time.sleep(0.5)
        child.feed(bytes(1_000_000))
        with pytest.raises(errors.UnreadableError):
            child.kind()
    assert time.perf_counter() - started < 5
    with Inspection() as child:
        child._child.kill()
        child.feed(bytes(1_000_000))
        with pytest.raises(errors.UnreadableError):
            child.kind()
    assert child._child.returncode is not None  # no zombie stays


@pytest.mark.parametrize("answer", ["", "[]", "1", "{", '{"refused": "X"}', '{"rank": 1}'])
def test_an_answer_that_is_none_is_a_file_that_cannot_be_read(answer, monkeypatch):
    monkeypatch.setattr(inspection, "_COMMAND", [sys.executable, "-c", f"print({answer!r}, end='')"])
    with pytest.raises(errors.UnreadableError):
        asked(pdf())


def test_the_child_has_little_time_and_memory_and_writes_no_file(tmp_path):
    def bound(code: str) -> int:
        program = f"from anju.platform.files.inspector import _bind; _bind(); {code}"
        return subprocess.run([sys.executable, "-I", "-c", program], stderr=subprocess.DEVNULL, check=False).returncode

    assert bound("bytes(100_000_000)") == 0
    assert bound("bytes(1_000_000_000)") == 1
    assert bound(f"import pathlib; pathlib.Path({str(tmp_path / 'x')!r}).write_text('x')") == 1
    assert bound("import resource; assert resource.getrlimit(resource.RLIMIT_CPU) == (8, 8)") == 0


@pytest.mark.parametrize("content", [b"%PDF-", b"\xff\xd8\xff"])
def test_a_parser_can_open_nothing(content):
    program = f"""
import os, socket
from anju.platform.files import inspector
openings = [lambda: open("/etc/hostname"), socket.socket, os.pipe]
for each in openings:
    each()
inspector._shut({content})
for each in openings:
    try:
        each()
    except OSError:
        continue
    raise SystemExit(3)
"""
    assert subprocess.run([sys.executable, "-I", "-c", program], check=False).returncode == 0
