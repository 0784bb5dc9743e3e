"""What stands against an account's leaving: asked of rooms on the same floor, which register what they know.

An unsettled loan, a guarantee for somebody else, a ban after fraud: contributions know none of them by themselves.
"""

from collections.abc import Callable, Sequence
from datetime import date

from anju.registry.models import Member

#: Sentences that say what stands in the way and what to do; none when nothing does.
Obstacle = Callable[[Member, date], Sequence[str]]
_obstacles: list[Obstacle] = []


def register_obstacle(obstacle: Obstacle) -> None:
    """Ask `obstacle` before an account is moved to another city or closed."""
    if obstacle not in _obstacles:
        _obstacles.append(obstacle)


def obstacles_of(member: Member, on: date) -> list[str]:
    """What the other rooms say against a member's leaving on a day."""
    return [sentence for obstacle in _obstacles for sentence in obstacle(member, on)]
