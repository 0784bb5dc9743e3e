"""The policy engine beside its limits and beside OpenFisca-core, on the same members and rules.

Sides are measured in turn, round by round; the figures are medians. OpenFisca starts from columns in its own types and
sets them, we from ours; both give the results of four rules for every member. Every row is compared: ours with a second,
plain computation (none may differ), OpenFisca's with ours, for information, since it computes in 32-bit floats.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from anju.policy.decision import Case, decide
from anju.policy.explanation import explain
from anju.policy.rules import find_rule
from bench.policy import check, members, openfisca
from bench.policy.members import COMPARED, MEMBERS, ON, RULES, Members
from bench.report import Row

_ROUNDS = 5
_SAMPLE, _DECISIONS = 2_000, 500


def run() -> list[Row]:
    """All comparisons."""
    rows = _whatif()
    people = members.make()
    rows += _compare(people)
    rows.append(_explained(people))
    return rows


def _whatif() -> list[Row]:
    runs = [_child() for _round in range(_ROUNDS)]
    for facts in runs:
        assert facts["rows"] == MEMBERS
        assert all(facts["touched"][name] for name in RULES), facts["touched"]
    name = f"what-if, {len(RULES)} rules × {MEMBERS:,} members"
    return [
        Row(f"{name}: time / limit", _median([facts["seconds"] for facts in runs]), 2, "seconds", 1, False),
        Row(f"{name}: peak memory / limit", max(facts["peak_mb"] for facts in runs), 1024, "MB", 1, False),
    ]


def _child() -> dict[str, Any]:
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run([sys.executable, "-m", "bench.policy.whatif"], cwd=root, capture_output=True, check=True)
    return dict(json.loads(ran.stdout))


def _compare(people: Members) -> list[Row]:
    system, arrays = openfisca.system(people), openfisca.inputs_of(people)
    ours: list[float] = []
    theirs: dict[bool, list[float]] = {False: [], True: []}
    for _round in range(_ROUNDS):
        for tuned, times in theirs.items():
            # Ours before each of theirs: it is over so soon that one reading a round would be a matter of luck.
            start = time.perf_counter()
            results = people.results()
            ours.append(time.perf_counter() - start)
            openfisca.tuned = tuned
            start = time.perf_counter()
            simulation = openfisca.simulation(system, arrays, MEMBERS)
            answers = {name: simulation.calculate(name.replace("-", "_"), openfisca.PERIOD) for name in COMPARED}
            times.append(time.perf_counter() - start)
    plain = check.plainly(people)
    wrong = sum(int(np.abs(results[name] - plain[name]).sum()) for name in COMPARED)
    differing = {name: np.rint(answers[name].astype(float) * 100) != results[name] for name in COMPARED}
    what = f"{len(COMPARED)} rules × {MEMBERS:,} members"
    return [
        Row(f"{what}: OpenFisca-core / ours", _median(theirs[False]), _median(ours), "seconds", 20),
        Row("  the same, its parameters by NumPy tables / ours", _median(theirs[True]), _median(ours), "seconds"),
        Row(f"{what}: fen wrong, against plain arithmetic", wrong, None, "fen", 0, False),
        Row(
            f"{len(COMPARED)} rules × {_SAMPLE:,} members: columns unlike single decisions",
            check.one_by_one(people, results, _SAMPLE), None, "rows", 0, False,
        ),
        Row("rows of OpenFisca-core unlike ours, of 4,000,000", sum(int(np.count_nonzero(one)) for one in differing.values()), None, "rows"),
    ]  # fmt: skip


def _explained(people: Members) -> Row:
    rule, times = find_rule("loan-ceiling"), []
    for place in range(_DECISIONS):
        inputs = {name: int(people.columns[name][place]) for name in rule.inputs if name in people.columns}
        start = time.perf_counter()
        explain(decide(rule, people.book, Case(on=ON, inputs=inputs)))
        times.append(time.perf_counter() - start)
    return Row("one explained decision (loan-ceiling) / limit", _median(times) * 1000, 1, "ms", 1, False)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
