"""Time limits of the law, effective-dated, as data in law.yaml."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from anju.kernel.periods import Period


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit in days, in force for a period, with its article."""

    days: int
    in_force: Period
    article: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """One kind of decision and the limits that applied to it over the years."""

    topic: str
    label: str
    matches: re.Pattern[str]
    limits: tuple[Limit, ...]

    def during(self, period: Period) -> tuple[Limit, ...]:
        """The limits in force on some day of `period`."""
        return tuple(limit for limit in self.limits if limit.in_force.overlaps(period))


@cache
def deadlines() -> tuple[Deadline, ...]:
    """All deadlines of law.yaml."""
    entries = yaml.safe_load((Path(__file__).parent / "law.yaml").read_text(encoding="utf-8"))
    return tuple(
        Deadline(
            topic=entry["topic"],
            label=entry["label"],
            matches=re.compile(entry["matches"]),
            limits=tuple(
                Limit(limit["days"], Period(limit["from"], limit["until"]), limit["article"])
                for limit in entry["limits"]
            ),
        )
        for entry in entries
    )
