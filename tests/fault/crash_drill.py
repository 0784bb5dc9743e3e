"""Run by the test beside it: forks victims from a warm parent, kills them or their server at random points, reruns.

    python crash_drill.py client|backend single|batch|cases KILLS SEED

A program is run and killed, again and again, each time a little further on, until it comes to its end; then its books
must be right to the fen. Prints what it did as JSON. Where a kill falls: after a random number of marks (a victim
marks the beginning and end of every operation and statement) plus up to two milliseconds.
"""

import contextlib
import json
import os
import random
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from anju.cli.django_setup import ensure

ensure()

import psycopg  # noqa: E402 - Django must be ready
from crash_batches import BatchDay  # noqa: E402
from crash_cases import CaseDay  # noqa: E402
from crash_programs import CounterDay, Program, SettlementDay  # noqa: E402
from django.db import Error, InterfaceError, connection, connections, transaction  # noqa: E402

FIRST_DAY = date(2024, 3, 1)
LONGEST_DELAY = 0.002
DONE, FAULTY, CUT_OFF = 0, 1, 3


@dataclass
class Victim:
    """A process that runs a program: the marks it has written, when it is to be killed, and how it ended."""

    pid: int
    pipe: int
    kill_after: int
    delay: float
    marks: bytes = b""
    backend: int = 0
    marks_at_kill: bytes | None = None
    code: int | None = None


def victim(program: Program | CaseDay, marks: int) -> None:
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


def fork(program: Program | CaseDay, kill_after: int, delay: float) -> Victim:
    """Start a victim."""
    connections.close_all()
    out, into = os.pipe()
    child = os.fork()
    if child:
        os.close(into)
        return Victim(child, out, kill_after, delay)
    code = FAULTY
    try:
        victim(program, into)
        code = DONE
    except (Error, psycopg.Error) as error:
        code = CUT_OFF if server_gone(error) else FAULTY
        if code == FAULTY:
            traceback.print_exception(error)
    except BaseException:  # noqa: BLE001 - told by the exit code
        traceback.print_exc()
    finally:
        os._exit(code)


def server_gone(error: Error | psycopg.Error) -> bool:
    """The driver lost its connection (no SQLSTATE), or the server says that it ends or is not there yet (57P0x).

    A COPY raises the driver's own errors, everything else Django's with the driver's as their cause.
    """
    state = getattr(error if isinstance(error, psycopg.Error) else error.__cause__, "sqlstate", "?")
    return isinstance(error, InterfaceError) or state is None or state.startswith("57P0")


def attempt(victims: Sequence[Victim], whom: str) -> None:
    """Watch the victims to their end, killing each when its time has come."""
    watched = {one.pipe: one for one in victims}
    while watched:
        for pipe in select.select(list(watched), [], [])[0]:
            one, more = watched[pipe], os.read(pipe, 4096)
            if more:
                take(one, more)
                if one.marks_at_kill is None and len(one.marks) >= one.kill_after:
                    time.sleep(one.delay)
                    take(one, written(pipe))
                    one.marks_at_kill = one.marks
                    strike(one.pid if whom == "client" else one.backend)
            else:
                os.close(pipe)
                one.code = os.waitstatus_to_exitcode(os.waitpid(one.pid, 0)[1])
                del watched[pipe]
    struck = [one for one in victims if one.marks_at_kill is not None]
    assert {one.code for one in victims} <= {DONE, CUT_OFF, -signal.SIGKILL}, "a victim failed"
    assert struck or all(one.code == DONE for one in victims), "cut short though nothing was killed"
    if whom == "backend":
        for one in struck:
            wait_for_server(one.backend)


def take(one: Victim, more: bytes) -> None:
    """The first four bytes tell the server process, all others are marks."""
    if not one.backend and more:
        one.backend, more = int.from_bytes(more[:4], "big"), more[4:]
    one.marks += more


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


@contextlib.contextmanager
def one_moment() -> Iterator[None]:
    """All questions inside see the books of one instant: a killed client's last COMMIT may still be on its way."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def torment(program: Program | CaseDay, whom: str, chance: random.Random, tally: Counter[str]) -> None:
    """Run and kill a program until it comes through, and look at the books after each kill."""
    reached, done, finished = 0, 0, False
    while not finished:
        victims = [
            fork(program, program.kill_after(reached), chance.uniform(0, LONGEST_DELAY)) for _ in range(program.workers)
        ]
        attempt(victims, whom)
        finished = any(one.code == DONE for one in victims)
        done = max(done, *(one.marks.count(b"]") for one in victims))
        with one_moment():
            program.check(done, finished=finished)
        for one in victims:
            at = one.marks_at_kill
            if at is not None and one.code != DONE:
                reached = max(reached, len(at))
                tally["kills"] += 1
                tally["in an operation"] += at.count(b"[") > at.count(b"]")
                tally["in a statement"] += at.count(b"(") > at.count(b")")
        tally["runs"] += len(victims)
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
    """A subject of its own two levels below 201, so that a yearly settlement concerns nobody else."""
    insert = (
        "INSERT INTO ledger_subject (code, name, parent_id, side, class, source)"
        " VALUES (%s, '点检', %s, -1, 'liability', 'drill') ON CONFLICT DO NOTHING"
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_subject WHERE length(code) = 7 AND source = 'drill'")
        group, place = divmod(cursor.fetchone()[0], 100)
        parent = f"201{group:02d}"
        cursor.execute(insert, [parent, "201"])
        cursor.execute(insert, [f"{parent}{place:02d}", parent])
        assert cursor.rowcount == 1
    return f"{parent}{place:02d}"


def next_program(whom: str, what: str, seed: int, number: int, chance: random.Random) -> Program | CaseDay:
    """A program with name, day and, where interest is settled, a subject of its own."""
    name, day, own_seed = f"{whom}-{what}-{seed}.{number}", next_day(), chance.getrandbits(32)
    if what == "cases":
        return CaseDay(name, own_seed)
    if what == "batch":
        return BatchDay(f"{name}:{new_subject()}", day, own_seed)
    if number % 2:
        return SettlementDay(f"{name}:{new_subject()}", day, own_seed)
    return CounterDay(name, day, own_seed)


def main(whom: str, what: str, kills: int, seed: int) -> None:
    chance, tally = random.Random(seed), Counter[str]()
    while tally["kills"] < kills:
        program = next_program(whom, what, seed, tally["programs"], chance)
        try:
            torment(program, whom, chance, tally)
        except BaseException:
            print(f"seed {seed}, program {program.name} with seed {program.seed}, {dict(tally)}", file=sys.stderr)
            raise
    verify()
    print(json.dumps(tally))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
