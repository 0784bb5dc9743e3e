"""What the law asks of a unit by a day (条例 Art. 14): to register, to open its staff's accounts, to tell of changes."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from anju.registry.models import Employment, Unit, UnitState
from anju.registry.rules import accounts_deadline, registration_deadline


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty with its last day; `done` is the day on which it was met, None while it is not."""

    code: str
    due: date
    done: date | None

    def late(self, on: date) -> bool:
        """Whether it was met too late, or is not met and its day is past."""
        return (self.done or on) > self.due


def duties(unit: Unit, on: date) -> list[Duty]:
    """The duties of a unit that have a day: registration where it told when it was established, and first accounts."""
    found = []
    if unit.established_date is not None:
        due = registration_deadline(unit.established_date, on)
        found.append(Duty("registration", due, unit.opened_date))
    if unit.state != UnitState.CLOSED:
        first = Employment.objects.filter(unit=unit).aggregate(day=Min("member__opened_date"))["day"]
        # Who came with an account of their own was never opened one: having them meets the duty from the first day.
        done = None if first is None else max(first, unit.opened_date)
        found.append(Duty("accounts", accounts_deadline(unit.opened_date, on), done))
    return found
