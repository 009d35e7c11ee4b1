"""Facts with two dates: when they held in the world, and when the house knew of them.

Both intervals are half-open, `from <= d < to`; None as an end means "still so". History is never
rewritten: a correction closes the old row's knowledge and adds a new row.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Date, and_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.visitors import InternalTraversal

from portal.base import clock


class TwoDates:
    """Mixin: a fact valid in the world for a time, and known to the house for a time."""

    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_from: Mapped[datetime] = mapped_column(default=clock.now)
    recorded_to: Mapped[datetime | None]

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


Fact = TypeVar("Fact", bound=TwoDates)
Day = date | BindParameter[date]
"""A day, or the place in a prepared statement where it will be."""


class Reached(ColumnElement[date]):
    """A date that is not to be searched for: its row is reached by another column.

    Once SQLite has counted its tables it would rather read all whose date fits and sort them than
    walk the index of the order and stop when the page is full.
    """

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012
    type = Date()

    def __init__(self, column: Any) -> None:
        self.column = column


@compiles(Reached)
def _plain(element: Reached, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.column, **options))


@compiles(Reached, "sqlite")
def _not_searched(element: Reached, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.column, **options)}"


def valid_on(fact: type[Any], day: Day) -> ColumnElement[bool]:
    """Rows (or aliases) of `fact` whose interval of validity holds `day`."""
    return and_(fact.valid_from <= day, or_(fact.valid_to.is_(None), fact.valid_to > day))


def known_on(fact: type[Any], moment: datetime | None) -> ColumnElement[bool]:
    """Rows of `fact` as the house knew them at `moment`; None is what it knows now."""
    if moment is None:
        column: ColumnElement[bool] = fact.recorded_to.is_(None)
        return column
    return and_(
        fact.recorded_from <= moment,
        or_(fact.recorded_to.is_(None), fact.recorded_to > moment),
    )


def true_on(fact: type[Any], day: Day, known_at: datetime | None = None) -> ColumnElement[bool]:
    """What was so on `day`, as known at `known_at` (None: as known now)."""
    return and_(valid_on(fact, day), known_on(fact, known_at))


def end(row: Fact, day: date, **changes: Any) -> Fact | None:
    """End a fact on `day` (the first day it no longer holds): the old row stays as it was known.

    Answers the shortened copy, or None when nothing of the interval is left. The caller adds it.
    """
    moment = clock.now()
    row.recorded_to = moment
    if day <= row.valid_from:
        return None
    return copy(row, valid_to=day, recorded_from=moment, **changes)


def copy(row: Fact, **changes: Any) -> Fact:
    """A new row with the same fact, as known from now on, with `changes`."""
    table = type(row).__table__  # type: ignore[attr-defined]
    values = {c.key: getattr(row, c.key) for c in table.columns if not c.primary_key}
    values |= {"recorded_from": clock.now(), "recorded_to": None} | changes
    return type(row)(**values)
