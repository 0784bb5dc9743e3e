"""Finds the figures in the body: number, the words that name it, and the year it belongs to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from anju.evaluation.audit.document import Paragraph, Place
from anju.evaluation.audit.numbers import Number, find_numbers

_SENTENCE = re.compile(r"[^。！？；;\n]{1,2000}")
_DELIMITER = re.compile(r"[，,、：:“”\"]")
_SIDE_NOTE = re.compile(r"[（(][^（()）\d]{0,60}[）)]")
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.．、]|[（(]\d{1,2}[）)])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年)")
_BEFORE = re.compile(r"上年|去年|上一年|同期|上年末")
_FROM = re.compile(r"(?:从|由)[^，,]{0,12}$")
_CHANGED_TO = re.compile(
    r"^(?:压|下|上|提|逐步|大幅)?(?:降|升|增|减|高|提高|提升|下降|上升|增长|减少|压降)?(?:低|加|少|长)?(?:至|到|为)$"
)
_FORWARD = re.compile(r"计划|目标|力争|预计|预期|下一?年|明年|任务|拟")
_PARTLY = re.compile(r"上半年|下半年|季度|月均|日均|人均|户均|累计|历年|新增|净增|增加|减少|同比|环比|较上?年|比上年")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a sentence. `name` are the words right before it, `lead` the sentence up to it."""

    name: str
    lead: str
    number: Number
    year: int
    place: Place
    former: bool = False

    @property
    def is_plain(self) -> bool:
        """True for an amount of the whole year as it came out: no plan, no part of a year, no change, no guess."""
        clause = re.split("[，,]", self.lead)[-1]
        guess = self.number.rough or clause.endswith(("约", "近", "超", "超过", "逾"))
        return not (self.former or guess or _FORWARD.search(clause) or _PARTLY.search(clause))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph with its figures in order; their numbers' places count in `text`."""

    text: str
    place: Place
    figures: tuple[Figure, ...]


def sentences(paragraph: Paragraph, *, year: int) -> Iterator[Sentence]:
    """The sentences of a paragraph; figures without a year of their own belong to `year`."""
    text = _LIST_MARK.sub(lambda mark: " " * len(mark.group()), paragraph.text)
    for match in _SENTENCE.finditer(text):
        sentence = _SIDE_NOTE.sub(lambda note: " " * len(note.group()), match.group())
        yield Sentence(match.group(), paragraph.place, tuple(_figures(sentence, paragraph.place, year)))


def _figures(sentence: str, place: Place, year: int) -> Iterator[Figure]:
    numbers = find_numbers(sentence)
    previous: Figure | None = None
    for index, number in enumerate(numbers):
        begin = numbers[index - 1].end if index else 0
        words = _DELIMITER.split(sentence[begin : number.start])[-1]
        name = "".join(words.split())
        lead = sentence[max(0, number.start - 200) : number.start]
        if previous and _CHANGED_TO.fullmatch(name) and _FROM.search(previous.lead):
            name = previous.name
        former = bool(re.search("[从由]", words)) and index + 1 < len(numbers)
        if former:
            name = re.split("[从由]", name)[0]
        figure = Figure(name, lead, number, _year_of(lead, words, year), place, former)
        yield figure
        previous = figure


def _year_of(lead: str, words: str, year: int) -> int:
    if _BEFORE.search(words):
        return year - 1
    named = _YEAR.findall(lead)
    return int(named[-1]) if named else year
