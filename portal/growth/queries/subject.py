"""Whose file it is: where they are (or last were), and which files a viewer may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    false,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, session
from portal.base.history import known_on, true_on
from portal.people import queries as people
from portal.people.models import Employment, Person, Position, Term, Unit, UnitPath
from portal.people.queries import StaffLine

OFFICES = ("hr", "general_manager", "auditor")


@dataclass(frozen=True, slots=True)
class Subject:
    """The person of a file on a day. place: the units of the position of that day, the nearest
    first; for one who has left, those of the last one. names: of the same units."""

    id: int
    place: tuple[int, ...]
    names: tuple[str, ...]
    in_service: bool

    @property
    def team_id(self) -> int | None:
        return self.place[0] if self.place else None


def subject(person_id: int, day: date) -> Subject:
    """Where the person of this file is on `day`."""
    return subjects(person_id, [day])[0]


def subjects(person_id: int, days: Sequence[date]) -> list[Subject]:
    """Where the person of this file is on each of `days`, in one query."""
    rows = session().execute(
        union_all(*(_placed(person_id, number, day) for number, day in enumerate(days)))
    )
    found: list[list[AnyRow]] = [[] for _day in days]
    for row in rows:
        found[row.number].append(row)
    return [_subject(person_id, each) for each in found]


def _subject(person_id: int, rows: Sequence[AnyRow]) -> Subject:
    placed = sorted((row for row in rows if row.unit_id is not None), key=lambda row: row.distance)
    return Subject(
        id=person_id,
        place=tuple(row.unit_id for row in placed),
        names=tuple(row.name for row in placed),
        in_service=bool(rows and rows[0].works),
    )


def _placed(person_id: int, number: int, day: date) -> AnySelect:
    works = (
        select(Term.id)
        .join(Employment, Employment.id == Term.employment_id)
        .where(Employment.person_id == person_id, true_on(Term, day))
        .exists()
    )
    return (
        select(
            literal(number).label("number"),
            case((works, 1), else_=0).label("works"),
            UnitPath.ancestor_id.label("unit_id"),
            UnitPath.distance,
            Unit.name,
        )
        .select_from(Person)
        .outerjoin(
            UnitPath, and_(UnitPath.unit_id == _last_unit(person_id, day), true_on(UnitPath, day))
        )
        .outerjoin(Unit, Unit.id == UnitPath.ancestor_id)
        .where(Person.id == person_id)
    )


def _last_unit(person_id: int, day: date) -> Any:
    return (
        select(Position.unit_id)
        .join(Employment, Employment.id == Position.employment_id)
        .where(
            Employment.person_id == person_id,
            known_on(Position, None),
            Position.valid_from <= day,
        )
        .order_by(Position.valid_from.desc(), Position.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def visible_to(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """The condition on Person that `policy.may_see` answers for one: whose files may be opened."""
    conditions: list[ColumnElement[bool]] = [Person.id == viewer.id]
    for role in OFFICES:
        units = viewer.units_as(role)
        if units is None:
            return true()
        if units:
            conditions.append(_was_last_in(units, day))
    led = viewer.units_as("leader")
    if led:
        conditions.append(and_(Person.id != viewer.id, _works_in(led, day)))
    return or_(false(), *conditions)


def _works_in(units: frozenset[int], day: date) -> ColumnElement[bool]:
    return and_(
        exists(
            select(literal(1))
            .select_from(Term)
            .join(Employment, Employment.id == Term.employment_id)
            .where(Employment.person_id == Person.id, true_on(Term, day))
        ),
        _was_last_in(units, day),
    )


def _was_last_in(units: frozenset[int], day: date) -> ColumnElement[bool]:
    """The latest position begun by `day` lies in or under `units`."""
    last, later = aliased(Position), aliased(Position)
    mine, other = aliased(Employment), aliased(Employment)
    superseded = (
        select(literal(1))
        .select_from(later)
        .join(other, other.id == later.employment_id)
        .where(
            other.person_id == mine.person_id,
            known_on(later, None),
            later.valid_from <= day,
            tuple_(later.valid_from, later.id) > tuple_(last.valid_from, last.id),
        )
    )
    return exists(
        select(literal(1))
        .select_from(last)
        .join(mine, mine.id == last.employment_id)
        .where(
            mine.person_id == Person.id,
            known_on(last, None),
            last.valid_from <= day,
            people.below(units, last.unit_id, day),
            ~exists(superseded),
        )
    )


def files(
    viewer: Viewer,
    day: date,
    *,
    typed: str = "",
    after: tuple[str, int] | None = None,
    limit: int = 25,
) -> list[StaffLine]:
    """The files of those in service that `viewer` may open, in reading order: `limit` and one."""
    statement = (
        people.staff(day)
        .where(visible_to(viewer, day), Person.id != viewer.id)
        .order_by(Person.sort_key, Person.id)
        .limit(limit + 1)
    )
    if typed:
        statement = statement.where(people.matching(typed))
    if after is not None:
        statement = statement.where(tuple_(Person.sort_key, Person.id) > after)
    return people.lines(statement)
