"""An employer's list of 100 000 people: read, judged row by row and kept, ready for use. In a process of its own.

`main` is that process: it takes the file in and tells what it took, as JSON.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter

from bench.contributions import city
from bench.ledger import center
from bench.ledger.center import Books
from bench.report import Row

MEMBERS = 100_000
SECONDS, MEBIBYTES = 10, 512
_UNIT = "D000000001"
_DAY = date(2024, 5, 6)
#: Base and each side's part as `city` has them, in yuan.
_BASE, _PART = 5000, 400
_HEADINGS = {
    "remittance": ("个人账号", "姓名", "证件号码", "缴存基数", "单位月缴存额", "个人月缴存额"),
    "bases": ("个人账号", "姓名", "证件号码", "上年月平均工资"),
}
People = list[tuple[str, str, str]]


def rows() -> list[Row]:
    """The roster of a month and the yearly bases, each with its seconds and its peak of memory."""
    with center.fresh() as books, tempfile.TemporaryDirectory() as folder:
        people = settle(books)
        return [
            row for kind in _HEADINGS for row in _measured(kind, _written(Path(folder) / f"{kind}.xlsx", kind, people))
        ]


def settle(books: Books) -> People:
    """One unit with all the members: account number, name and identity number of each."""
    from django.db import connections

    from anju.contributions.sheets.persons import digest

    city.settle(books, MEMBERS)
    books.owner("UPDATE registry_member SET unit_id = (SELECT id FROM registry_unit WHERE number = %s)", _UNIT)
    books.owner("UPDATE registry_employment SET unit_id = (SELECT id FROM registry_unit WHERE number = %s)", _UNIT)
    books.owner(
        "INSERT INTO registry_unitterms (unit_id, first_month, unit_ratio, person_ratio, case_number)"
        " SELECT id, 202401, unit_ratio, person_ratio, '' FROM registry_unit"
    )
    numbers = [str(number) for (number,) in books.owner("SELECT number FROM registry_member ORDER BY number")]
    people = [(number, f"王{chr(0x4E00 + place % 5000)}", _identity(place)) for place, number in enumerate(numbers)]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE registry_member m SET name = p.name, identity_index = p.digest"
            " FROM unnest(%s::text[], %s::text[], %s::bytea[]) AS p (number, name, digest) WHERE m.number = p.number",
            [numbers, [name for _number, name, _identity in people], [digest(each) for *_rest, each in people]],
        )
    books.owner("VACUUM ANALYZE registry_member, registry_employment, registry_memberbase, registry_unitterms")
    return people


def take_in(file: Path, kind: str) -> dict[str, object]:
    """Upload and check; state, rows, seconds, and the most memory in MiB that this process ever had."""
    from anju.contributions.sheets.operations import check, upload
    from anju.kernel.periods import Month

    content = file.read_bytes()
    start = time.perf_counter()
    sheet = upload(
        unit_number=_UNIT, kind=kind, month=Month(2024, 5) if kind == "remittance" else None, content=content,
        actor="bench", at=datetime(2024, 5, 6, 1, tzinfo=UTC), business_date=_DAY,
    )  # fmt: skip
    sheet = check(sheet_id=sheet.pk)
    seconds = time.perf_counter() - start
    return {"state": sheet.state, "rows": sheet.rows, "seconds": seconds, "peak": _peak()}


def _measured(kind: str, file: Path) -> list[Row]:
    answer = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import main; main()", str(file), kind], stdout=subprocess.PIPE, check=True,
        timeout=300,
    )  # fmt: skip
    told = json.loads(answer.stdout.splitlines()[-1])
    assert (told["state"], told["rows"]) == ("ready", MEMBERS), told
    name = f"{kind} list of {MEMBERS:,} rows"
    return [
        Row(f"{name} / {SECONDS} s", told["seconds"], SECONDS, "seconds", 1, higher_is_better=False),
        Row(f"{name} / {MEBIBYTES} MiB", told["peak"], MEBIBYTES, "MiB", 1, higher_is_better=False),
    ]


def _written(path: Path, kind: str, people: People) -> Path:
    figures = (_BASE, _PART, _PART) if kind == "remittance" else (6543.21,)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, heading in enumerate(_HEADINGS[kind]):
            sheet.write_string(0, place, heading)
        for line, person in enumerate(people, 1):
            for place, text in enumerate(person):
                sheet.write_string(line, place, text)
            for place, figure in enumerate(figures, len(person)):
                sheet.write_number(line, place, figure)
    return path


def _identity(place: int) -> str:
    from anju.kernel.identity import identity_check_digit

    born = date(1965, 1, 1).toordinal() + random.Random(place).randrange(100) * 100 + place // 1000
    first = f"430602{date.fromordinal(born):%Y%m%d}{place % 1000:03d}"
    return first + identity_check_digit(first)


def _peak() -> float:
    """The kernel's high-water mark of this program alone; `getrusage` would count what was there before it began."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Be the process that is measured."""
    from anju.cli.django_setup import ensure

    ensure(migrate=False)
    print(json.dumps(take_in(Path(sys.argv[1]), sys.argv[2])))
