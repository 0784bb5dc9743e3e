"""Ties printed words to the quantities of the field, as data in vocabulary.yaml."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from anju.kernel.text import squeeze

#: Longer texts before a number are no name of a quantity.
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: its key, the Chinese label for messages, and rival names that should not be mixed."""

    key: str
    label: str
    words: re.Pattern[str]
    dimensions: tuple[str, ...]
    names: tuple[str, ...]

    def name_in(self, text: str) -> str:
        """Which of the rival names `text` uses, or an empty text."""
        return next((name for name in self.names if name in text), "")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the field."""

    quantities: tuple[Quantity, ...]
    neutral: re.Pattern[str]
    trailing: re.Pattern[str]
    exhaustive_parts: tuple[str, ...]
    top_level_rows: tuple[str, ...]
    open_parents: tuple[str, ...]

    def quantity(self, name: str) -> Quantity | None:
        """The quantity that `name` names and nothing else ("全年归集资金" yes, "市直管理部归集资金" no)."""
        text = squeeze(name)
        if len(text) > _LONGEST_NAME:
            return None
        text = self.trim(text)
        best: tuple[int, Quantity] | None = None
        for quantity in self.quantities:
            match = quantity.words.search(text)
            if match and self.neutral.fullmatch(text[: match.start()]) and (best is None or match.start() < best[0]):
                best = (match.start(), quantity)
        return best[1] if best else None

    def trim(self, name: str) -> str:
        """A name without the verbs and particles that lead to its number."""
        text = squeeze(name)
        while match := self.trailing.search(text):
            text = text[: match.start()]
        return text

    def label(self, key: str) -> str:
        """The Chinese label of a quantity's key."""
        return next((quantity.label for quantity in self.quantities if quantity.key == key), key)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of vocabulary.yaml."""
    data = yaml.safe_load((Path(__file__).parent / "vocabulary.yaml").read_text(encoding="utf-8"))
    neutral = "".join(data["neutral"].split())
    return Vocabulary(
        quantities=tuple(
            Quantity(
                key=key,
                label=entry["label"],
                words=re.compile(f"(?:{entry['words']})$"),
                dimensions=tuple(entry["dimensions"]),
                names=tuple(entry.get("names", ())),
            )
            for key, entry in data["quantities"].items()
        ),
        neutral=re.compile(f"{neutral}*+"),  # possessive: a hostile text cannot make it backtrack
        trailing=re.compile(f"{data['trailing']}$"),
        exhaustive_parts=tuple(data["exhaustive_parts"]),
        top_level_rows=tuple(data["top_level_rows"]),
        open_parents=tuple(data["open_parents"]),
    )
