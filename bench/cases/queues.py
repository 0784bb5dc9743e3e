"""What staff wait for most often: their queue, its next page, its length, a search. Python's share is in the figures."""

import random
import time
from collections.abc import Callable

from bench.cases.population import CASES, PERSONS, People
from bench.report import Row

SAMPLES, GOAL_MS = 200, 200


def measure(people: People, state: str) -> list[Row]:
    """The 95th percentile of each read in milliseconds."""
    from anju.cases import queries
    from anju.cases.actors import Actor

    teller = Actor("t", people.tellers[0], people.first_person, "staff", "teller", people.large_office)
    reviewer = Actor("r", people.reviewers[0], people.first_person + 1, "staff", "reviewer", people.large_office)
    director = Actor("d", people.reviewers[0], people.first_person + 2, "staff", "director", None)
    chance = random.Random(5)
    number = lambda: f"Z{chance.randint(1, CASES):014}"  # noqa: E731 - one of many small questions below
    questions: dict[str, Callable[[], object]] = {
        "queue of a teller of the largest office": lambda: queries.queue(actor=teller),
        "its next pages": _pages(teller),
        "queue of a reviewer": lambda: queries.queue(actor=reviewer),
        "the whole center's queue, the director's": lambda: queries.queue(actor=director, role="teller"),
        "its next pages, whole center": _pages(director),
        "length of a queue, whole center": lambda: queries.queue_length(actor=director, role="teller"),
        "search by number": lambda: queries.search(actor=director, number=number()),
        "search by account number": lambda: queries.search(actor=director, reference=f"M{chance.randrange(100_000)}"),
        "search by person": lambda: queries.search(
            actor=director, person=people.first_person + chance.randrange(PERSONS)
        ),
    }
    rows = [
        Row(f"{name}, p95 ({state})", _p95(ask), None, "ms", GOAL_MS, higher_is_better=False)
        for name, ask in questions.items()
    ]
    figures = _p95(lambda: list(queries.figures()))
    return [*rows, Row(f"figures for /metrics, p95 ({state})", figures, None, "ms", higher_is_better=False)]


def _pages(actor: "object") -> Callable[[], object]:
    """The next page each time, ever deeper into the queue, from the start again after some."""
    from anju.cases import queries

    after = None

    def turn() -> object:
        nonlocal after
        page = queries.queue(actor=actor, role="teller", after=after)  # type: ignore[arg-type]
        latest = page[-1].case if page else None
        after = (latest.due, latest.pk) if latest is not None and latest.due is not None else None
        return page

    return turn


def _p95(ask: Callable[[], object]) -> float:
    times = []
    for _sample in range(SAMPLES):
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
    return percentile(times, 95)


def percentile(values: list[float], share: int) -> float:
    """The value that so many of a hundred do not exceed."""
    return sorted(values)[min(len(values) * share // 100, len(values) - 1)]
