"""What a rule sees of inputs and parameters: only what it declares. Reading anything else is an error, in both backends."""

from collections.abc import Callable
from typing import Generic, TypeVar

from anju.kernel.i18n import gettext as _
from anju.policy.errors import UndeclaredError, WrongUnitError
from anju.policy.parameters import Book, Dated, DatedTable, Table
from anju.policy.rules import Rule

T = TypeVar("T")


class DeclaredInputs(Generic[T]):
    """The inputs of a rule by name."""

    def __init__(self, rule: Rule, fetch: Callable[[str], T]) -> None:
        self._rule, self._fetch = rule, fetch
        self.read: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self.read:
            if name not in self._rule.inputs:
                raise UndeclaredError(
                    _("规则 {rule} 读取了未声明的输入 {name}").format(rule=self._rule.name, name=name), field=name
                )
            self.read[name] = self._fetch(name)
        return self.read[name]


class DeclaredLaw(Generic[T]):
    """The parameters of a rule by path."""

    def __init__(self, rule: Rule, fetch: Callable[[str], T], fetch_table: Callable[[str], DatedTable]) -> None:
        self._rule, self._fetch, self._fetch_table = rule, fetch, fetch_table
        self.read: dict[str, T] = {}
        self.tables: dict[str, DatedTable] = {}

    def __getitem__(self, path: str) -> T:
        if path not in self.read:
            self._require_declared(path)
            self.read[path] = self._fetch(path)
        return self.read[path]

    def table(self, path: str) -> DatedTable:
        """A table in force."""
        if path not in self.tables:
            self._require_declared(path)
            self.tables[path] = self._fetch_table(path)
        return self.tables[path]

    def _require_declared(self, path: str) -> None:
        if path not in self._rule.parameters:
            raise UndeclaredError(
                _("规则 {rule} 读取了未声明的参数 {path}，请在 parameters 中声明").format(
                    rule=self._rule.name, path=path
                ),
                field=path,
            )


def plain_value(row: Dated) -> int:
    """The integer of a row. Raises WrongUnitError for a table."""
    if isinstance(row.value, Table):
        raise WrongUnitError(_("参数 {path} 是对照表，规则须用 law.table 读取").format(path=row.path), field=row.path)
    return row.value


def dated_table(book: Book, row: Dated) -> DatedTable:
    """The table of a row. Raises WrongUnitError for a plain value."""
    definition = book.definition(row.path)
    if not isinstance(row.value, Table) or definition.key is None:
        raise WrongUnitError(_("参数 {path} 不是对照表").format(path=row.path), field=row.path)
    return DatedTable(row, row.value, definition.kind, definition.key, definition.title)
