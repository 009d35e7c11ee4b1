"""Who works where on a day; finding people by name, reading, initials, number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    or_,
    select,
    tuple_,
)

from portal.base import clock
from portal.base.db import AnySelect, session
from portal.base.history import true_on
from portal.people.models import (
    Employment,
    Person,
    Position,
    Term,
    Unit,
)
from portal.people.queries.units import below


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One person in a list: whom to call what, and where they work."""

    id: int
    name: str
    sort_key: str
    staff_no: str
    title: str | None
    unit_id: int | None
    unit: str | None
    on_leave: bool = False


def staff(day: date, known_at: Any = None) -> AnySelect:
    """One row for each person in service on `day`, with position if they have one."""
    return (
        select(
            Person.id,
            Person.name,
            Person.sort_key,
            Employment.staff_no,
            Position.title,
            Position.unit_id,
            Unit.name.label("unit"),
            Term.on_leave,
        )
        .join(Employment, Employment.person_id == Person.id)
        .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, day, known_at)))
        .outerjoin(
            Position,
            and_(Position.employment_id == Employment.id, true_on(Position, day, known_at)),
        )
        .outerjoin(Unit, Unit.id == Position.unit_id)
    )


def lines(statement: AnySelect) -> list[StaffLine]:
    return [StaffLine(*row) for row in session().execute(statement)]


def matching(typed: str) -> ColumnElement[bool]:
    """People whose name, reading, initials or staff number begin with what was typed."""
    folded = typed.lower().replace(" ", "").replace("ü", "v")
    conditions: list[ColumnElement[bool]] = [_begins(Person.name, typed)]
    if folded.isascii():
        conditions += [
            _begins(Person.search_key, folded),
            _begins(Person.initials, folded),
        ]
        # a staff number as typed, and with its leading zeros forgotten
        conditions += [
            _begins(Employment.staff_no, typed.upper()),
            _begins(Employment.staff_no, typed),
        ]
    return or_(*conditions)


def _begins(column: Any, prefix: str) -> ColumnElement[bool]:
    """`column` begins with `prefix`, as a range, so that an index in order serves it."""
    return and_(column >= prefix, column < prefix + "\U0010ffff")


def directory(
    day: date,
    *,
    typed: str = "",
    unit_ids: Iterable[int] | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 25,
) -> list[StaffLine]:
    """People in service on `day` in reading order, keyset-paged: `limit` lines and one more."""
    statement = staff(day).order_by(Person.sort_key, Person.id).limit(limit + 1)
    if typed:
        statement = statement.where(matching(typed))
    if unit_ids is not None:
        statement = statement.where(below(unit_ids, Position.unit_id, day))
    if after is not None:
        statement = statement.where(tuple_(Person.sort_key, Person.id) > after)
    return lines(statement)


def team_of(unit_id: int, day: date) -> list[StaffLine]:
    """The people of one unit (itself, not below) in reading order."""
    return lines(staff(day).where(Position.unit_id == unit_id).order_by(Person.sort_key, Person.id))


def by_staff_no(staff_no: str, *, in_service: bool = True) -> StaffLine | None:
    """The person with this staff number."""
    if in_service:
        found = lines(staff(clock.today()).where(Employment.staff_no == staff_no).limit(1))
        return found[0] if found else None
    row = (
        session()
        .execute(
            select(Person.id, Person.name, Person.sort_key, Employment.staff_no)
            .join(Employment, Employment.person_id == Person.id)
            .where(Employment.staff_no == staff_no)
        )
        .one_or_none()
    )
    return None if row is None else StaffLine(*row, title=None, unit_id=None, unit=None)


def exactly_named(name: str) -> list[StaffLine]:
    """People in service with exactly this name, two at most: enough to know that it is not one."""
    return lines(staff(clock.today()).where(Person.name == name).limit(2))


def by_staff_nos(staff_nos: Sequence[str]) -> dict[str, StaffLine]:
    """People in service by staff number, in one query."""
    return {
        line.staff_no: line
        for line in lines(staff(clock.today()).where(Employment.staff_no.in_(staff_nos)))
    }


def names_of(person_ids: Iterable[int]) -> dict[int, str]:
    """Names by person, leavers included, in one query."""
    wanted = set(person_ids)
    if not wanted:
        return {}
    rows = session().execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def head_count(day: date, known_at: Any = None) -> int:
    """How many people are in service on `day`."""
    statement = (
        select(func.count(func.distinct(Employment.person_id)))
        .join(Term, Term.employment_id == Employment.id)
        .where(true_on(Term, day, known_at))
    )
    return session().scalar(statement) or 0
