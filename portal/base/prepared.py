"""Statements that are built once are spelled out once: what every page asks costs little more than
the database itself.

SQLAlchemy spells a statement out once as well, but works out its cache key, parameters and types
anew each time it runs. That is most of its cost here, and none of it changes.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

Processor = Callable[[Any], Any]


class Prepared:
    """A SELECT in the words of one database, for lists of parameters of certain lengths."""

    def __init__(self, statement: Any, dialect: Dialect, lengths: Mapping[str, int]) -> None:
        compiled = statement.compile(dialect=dialect)
        constants = {name: each.value for name, each in compiled.binds.items() if not each.required}
        lists = {name: [None] * length for name, length in lengths.items()}
        state = compiled.construct_expanded_state(dict.fromkeys(compiled.binds) | constants | lists)
        self.sql = state.statement
        self.order = state.positiontup
        self.lists = {name: state.parameter_expansion.get(name, []) for name in lengths}
        self.writers: dict[str, Processor | None] = {}
        for name, bind in compiled.binds.items():
            write = bind.type.dialect_impl(dialect).bind_processor(dialect)
            for each in state.parameter_expansion.get(name, [name]):
                self.writers[each] = write
        given = {each for names in self.lists.values() for each in names}
        given |= {name for name, bind in compiled.binds.items() if bind.required}
        self.constants = {
            name: self._written(name, value)
            for name, value in state.parameters.items()
            if name not in given
        }
        columns = list(statement.selected_columns)
        self.types = [column.type.dialect_impl(dialect) for column in columns]
        self.dialect = dialect
        self.readers: list[Processor | None] | None = None
        names = [getattr(column, "key", None) or "_" for column in columns]
        self.made: Callable[[Any], Any] = getattr(namedtuple("Row", names, rename=True), "_make")  # noqa: B009

    def _written(self, name: str, value: Any) -> Any:
        write = self.writers.get(name)
        return value if write is None else write(value)

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """The rows, as named tuples."""
        given = dict(self.constants)
        for name, value in values.items():
            if name in self.lists:
                for each, item in zip(self.lists[name], value, strict=False):
                    given[each] = self._written(each, item)
            else:
                given[name] = self._written(name, value)
        asked = given if self.order is None else tuple(given[name] for name in self.order)
        result = connection.exec_driver_sql(self.sql, asked)
        if self.readers is None:  # how a value is read depends on what the driver says it is
            said = [each[1] for each in result.cursor.description]
            self.readers = [
                kind.result_processor(self.dialect, code)
                for kind, code in zip(self.types, said, strict=True)
            ]
        found = result.all()
        if not any(self.readers):
            return [self.made(row) for row in found]
        return [
            self.made(
                value if read is None else read(value)
                for read, value in zip(self.readers, row, strict=True)
            )
            for row in found
        ]


@lru_cache(maxsize=1024)
def _prepared(statement: Any, dialect: Dialect, lengths: tuple[tuple[str, int], ...]) -> Prepared:
    return Prepared(statement, dialect, dict(lengths))


def rows_of(connection: Connection, statement: Any, values: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a statement that was built once, with `values` for its bind parameters."""
    lengths = tuple((name, len(value)) for name, value in values.items() if type(value) is list)
    return _prepared(statement, connection.dialect, lengths).rows(connection, values)
