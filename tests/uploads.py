"""Papers made for tests: good ones, and ones that somebody made to hurt."""

import io
import itertools
import random
import struct
import zlib

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject


def pdf(change=None, *, pages=1) -> bytes:
    """A PDF of empty pages, after `change(writer)`."""
    writer = PdfWriter()
    for _each in range(pages):
        writer.add_blank_page(595, 842)
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_text(content: bytes) -> str:
    """The text of a PDF that the system made."""
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def large_pdf(size: int) -> bytes:
    """A PDF of exactly this many bytes, nearly all of them a stream that does not repeat itself."""

    def made(length: int) -> bytes:
        data = random.Random(5).randbytes(length)
        return one_object(b"<</Length %d>>stream\n%s\nendstream" % (length, data))

    return made(size - (len(made(size)) - size))


def picture(kind: str, size=(64, 48), **options) -> bytes:
    """A picture with some noise."""
    out = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def scan() -> bytes:
    """A PDF of one picture, as a scanner makes it."""
    out = io.BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(out, "PDF", title="合同")
    return out.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that decode to gigabytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9))
        + png_chunk(b"IEND", b"")
    )


def action(**entries: str):
    """Change for `pdf`: an action of this form in the catalogue's /OpenAction."""

    def change(writer):
        names = {"S"}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject({
            NameObject(f"/{key}"): NameObject(value) if key in names else TextStringObject(value)
            for key, value in entries.items()
        })  # fmt: skip

    return change


def xfa(writer) -> None:
    """Change for `pdf`: a dynamic form."""
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({
        NameObject("/XFA"): TextStringObject("<xdp/>"), NameObject("/Fields"): ArrayObject()
    })  # fmt: skip


def one_object(body: bytes, *, root: bytes = b"<</Type/Catalog/Pages 2 0 R>>") -> bytes:
    """A PDF written by hand, with one more object (number 4) that no page leads to."""
    out, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(
        (root, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", body), start=1
    ):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(out)
    return out + b"xref\n0 5\n0000000000 65535 f \n%strailer\n<</Root 1 0 R/Size 5>>\nstartxref\n%d\n%%%%EOF" % (
        table, start,
    )  # fmt: skip


def compact_pdf(body: bytes = b"null") -> bytes:
    """A PDF as word processors write it today: objects and their table in compressed streams; `body` is object 4."""
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", body,
    )  # fmt: skip
    offsets = [sum(len(each) + 1 for each in bodies[:n]) for n in range(4)]
    head = b" ".join(b"%d %d" % (n + 1, offset) for n, offset in enumerate(offsets)) + b" "
    packed = zlib.compress(head + b" ".join(bodies))
    out = b"%%PDF-1.7\n5 0 obj\n<</Type/ObjStm/N 4/First %d/Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n" % (
        len(head), len(packed), packed,
    )  # fmt: skip
    rows = [(0, 0, 65535), *((2, 5, n) for n in range(4)), (1, 9, 0), (1, len(out), 0)]
    raw = [struct.pack(">BIH", *row) for row in rows]
    lines = [
        raw[0],
        *(bytes((b - a) % 256 for a, b in zip(up, row, strict=True)) for up, row in itertools.pairwise(raw)),
    ]
    table = zlib.compress(b"".join(b"\x02" + line for line in lines))
    return out + b"6 0 obj\n<</Type/XRef/Size 7/Root 1 0 R/W[1 4 2]/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 7>>/Length %d>>stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % (
        len(table), table, len(out),
    )  # fmt: skip


def empty_file_store() -> None:
    """Remove all stored files of the worker's center, as nobody can who does not own the tables."""
    from django.db import connections

    tables = ("platform_filepart", "platform_storedfile")
    with connections["owner"].cursor() as cursor:
        for switch in ("DISABLE", "ENABLE"):
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} {switch} TRIGGER USER")
            if switch == "DISABLE":
                cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def nothing_sealed() -> None:
    """Empty every sealed column of the worker's center: for tests that bring keys of their own."""
    from django.apps import apps
    from django.db import connections

    from anju.platform.sealed_fields import sealed_fields

    empty_file_store()
    with connections["owner"].cursor() as cursor:
        for field in sealed_fields(apps.get_models()):
            table = field.model._meta.db_table
            if table != "platform_storedfile":
                cursor.execute(
                    f"UPDATE {table} SET {field.column} = NULL" if field.null else f"TRUNCATE {table} CASCADE"
                )
