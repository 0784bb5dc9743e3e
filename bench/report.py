"""A benchmark's row, its table and its JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `ratio` is ours / baseline; `goal` says what it should be, `ok` whether it is.

    `higher_is_better` tells rates from durations. A row without a target is printed for the reader and always ok;
    without a baseline the number itself has the goal: deadlocks ≤ 0.
    """

    name: str
    ours: float
    baseline: float | None
    unit: str
    target: float | None = None
    higher_is_better: bool = True

    @property
    def ratio(self) -> float:
        return self.ours if self.baseline is None else self.ours / self.baseline

    @property
    def goal(self) -> str:
        if self.target is None:
            return "none"
        return f"{'≥' if self.higher_is_better else '≤'} {self.target:g}"

    @property
    def ok(self) -> bool:
        if self.target is None:
            return True
        return self.ratio >= self.target if self.higher_is_better else self.ratio <= self.target

    def record(self) -> dict[str, object]:
        """The row as written to JSON."""
        facts = {name: value for name, value in asdict(self).items() if name in {"name", "ours", "baseline", "unit"}}
        return {**facts, "ratio": round(self.ratio, 4), "goal": self.goal, "ok": self.ok}


def publish(bench: str, rows: Sequence[Row]) -> bool:
    """Print the table, write bench/results/<bench>.json, and tell whether every goal was met."""
    records = [row.record() for row in rows]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{bench}.json").write_text(json.dumps(records, ensure_ascii=False, indent=1) + "\n")
    width = max(len(row.name) for row in rows)
    print(f"{bench:{width}}  {'ours':>12} {'baseline':>12}  {'unit':<12} {'ratio':>8}  goal")
    for row in rows:
        mark = "ok" if row.ok else "MISSED"
        baseline = "–" if row.baseline is None else f"{row.baseline:,.4g}"
        print(
            f"{row.name:{width}}  {row.ours:>12,.4g} {baseline:>12}  {row.unit:<12} {row.ratio:>8.3g}"
            f"  {row.goal} {mark}"
        )
    print()
    return all(row.ok for row in rows)
