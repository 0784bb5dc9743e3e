"""Run by the test beside it: forks victims from a warm parent, kills them or their server at random points, reruns.

    python crash_drill.py client|backend KILLS SEED

A program is run and killed, again and again, each time a little further on, until it comes to its end; then its books
must be right to the fen. Prints what it did as JSON. Where a kill falls: after a random number of marks (a victim
marks the beginning and end of every operation and statement) plus up to two milliseconds.
"""

import contextlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from anju.cli.django_setup import ensure

ensure()

import psycopg  # noqa: E402 - Django must be ready
from crash_programs import CounterDay, Program, SettlementDay  # noqa: E402
from django.db import Error, connection, connections  # noqa: E402

FIRST_DAY = date(2024, 3, 1)
#: Marks between two kills of one program, at most.
SPREAD = 24
LONGEST_DELAY = 0.002
DONE, FAULTY, CUT_OFF = 0, 1, 3


@dataclass(frozen=True)
class Kill:
    """Whom to kill when: after so many marks and then so many seconds."""

    whom: str
    marks: int
    delay: float


@dataclass(frozen=True)
class Attempt:
    """How one run of a program ended: its marks, those written before the kill, and whether a kill cut it short."""

    marks: bytes
    marks_at_kill: bytes
    cut: bool

    @property
    def steps(self) -> int:
        return self.marks.count(b"]")


def victim(program: Program, marks: int) -> None:
    """In the child: run the program, telling its parent the server process and every mark."""

    def mark(sign: bytes) -> None:
        os.write(marks, sign)

    def around(execute: Callable, *arguments: object) -> object:
        mark(b"(")
        try:
            return execute(*arguments)
        finally:
            mark(b")")

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mark(cursor.fetchone()[0].to_bytes(4, "big"))
    with connection.execute_wrapper(around):
        for step in program.steps:
            mark(b"[")
            step.work()
            mark(b"]")


def fork(program: Program) -> tuple[int, int]:
    """Start a victim; returns its process id and the end of the pipe that its marks come out of."""
    connections.close_all()
    out, into = os.pipe()
    child = os.fork()
    if child:
        os.close(into)
        return child, out
    code = FAULTY
    try:
        victim(program, into)
        code = DONE
    except Error as error:
        lost = connection.connection is None or connection.connection.closed
        code = CUT_OFF if lost else FAULTY
        if not lost:
            traceback.print_exception(error)
    except BaseException:  # noqa: BLE001 - told by the exit code
        traceback.print_exc()
    finally:
        os._exit(code)


def attempt(program: Program, kill: Kill) -> Attempt:
    """Run a program once, and kill on the way."""
    child, out = fork(program)
    read, struck = b"", None
    while chunk := os.read(out, 4096):
        read += chunk
        if struck is None and len(read) - 4 >= kill.marks:
            time.sleep(kill.delay)
            read += written(out)
            struck = read[4:]
            strike(child if kill.whom == "client" else int.from_bytes(read[:4], "big"))
    os.close(out)
    _pid, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {DONE, CUT_OFF, -signal.SIGKILL}, f"the victim ended with {code}"
    assert code == DONE or struck is not None, "cut short though nothing was killed"
    if kill.whom == "backend" and struck is not None:
        wait_for_server(int.from_bytes(read[:4], "big"))
    return Attempt(read[4:], struck or b"", cut=code != DONE)


def written(pipe: int) -> bytes:
    """What stands in the pipe now."""
    os.set_blocking(pipe, False)
    try:
        return os.read(pipe, 4096)
    except BlockingIOError:
        return b""
    finally:
        os.set_blocking(pipe, True)


def strike(pid: int) -> None:
    """kill -9; a process that has ended by itself is left in peace."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for_server(killed: int) -> None:
    """Until the server has noticed that its process is gone, has restarted all others, and lets clients in again."""
    address = {name: value for name, value in connection.get_connection_params().items() if isinstance(value, str)}
    for _ in range(1500):
        try:
            os.kill(killed, 0)  # the server reaps a dead process in the same moment as it stops all others
        except ProcessLookupError:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(**address).close()
                return
        time.sleep(0.01)
    raise AssertionError("the server did not come back")


def torment(program: Program, whom: str, chance: random.Random, tally: Counter[str]) -> None:
    """Run and kill a program until it comes through, and look at the books after each kill."""
    reached, done, finished = 0, 0, False
    while not finished:
        kill = Kill(whom, reached + chance.randint(1, SPREAD), chance.uniform(0, LONGEST_DELAY))
        tried = attempt(program, kill)
        finished = not tried.cut
        done = max(done, tried.steps)
        program.check(done, finished=finished)
        if tried.cut:
            reached = max(reached, len(tried.marks_at_kill))
            at = tried.marks_at_kill
            tally["kills"] += 1
            tally["in an operation"] += at.count(b"[") > at.count(b"]")
            tally["in a statement"] += at.count(b"(") > at.count(b")")
        tally["runs"] += 1
    tally["programs"] += 1


def verify() -> None:
    """Everything that the ledger states twice agrees, over all that the drill left."""
    questions = {
        "journals": "ledger_verify_journals(1, 2::bigint ^ 62)",
        "entries": "ledger_verify_entries(1, 2::bigint ^ 62)",
        "accounts": "ledger_verify_accounts(-(2::bigint ^ 62), 2::bigint ^ 62, 0, 1)",
        "periods": "ledger_verify_periods()",
        "journals that do not add up": "(SELECT journal_id FROM ledger_entry GROUP BY 1 HAVING sum(amount) <> 0) AS j",
    }
    with connection.cursor() as cursor:
        for name, source in questions.items():
            cursor.execute(f"SELECT * FROM {source} LIMIT 5".replace("2::bigint ^ 62", str(2**62)))
            found = cursor.fetchall()
            assert not found, (name, found)


def next_day() -> date:
    """The day after all that were opened."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(day) + 1 FROM ledger_day")
        return cursor.fetchone()[0] or FIRST_DAY


def new_subject() -> str:
    """A subject of its own below 201, so that a yearly settlement concerns nobody else."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_subject (code, name, parent_id, side, class, source)"
            " SELECT '201' || lpad((count(*) + 1)::text, 2, '0'), '点检', '201', -1, 'liability', 'drill'"
            " FROM ledger_subject WHERE parent_id = '201' RETURNING code"
        )
        return cursor.fetchone()[0]


def main(whom: str, kills: int, seed: int) -> None:
    chance, tally = random.Random(seed), Counter[str]()
    while tally["kills"] < kills:
        number = tally["programs"]
        if number % 2:
            program: Program = SettlementDay(
                f"{whom}{seed}.{number}:{new_subject()}", next_day(), chance.getrandbits(32)
            )
        else:
            program = CounterDay(f"{whom}{seed}.{number}", next_day(), chance.getrandbits(32))
        try:
            torment(program, whom, chance, tally)
        except BaseException:
            print(f"seed {seed}, program {program.name} with seed {program.seed}, {dict(tally)}", file=sys.stderr)
            raise
    verify()
    print(json.dumps(tally))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
