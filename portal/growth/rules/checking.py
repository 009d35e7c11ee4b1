"""The rows of a sheet against the house: who they are, whether they worked here in that month,
and what the month's figures are now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import and_, case, exists, func, literal, or_, select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, session
from portal.base.history import known_on
from portal.base.sheets import Book
from portal.growth.models import MonthlyFigure, PerformanceSheet, Severity
from portal.growth.queries.figures import back
from portal.growth.rules.columns import BY_KEY, FIELDS
from portal.growth.rules.reading import Reading, SheetRow, read_sheet
from portal.people import queries as people
from portal.people.models import Employment, Person, Position, Term

T = TypeVar("T")
CHUNK = 2000


@dataclass(slots=True)
class Known:
    """A row whose person is known, with the figures of the month as they are now."""

    row: SheetRow
    employment_id: int
    now: dict[str, Any] | None = None

    @property
    def is_new(self) -> bool:
        return self.now is None

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Before and after, by key, of the figures that this row changes."""
        if self.now is None:
            return {}
        return {
            key: (self.now[key], self.row.figures.get(key))
            for key in BY_KEY
            if self.now[key] != self.row.figures.get(key)
        }


@dataclass(slots=True)
class Check:
    """A sheet judged: what would be taken over, and what stands against it."""

    reading: Reading
    known: list[Known] = field(default_factory=list)
    version: int = 1
    absent: int = 0

    @property
    def month(self) -> date | None:
        return self.reading.month

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.reading.findings)

    @property
    def new_count(self) -> int:
        return sum(each.is_new for each in self.known)

    @property
    def changed(self) -> list[Known]:
        return [each for each in self.known if each.changes]

    @property
    def changes_nothing(self) -> bool:
        return bool(self.known) and not self.new_count and not self.changed


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[list[T]]:
    pending = iter(items)
    while chunk := list(islice(pending, size)):
        yield chunk


def check(by: Viewer | None, book: Book, *, month: date | None = None) -> Check:
    """Judge a sheet. Reads only. by: who brings it in; None is the house itself."""
    reading = read_sheet(book, month=month, width=_width())
    judged = Check(reading)
    if reading.month is None or not reading.rows:
        return judged
    _find_people(judged, by)
    _compare(judged)
    return judged


def _width() -> int | None:
    """How many digits a staff number has, when all of this house have the same."""
    least, most = session().execute(
        select(
            func.min(func.length(Employment.staff_no)), func.max(func.length(Employment.staff_no))
        )
    ).one()  # fmt: skip
    return int(least) if least is not None and least == most else None


def _find_people(judged: Check, by: Viewer | None) -> None:
    reading = judged.reading
    assert reading.month is not None  # noqa: S101
    end = back(reading.month, -1)
    found: dict[str, AnyRow] = {}
    for chunk in chunks([row.staff_no for row in reading.rows]):
        rows = session().execute(_people(by, chunk, reading.month, end))
        found.update((row.staff_no, row) for row in rows)
    assert reading.columns is not None  # noqa: S101
    number, name = reading.columns.places["staff_no"], reading.columns.places.get("name")
    for row in reading.rows:
        person, cell = found.get(row.staff_no), row.record.cell(number)
        if person is None:
            reading.doubt(Severity.STOP, "unknown", cell)
        elif not person.is_mine:
            reading.doubt(Severity.STOP, "other_site", cell)
        elif not person.was_here:
            shown = f"{reading.month:%Y-%m}"
            reading.doubt(Severity.STOP, "not_in_service", cell, month=shown)
        else:
            if name is not None and row.name and row.name != person.name:
                reading.doubt(Severity.ASK, "name", row.record.cell(name), name=person.name)
            judged.known.append(Known(row, person.id))


def _people(by: Viewer | None, staff_nos: list[str], start: date, end: date) -> Any:
    """Each staff number: the employment, the name, whether in service in the month, and whether
    their last position of the month lies where `by` is HR."""
    term = (
        select(literal(1))
        .select_from(Term)
        .where(
            Term.employment_id == Employment.id,
            known_on(Term, None),
            Term.valid_from < end,
            or_(Term.valid_to.is_(None), Term.valid_to > start),
        )
    )
    mine = literal(True)
    units = by.units_as("hr") if by is not None else None
    if units is not None:
        position = (
            select(literal(1))
            .select_from(Position)
            .where(
                Position.employment_id == Employment.id,
                known_on(Position, None),
                Position.valid_from < end,
                or_(Position.valid_to.is_(None), Position.valid_to > start),
                people.below(units, Position.unit_id, clock.today()),
            )
        )
        mine = case((exists(position), True), else_=False)  # type: ignore[assignment]
    return (
        select(
            Employment.id,
            Employment.staff_no,
            Person.name,
            case((exists(term), True), else_=False).label("was_here"),
            mine.label("is_mine"),
        )
        .join(Person, Person.id == Employment.person_id)
        .where(Employment.staff_no.in_(staff_nos))
    )


def _compare(judged: Check) -> None:
    """What the month's figures are now, whose version this would follow, and who is left out."""
    month = judged.month
    by_employment = {each.employment_id: each for each in judged.known}
    replaced: set[int] = set()
    for chunk in chunks(list(by_employment)):
        for figure in session().scalars(
            select(MonthlyFigure).where(
                MonthlyFigure.employment_id.in_(chunk),
                MonthlyFigure.month == month,
                known_on(MonthlyFigure, None),
            )
        ):
            values = {each.key: getattr(figure, each.key) for each in FIELDS}
            by_employment[figure.employment_id].now = values
            replaced.add(figure.sheet_id)
    if not replaced:
        return
    latest, absent = session().execute(
        select(
            func.max(PerformanceSheet.version),
            func.count(MonthlyFigure.id) - sum(not each.is_new for each in judged.known),
        )
        .join(
            MonthlyFigure,
            and_(MonthlyFigure.sheet_id == PerformanceSheet.id, known_on(MonthlyFigure, None)),
        )
        .where(PerformanceSheet.id.in_(replaced))
    ).one()  # fmt: skip
    judged.version, judged.absent = latest + 1, absent
    if absent:
        judged.reading.doubt(Severity.NOTE, "absent", count=absent)
