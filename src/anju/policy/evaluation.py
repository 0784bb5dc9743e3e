"""A rule over a chunk of a population, judged by one day: the same function that decides a single case."""

from datetime import date

import numpy as np
import numpy.typing as npt

from anju.policy.access import DeclaredInputs, DeclaredLaw, dated_table, plain_value
from anju.policy.codes import CROWD
from anju.policy.parameters import Book
from anju.policy.population import Chunk
from anju.policy.rules import Rule
from anju.policy.vector import Column, Int64s, Values, VectorOperations


def evaluate(rule: Rule, book: Book, on: date, chunk: Chunk, offices: tuple[str, ...]) -> Int64s:
    """The results of a rule for the rows of a chunk, in the rule's unit.

    Raises InputError, NotInForceError, RangeError. Equal to `decide` row by row.
    """
    return all_rows(compute(rule, book, on, chunk, offices), chunk.rows)


def all_rows(column: Column, rows: int) -> Int64s:
    """The integers of a column, one a row, also where one integer stands for all."""
    return np.ascontiguousarray(np.broadcast_to(np.asarray(column.values, np.int64), (rows,)))


def compute(rule: Rule, book: Book, on: date, chunk: Chunk, offices: tuple[str, ...]) -> Column:
    """As `evaluate`, the column as the backend made it, with its bounds."""

    def given(name: str) -> Column:
        declared = rule.inputs[name]
        values = chunk.column(name, declared)
        if isinstance(values, int):
            return Column(values, declared.kind, values, values)
        return Column(values, declared.kind, declared.low, declared.high)

    def parameter(path: str) -> Column:
        rows = book.in_force(path, on)
        values: Values = 0
        for row in rows:
            value = plain_value(row)
            if row.scope.general:
                values = value
                continue
            fits = _fits(row.scope.district, row.scope.crowd, chunk, offices)
            values = np.where(fits, value, values)
        each = [plain_value(row) for row in rows]
        return Column(values, book.definition(path).kind, min(each), max(each))

    law = DeclaredLaw[Column](rule, parameter, lambda path: dated_table(book, book.resolve(path, on)))
    result: Column = rule.function(VectorOperations(on), DeclaredInputs[Column](rule, given), law)
    return result


def _fits(district: str, crowd: str, chunk: Chunk, offices: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """The rows of a scope that is not general."""
    fits: list[npt.NDArray[np.bool_]] = (
        [chunk.offices == (offices.index(district) if district in offices else -1)] if district else []
    )
    if crowd:
        fits.append(chunk.crowds == CROWD.place(crowd))
    return fits[0] if len(fits) == 1 else fits[0] & fits[1]
