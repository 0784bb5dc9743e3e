"""`vector` hands out a worked example whose expected figures count how often they are looked at: a figure that a test
does not compare fails that test. Words (titles, labels, sources) are exempt.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

VECTORS = Path(__file__).parent / "vectors"
WORDS = {"label", "note", "source", "tier", "account", "day_count"}


class Facts(dict):
    """A JSON object that remembers which of its keys were looked at; nested ones too."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.seen = set()

    def __getitem__(self, key):
        self.seen.add(key)
        return super().__getitem__(key)

    def unseen(self, path="") -> Iterator[str]:
        for key, value in self.items():
            here = f"{path}.{key}"
            for nested in value if isinstance(value, list) else [value]:
                if isinstance(nested, Facts):
                    yield from nested.unseen(here)
            if key not in self.seen and key not in WORDS:
                yield here


@pytest.fixture
def vector():
    """Read worked examples; afterwards every expected figure of them must have been looked at."""
    given = []

    def read(name):
        given.append(json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"), object_pairs_hook=Facts))
        return given[-1].get("inputs"), given[-1]["expected"]

    yield read
    assert [path for facts in given for path in facts["expected"].unseen()] == []
