"""The statutory chart of accounts, read from `chart.yaml` and laid into the database by a migration."""

from dataclasses import dataclass
from pathlib import Path

import yaml

#: Classes whose normal side is debit.
_DEBIT_CLASSES = {"asset", "expense"}


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One subject: three digits, or two more for each level below."""

    code: str
    name: str
    subject_class: str
    source: str

    @property
    def parent(self) -> str | None:
        return self.code[:-2] if len(self.code) > 3 else None

    @property
    def side(self) -> int:
        """+1 when debit increases the subject, -1 when credit does."""
        return 1 if self.subject_class in _DEBIT_CLASSES else -1


def statutory_chart() -> list[ChartLine]:
    """All subjects, parents before children."""
    data = yaml.safe_load((Path(__file__).parent / "chart.yaml").read_text(encoding="utf-8"))
    sources = {True: data["source"], False: data["sub_account_source"]}
    return [
        ChartLine(row["code"], row["name"], row["class"], sources[len(row["code"]) == 3]) for row in data["subjects"]
    ]
