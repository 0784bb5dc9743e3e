"""A document understood: its year, its tables in their roles, its sentences, and who says what about which quantity."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from anju.evaluation.audit.basic_data import BasicData, read_basic_data
from anju.evaluation.audit.document import Document, Place
from anju.evaluation.audit.errors import ReportFileError
from anju.evaluation.audit.numbers import Number, find_numbers, years_in
from anju.evaluation.audit.prose import Sentence, sentences
from anju.evaluation.audit.template import Evaluation, Scope, read_evaluation
from anju.evaluation.audit.vocabulary import Vocabulary, vocabulary
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze


@dataclass(frozen=True, slots=True)
class AuditParameters:
    """What a center may set otherwise: from which ratio overfulfilment needs a reason, decimals of a score, and from
    which similarity two names are taken for one indicator with a slip of the pen.
    """

    overfulfilment: Fraction = Fraction(13, 10)
    score_decimals: int = 2
    similar_names: Fraction = Fraction(85, 100)


@dataclass(frozen=True, slots=True)
class Mention:
    """One place that states the value of a quantity."""

    quantity: str
    name: str
    number: Number
    year: int
    place: Place


@dataclass(frozen=True)
class Report:
    """A self-evaluation report, ready for the rules."""

    document: Document
    year: int
    basic: BasicData | None
    evaluations: tuple[Evaluation, ...]
    sentences: tuple[Sentence, ...]
    parameters: AuditParameters

    @property
    def words(self) -> Vocabulary:
        return vocabulary()

    @property
    def whole(self) -> Evaluation | None:
        """附件2."""
        return next((table for table in self.evaluations if table.scope is Scope.WHOLE), None)

    @property
    def projects(self) -> tuple[Evaluation, ...]:
        """All 附件3."""
        return tuple(table for table in self.evaluations if table.scope is Scope.PROJECT)

    @cached_property
    def mentions(self) -> dict[tuple[str, int], tuple[Mention, ...]]:
        """(quantity, year) → everything that states it, in printed order."""
        grouped: dict[tuple[str, int], list[Mention]] = defaultdict(list)
        for mention in (*self._body_mentions(), *self._basic_mentions(), *self._table_mentions()):
            grouped[mention.quantity, mention.year].append(mention)
        return {key: tuple(mentions) for key, mentions in grouped.items()}

    def stated(self, quantity: str, year: int | None = None) -> tuple[Mention, ...]:
        """The mentions of a quantity in the report's year, or in another."""
        return self.mentions.get((quantity, self.year if year is None else year), ())

    def in_body(self, quantity: str) -> Mention | None:
        """The first mention in the body."""
        return next((mention for mention in self.stated(quantity) if not mention.place.table), None)

    def _body_mentions(self) -> Iterator[Mention]:
        for sentence in self.sentences:
            for figure in sentence.figures:
                quantity = self.words.quantity(figure.name) if figure.is_plain and figure.number.unit else None
                if quantity and figure.number.dimension in quantity.dimensions:
                    yield Mention(quantity.key, figure.name, figure.number, figure.year, figure.place)

    def _basic_mentions(self) -> Iterator[Mention]:
        if self.basic is None:
            return
        for control in self.basic.controls:
            for quantity, entry in (("posts", control.approved), ("on_post", control.actual)):
                if entry.number and ("编制" in entry.place.column or "在职" in entry.place.column):
                    yield Mention(quantity, entry.place.column, entry.number.in_unit("人"), self.year, entry.place)
        for column in self.basic.columns:
            amount = self.basic.amount("项目支出", column.year, column.kind)
            if amount and amount.number:
                quantity = "project_budget" if column.kind == "预算" else "project_actual"
                yield Mention(quantity, "项目支出", amount.number, column.year, amount.place)

    def _table_mentions(self) -> Iterator[Mention]:
        for table in self.evaluations:
            if table.scope is Scope.WHOLE:
                yield from self._whole_mentions(table)
            for indicator in table.indicators:
                quantity = self.words.quantity(indicator.name)
                number = indicator.actual.number
                if quantity and number and (number.dimension or quantity.dimensions[0]) in quantity.dimensions:
                    yield Mention(quantity.key, squeeze(indicator.name), number, self.year, indicator.actual.place)
        actuals = [table.total_funds.actual for table in self.projects if table.total_funds]
        if len(actuals) == 1 and actuals[0].number:
            yield Mention("project_actual", "全年执行数", actuals[0].number, self.year, actuals[0].place)

    def _whole_mentions(self, table: Evaluation) -> Iterator[Mention]:
        total = table.total_funds
        if total:
            for quantity, entry in (("total_actual", total.actual), ("execution_rate", total.rate)):
                if entry.number:
                    yield Mention(quantity, entry.place.column, entry.number, self.year, entry.place)
        for split in table.by_nature:
            found = self.words.quantity(split.label)
            if found and split.entry.number:
                yield Mention(found.key, split.label, split.entry.number, self.year, split.entry.place)
        if table.total_score and table.total_score.number:
            number = table.total_score.number.in_unit("分")
            yield Mention("total_score", "总分", number, self.year, table.total_score.place)


def understand(document: Document, parameters: AuditParameters) -> Report:
    """Read a document as a report. Raises ReportFileError when it holds none of the official tables."""
    read = [(read_basic_data(table), read_evaluation(table)) for table in document.tables]
    basics = [basic for basic, _evaluation in read if basic]
    evaluations = tuple(evaluation for _basic, evaluation in read if evaluation)
    if not basics and not evaluations:
        raise ReportFileError(_("不是绩效自评报告：没有找到基础数据表、部门整体支出绩效自评表或项目支出绩效自评表"))
    year = _report_year(document)
    return Report(
        document=document,
        year=year,
        basic=basics[0] if basics else None,
        evaluations=evaluations,
        sentences=tuple(s for paragraph in document.paragraphs for s in sentences(paragraph, year=year)),
        parameters=parameters,
    )


def _report_year(document: Document) -> int:
    """The year that most table titles name, else the one that the report names most often."""
    titled = Counter(year for table in document.tables for line in table.heading for year in years_in(line))
    named = titled or Counter(year for text in document.texts() for year in years_in(text))
    if not named:
        raise ReportFileError(_("看不出是哪一年度的报告：表名和正文中都没有“××××年度”"))
    return min(named, key=lambda year: (-named[year], -year))


def numbers_in(text: str) -> tuple[Number, ...]:
    """The numbers of a cell that may hold words too, such as "自受理申请之日起20个工作日内"."""
    return find_numbers(squeeze(text))
