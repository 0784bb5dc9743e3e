"""A million cases in their tables, written set by set past the functions that would write them one by one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from bench.ledger.center import Books

CASES, OPEN, HARD_OPEN, PERSONS, OFFICES, CLIENTS = 1_000_000, 50_000, 300_000, 100_000, 11, 8
DAY, AT = date(2026, 5, 11), datetime(2026, 5, 11, 1, tzinfo=UTC)

_STEPS = """'{"handler": "teller", "reviews": ["reviewer"], "settlement": "immediate"}'"""
#: A twentieth of the cases is open: three of five wait for a teller, three of ten for a reviewer, the rest for booking.
_CASES = f"""
INSERT INTO cases_case (number, item, revision, channel, applicant_kind, applicant_reference, applicant_person_id,
    opened_by_id, opened_at, office_id, subject, amount, steps, state, version, level, waits_for, maker_id,
    submitted_date, due, due_provisional, escalated, closed_date, result)
SELECT 'Z' || lpad(n::text, 14, '0'), 'Z01', 1, 'member', 'member', 'M' || n %% 100000, %(person)s + n %% {PERSONS},
       %(user)s, timestamptz '2026-05-11' - make_interval(mins => ({CASES} - n) / 2),
       %(office)s + floor(sqrt(random()) * {OFFICES})::int, '提取 ' || n, n %% 1000000, {_STEPS},
       s.state, 4, CASE s.state WHEN 'review' THEN 1 ELSE 0 END, s.waits_for, %(person)s + n %% 50,
       date '2026-05-11' - n %% 9, date '2026-05-06' + (random() * 15)::int, false, 0, s.closed_date, '{{}}'
  FROM generate_series(1, {CASES}) AS n,
       LATERAL (SELECT CASE WHEN n %% {CASES // OPEN} > 0 THEN 9 ELSE n / {CASES // OPEN} %% 10 END) AS k (kind),
       LATERAL (SELECT CASE WHEN n %% {CASES // OPEN} > 0 THEN 'completed' WHEN kind < 6 THEN 'accepted'
                            WHEN kind < 9 THEN 'review' ELSE 'booking' END,
                       CASE WHEN n %% {CASES // OPEN} > 0 THEN '' WHEN kind < 6 THEN 'teller'
                            WHEN kind < 9 THEN 'reviewer' ELSE 'accountant' END,
                       CASE WHEN n %% {CASES // OPEN} > 0 THEN date '2026-05-10' END) AS s (state, waits_for, closed_date)
"""
_EVENTS = """
INSERT INTO cases_caseevent (case_id, version, verb, source, target, level, actor, happened_at, business_date, reason)
SELECT id, v.version, v.verb, v.source, v.target, 0, 'bench', opened_at, submitted_date, ''
  FROM cases_case, (VALUES (1, 'submit', 'draft', 'accepted'), (2, 'forward', 'accepted', 'review'))
       AS v (version, verb, source, target)"""
_CLOCK = """
INSERT INTO cases_clockevent (case_id, version, kind, day, term_days, term_count)
SELECT id, 1, 'start', submitted_date, 3, 'working' FROM cases_case"""
_REOPEN = f"""
UPDATE cases_case SET closed_date = NULL, waits_for = CASE WHEN id %% 10 < 6 THEN 'teller' ELSE 'reviewer' END,
       level = CASE WHEN id %% 10 < 6 THEN 0 ELSE 1 END, state = CASE WHEN id %% 10 < 6 THEN 'accepted' ELSE 'review' END
 WHERE number IN (SELECT 'Z' || lpad(n::text, 14, '0') FROM generate_series(1, {CASES}) n WHERE n %% 4 = 1)"""


@dataclass(frozen=True, slots=True)
class People:
    """Who reads and moves: ids of the smallest and the largest office, of the first person, and of accounts."""

    office: int
    large_office: int
    first_person: int
    members: list[int]
    tellers: list[int]
    reviewers: list[int]


def settle(books: Books) -> People:
    """Offices, persons and for each client of the moves a member, a teller and a reviewer."""
    from anju.platform.people.models import Kind, Role
    from anju.platform.people.operations import open_sign_in, register_person

    ((office,),) = books.owner(
        "INSERT INTO platform_office (code, name, place) SELECT 'bench' || n, 'bench' || n, n"
        f" FROM generate_series(1, {OFFICES}) n RETURNING id"
    )[:1]
    ((person,),) = books.owner(
        "INSERT INTO platform_person (number, name) SELECT 'B' || n, '甲' FROM generate_series(1, %s) n RETURNING id",
        PERSONS,
    )[:1]
    accounts = [
        [
            open_sign_in(
                username=f"bench-{name}-{number}", password=None, person=register_person(name="甲"), by="bench", at=AT,
                kind=Kind.MEMBER if role is None else Kind.STAFF, role=role,
            ).pk
            for number in range(CLIENTS)
        ]
        for name, role in (("member", None), ("teller", Role.TELLER), ("reviewer", Role.REVIEWER))
    ]  # fmt: skip
    assert isinstance(office, int)
    assert isinstance(person, int)
    return People(office, office + OFFICES - 1, person, *accounts)


def fill(books: Books) -> None:
    """The cases with their beginnings; foreign keys are right by construction and are not asked for a million times."""
    import psycopg
    from psycopg import sql

    from anju.platform.embedded import EmbeddedServer
    from bench.ledger.center import CENTER, HOME

    first = {
        "person": books.number("SELECT min(id) FROM platform_person WHERE number LIKE 'B%%'"),
        "office": books.number("SELECT min(id) FROM platform_office WHERE code LIKE 'bench%%'"),
        "user": books.number("SELECT id FROM platform_user WHERE username = 'bench-member-0'"),
    }
    database = books.owner_url.rsplit("/", 1)[-1].split("?")[0]
    with psycopg.connect(EmbeddedServer(HOME).url("superuser", database)) as admin:
        admin.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(CENTER)))
        admin.execute("SET session_replication_role = replica")
        admin.execute(_CASES, first)
        admin.execute(_EVENTS)
        admin.execute(_CLOCK)
    tidy(books)
    with psycopg.connect(EmbeddedServer(HOME).url("superuser", database), autocommit=True) as admin:
        admin.execute("CHECKPOINT")  # what the filling left to write is not the moves' to wait for


def reopen(books: Books) -> None:
    """A quarter of all cases is taken up again: three hundred thousand are open, most of them late."""
    books.owner(_REOPEN)
    assert books.number("SELECT count(*) FROM cases_case WHERE waits_for <> ''") >= HARD_OPEN
    tidy(books)


def tidy(books: Books) -> None:
    """What autovacuum would do in a quiet hour."""
    books.owner("VACUUM ANALYZE cases_case, cases_caseevent, cases_clockevent, cases_caseform, cases_review")
