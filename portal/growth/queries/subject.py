"""Whose file it is: where they are (or last were), and which files a viewer may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    and_,
    bindparam,
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
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BooleanClauseList

from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, BigKey, fetch, session
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
    asked = {f"day_{number}": day for number, day in enumerate(days)}
    found: list[list[AnyRow]] = [[] for _day in days]
    for row in fetch(_places(len(days)), person_id=person_id, **asked):
        found[row.number].append(row)
    return [_subject(person_id, each) for each in found]


@cache
def _places(days: int) -> CompoundSelect[*tuple[Any, ...]]:
    return union_all(*(_placed(number) for number in range(days)))


def _subject(person_id: int, rows: Sequence[AnyRow]) -> Subject:
    placed = sorted((row for row in rows if row.unit_id is not None), key=lambda row: row.distance)
    return Subject(
        id=person_id,
        place=tuple(row.unit_id for row in placed),
        names=tuple(row.name for row in placed),
        in_service=bool(rows and rows[0].works),
    )


def _placed(number: int) -> AnySelect:
    person_id = bindparam("person_id", type_=BigKey)
    day = bindparam(f"day_{number}", type_=Date)
    works = (
        select(Term.id)
        .join(Employment, Employment.id == Term.employment_id)
        .where(Employment.person_id == person_id, true_on(Term, day))
        .exists()
    )
    there = and_(
        UnitPath.unit_id == _last_unit(person_id, day),
        true_on(UnitPath, day),
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
        .outerjoin(UnitPath, there)
        .outerjoin(Unit, Unit.id == UnitPath.ancestor_id)
        .where(Person.id == person_id)
    )


def _last_unit(person_id: Any, day: Any) -> Any:
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
    return or_(Person.id == viewer.id, _others(viewer, day))


def _others(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Files of others. Offices see many people, so each is asked in the order of the list; a leader
    sees few, so those are found first."""
    conditions: list[ColumnElement[bool]] = []
    for role in OFFICES:
        units = viewer.units_as(role)
        if units is None:
            return true()
        if units:
            last, mine = aliased(Position), aliased(Employment)
            place = _last_in(last, mine, units, day).where(mine.person_id == Person.id)
            conditions.append(exists(place.correlate(Person)))
    led = viewer.units_as("leader")
    if led:
        last, mine = aliased(Position), aliased(Employment)
        team = _last_in(last, mine, led, day).where(mine.person_id != viewer.id)
        conditions.append(and_(Person.id.in_(team), _works(day)))
    return or_(false(), *conditions)


def _works(day: date) -> ColumnElement[bool]:
    """In service on `day`, by whichever employment."""
    term, mine = aliased(Term), aliased(Employment)
    return exists(
        select(term.id)
        .join(mine, mine.id == term.employment_id)
        .where(mine.person_id == Person.id, true_on(term, day))
        .correlate(Person)
    )


def _last_in(last: Any, mine: Any, units: frozenset[int], day: date) -> Select[int]:
    """People whose latest position begun by `day` lies in or under `units`."""
    later, other = aliased(Position), aliased(Employment)
    superseded = (
        select(later.id)
        .join(other, other.id == later.employment_id)
        .where(
            other.person_id == mine.person_id,
            known_on(later, None),
            later.valid_from <= day,
            tuple_(later.valid_from, later.id) > tuple_(last.valid_from, last.id),
        )
    )
    path = aliased(UnitPath)
    return (
        select(mine.person_id)
        .select_from(path)
        .join(last, last.unit_id == path.unit_id)
        .join(mine, mine.id == last.employment_id)
        .where(
            path.ancestor_id.in_(units),
            true_on(path, day),
            known_on(last, None),
            last.valid_from <= day,
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
    """The files of those in service that `viewer` may open, in reading order: `limit` and one.

    Two queries: who (by the order's own index, so that the cost is that of a page), then their
    lines.
    """
    wanted = (
        select(Person.id)
        .where(_others(viewer, day), Person.id != viewer.id, _works(day))
        .order_by(Person.sort_key, Person.id)
        .limit(limit + 1)
    )
    if typed:
        wanted = wanted.where(_matching(typed))
    if after is not None:
        wanted = wanted.where(tuple_(Person.sort_key, Person.id) > after)
    ids = session().scalars(wanted).all()
    if not ids:
        return []
    return people.lines(
        people.staff(day).where(Person.id.in_(ids)).order_by(Person.sort_key, Person.id)
    )


def _matching(typed: str) -> ColumnElement[bool]:
    """What `people.matching` says, each of its ways asked of its own index."""
    whole = people.matching(typed)
    is_any = isinstance(whole, BooleanClauseList) and whole.operator is operators.or_
    parts: list[ColumnElement[bool]] = []
    for way in whole.get_children() if is_any else [whole]:
        tables = {getattr(part, "table", None) for part in visitors.iterate(way)}
        column = Employment.person_id if Employment.__table__ in tables else Person.id
        parts.append(Person.id.in_(select(column).where(cast(ColumnElement[bool], way))))
    return or_(false(), *parts)
