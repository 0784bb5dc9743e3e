"""`python -m bench.policy.whatif`: the what-if of ten rules over a million members, in a process of its own.

Prints seconds (the members are made on the way, chunk by chunk, and that is counted) and the peak memory of the process.
"""

import json
import resource
import time
from pathlib import Path

from anju.kernel.periods import Month
from anju.policy import packs
from anju.policy.overlay import apply, read_overlay
from anju.policy.population import office_names
from anju.policy.rules import find_rule
from anju.policy.simulation import simulate
from anju.policy.synthetic import SyntheticPopulation
from bench.policy.members import MEMBERS, RULES


def main() -> None:
    """Run it once and say what it took."""
    book = packs.book("demo")
    rules = [find_rule(name) for name in RULES]
    package = read_overlay(Path(__file__).parent / "package.yaml", book)
    after = apply(book, package)
    population = SyntheticPopulation(MEMBERS, office_names(book.districts))
    start = time.perf_counter()
    outcomes = simulate(
        rules=rules, baseline=book, package=after, population=population, start=Month(2027, 9), months=12
    )
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    touched = {outcome.rule.name: outcome.touched for outcome in outcomes}
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "touched": touched, "rows": outcomes[0].rows}))


if __name__ == "__main__":
    main()
