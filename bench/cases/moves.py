"""Moves of cases by eight client processes: submit, forward, approve with its effect; beside the bare rows and TPC-B.

A transition is timed at the client, whole: Python, every statement, and the commit that waits for the disk; "in the
database" is the statements and the commit alone. Its time is taken while each client moves a case every tenth of a
second (a center's busiest hour many times over), its rate while they wait for nothing: then eight clients share two
cores, and the time says how long they queue for them.
"""

import multiprocessing
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.cases.population import AT, CLIENTS, DAY, People
from bench.cases.queues import percentile
from bench.ledger.center import Books, median
from bench.ledger.single import _load, _pgbench, _tps
from bench.report import Row

ROUNDS, SECONDS, PACE, GOAL_MS = 3, 4, 0.1, 20
Times = dict[str, list[float]]

_BARE_CASE = """
INSERT INTO cases_case (number, item, revision, channel, applicant_kind, applicant_reference, opened_by_id, opened_at,
    subject, amount, steps, state, version, level, waits_for, due_provisional, escalated, result)
VALUES (%s, 'Z01', 1, 'member', 'member', '', %s, now(), '', 0, '{}', 'draft', 0, 0, '', false, 0, '{}') RETURNING id"""
_BARE_MOVE = """
WITH moved AS (
    UPDATE cases_case SET state = %(state)s, version = version + 1, waits_for = %(waits)s, due = %(day)s,
           closed_date = %(closed)s, level = 1, maker_id = %(maker)s WHERE id = %(id)s
    RETURNING id, version, number
), event AS (
    INSERT INTO cases_caseevent (case_id, version, verb, source, target, level, actor, happened_at, business_date, reason)
    SELECT id, version, 'submit', 'draft', 'accepted', 0, 'bench', now(), %(day)s, '' FROM moved
), audit AS (
    SELECT platform_audit_record(now(), %(day)s, 'bench', 'case.move', 'case', number, '{}') FROM moved
), sent AS (
    INSERT INTO platform_outboxevent (topic, key, payload, created_at, attempts)
    SELECT 'bench', number || '/' || version, '{}', now(), 0 FROM moved
) SELECT * FROM audit"""


def compare(books: Books, people: People) -> list[Row]:
    """Times of a transition and its rate, beside what the same rows cost by hand."""
    _pgbench(["-i", "-q", "-s", "20"], books.owner_url)
    paced: Times = {"total": [], "server": []}
    rates: Times = {"ours": [], "bare": [], "tpcb": []}
    for number in range(ROUNDS):
        rates["tpcb"].append(_tps(_pgbench(_load(), books.owner_url)))
        rates["bare"].append(len(_together(_bare_until, books, people, number)["total"]) / SECONDS)
        rates["ours"].append(len(_together(_move_until, books, people, number)["total"]) / SECONDS)
        for name, values in _together(partial(_move_until, pace=PACE), books, people, number).items():
            paced[name] += values
    rate, bare, tpcb = (median(rates[name]) for name in ("ours", "bare", "tpcb"))
    pace = f"{CLIENTS} clients, each {1 / PACE:.0f} a second"
    times = [
        Row(f"{what}, p{share}", percentile(paced[name], share), None, "ms", GOAL_MS, higher_is_better=False)
        for name, what in (("total", f"a transition, {pace}"), ("server", "of it in the database, commit included"))
        for share in (50, 95)
    ]
    return [
        *times,
        Row(f"transitions, {CLIENTS} clients / the same rows by bare SQL", rate, bare, "per second"),
        Row(f"transitions, {CLIENTS} clients / pgbench TPC-B", rate, tpcb, "per second"),
    ]


def _together(work: Callable[..., None], books: Books, people: People, turn: int) -> Times:
    from django.db import connections

    connections.close_all()  # forked processes open their own
    context = multiprocessing.get_context("fork")
    done = context.SimpleQueue()
    gate = context.Barrier(CLIENTS)
    clients = [
        context.Process(target=work, args=(books, people, gate, done, (turn, number))) for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    merged: Times = {}
    for _client in clients:
        for name, times in done.get().items():
            merged.setdefault(name, []).extend(times)
    for client in clients:
        client.join()
    return merged


class _Watch:
    """Times of transitions: whole, and what the database took of each."""

    def __init__(self) -> None:
        self.times: Times = {"total": [], "server": []}
        self.waited = 0.0

    def around(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """A wrapper of Django's for every statement."""
        start = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.waited += time.perf_counter() - start

    def time(self, move: Callable[[], Any]) -> Any:
        """Do a move and note its times."""
        self.waited, start = 0.0, time.perf_counter()
        result = move()
        self.times["total"].append((time.perf_counter() - start) * 1000)
        self.times["server"].append(self.waited * 1000)
        return result


def _move_until(_books: Books, people: People, gate: Any, done: Any, client: tuple[int, int], pace: float = 0) -> None:
    from django.db import connection

    from anju.cases import catalogue
    from anju.cases.actors import Actor
    from anju.cases.states import Verb
    from anju.cases.transition import transition
    from anju.platform.people.models import User
    from bench.cases.item import Plain

    catalogue.register(Plain())
    member, teller, reviewer = (
        Actor.of(User.objects.get(pk=pk))
        for pk in (accounts[client[1]] for accounts in (people.members, people.tellers, people.reviewers))
    )
    steps = ((Verb.SUBMIT, member), (Verb.FORWARD, teller), (Verb.APPROVE, reviewer))
    connection._commit = _timed(connection._commit, watch := _Watch())  # type: ignore[attr-defined]  # noqa: SLF001 - no hook for it

    chance = random.Random(client[1])

    def one_case() -> None:
        case = _draft(member)
        for verb, actor in steps:
            move = partial(transition, number=case.number, verb=verb, expected_version=case.version, actor=actor)
            time.sleep(chance.uniform(0, 2 * pace))
            case = watch.time(partial(move, at=AT, business_date=DAY))

    with connection.execute_wrapper(watch.around):
        one_case()  # the first builds the calendar and reads the policy book: once a process
        watch.times = {name: [] for name in watch.times}
        gate.wait()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            one_case()
    done.put(watch.times)


def _timed(commit: Callable[[], Any], watch: _Watch) -> Callable[[], Any]:
    return lambda: watch.around(commit)


def _draft(member: Any) -> Any:
    from anju.cases import operations
    from anju.cases.declarations import ApplicantKind, Channel

    case = operations.open_draft(
        item="Z01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=member, at=AT,
        business_date=DAY, applicant_person=member.person,
    )  # fmt: skip
    operations.save_draft(number=case.number, typed={"title": ["买印章"], "amount": ["12"]}, actor=member, at=AT)
    return case


def _bare_until(books: Books, people: People, gate: Any, done: Any, client: tuple[int, int]) -> None:
    """The rows of the same moves written by one statement and one commit each, as the owner, with nothing looked at."""
    import psycopg

    from bench.ledger.center import CENTER

    watch, made = _Watch(), 0
    moves = (("accepted", "teller", None), ("review", "reviewer", None), ("completed", "", DAY))
    with psycopg.connect(books.owner_url, autocommit=True, options=f"-c search_path={CENTER}") as server:
        gate.wait()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            made += 1
            row = server.execute(
                _BARE_CASE, [f"Y{client[0]}{client[1]}{made:09}", people.members[client[1]]]
            ).fetchone()
            assert row is not None
            for state, waits, closed in moves:
                facts = {
                    "id": row[0], "state": state, "waits": waits, "closed": closed, "day": DAY,
                    "maker": people.first_person + client[1],
                }  # fmt: skip
                watch.time(lambda facts=facts: server.execute(_BARE_MOVE, facts).fetchall())
    done.put(watch.times)
