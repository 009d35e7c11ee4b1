"""Who works where on a day; finding people by name, reading, initials, number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    ScalarSelect,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.db import AnySelect, fetch, session
from portal.base.history import Reached, known_on, true_on
from portal.people.models import Employment, Person, Position, Term, Unit
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
    serves = and_(
        Reached(Term.valid_from) <= day,
        or_(Term.valid_to.is_(None), Term.valid_to > day),
        known_on(Term, known_at),
    )
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
        .join(Term, and_(Term.employment_id == Employment.id, serves))
        .outerjoin(
            Position,
            and_(Position.employment_id == Employment.id, true_on(Position, day, known_at)),
        )
        .outerjoin(Unit, Unit.id == Position.unit_id)
    )


@dataclass(frozen=True, slots=True)
class Card:
    """Where and as what somebody works (or worked last), and from when to when."""

    staff_no: str
    title: str
    grade: str | None
    shift: str | None
    contract: str | None
    on_leave: bool
    units: tuple[str, ...]
    superior_id: int | None
    superior: str | None
    since: date
    until: date | None


def card(person_id: int, place: Collection[int], day: date) -> Card | None:
    """The card of somebody whose units are `place`; None for one who was never employed."""
    boss, above = aliased(Employment), aliased(Person)
    row = session().execute(
        select(Employment.staff_no, Position.title, Position.grade, Position.shift,
               Term.contract, Term.on_leave, above.id.label("superior_id"),
               above.name.label("superior"), Term.valid_to,
               _first_day(Employment.id).label("since"))
        .join(Term, and_(Term.employment_id == Employment.id, known_on(Term, None)))
        .outerjoin(Position, and_(
            Position.employment_id == Employment.id, known_on(Position, None),
            Position.valid_from <= day,
        ))
        .outerjoin(boss, boss.id == Position.superior_id)
        .outerjoin(above, above.id == boss.person_id)
        .where(Employment.person_id == person_id)
        .order_by(Term.valid_from.desc(), Position.valid_from.desc())
        .limit(1)
    ).first()  # fmt: skip
    if row is None:
        return None
    names = {
        found.id: found.name
        for found in session().execute(select(Unit.id, Unit.name).where(Unit.id.in_(place)))
    }
    return Card(
        staff_no=row.staff_no, title=row.title or "", grade=row.grade, shift=row.shift,
        contract=row.contract, on_leave=row.on_leave,
        units=tuple(names[unit_id] for unit_id in reversed(tuple(place)) if unit_id in names),
        superior_id=row.superior_id, superior=row.superior, since=row.since,
        until=None if row.valid_to is None else row.valid_to - timedelta(days=1),
    )  # fmt: skip


def _first_day(employment_id: Any) -> ScalarSelect[Any]:
    first = aliased(Term)
    return (
        select(func.min(first.valid_from))
        .where(first.employment_id == employment_id, known_on(first, None))
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """What HR sees beside a name in the list."""

    since: date
    contract: str | None


def service_of(
    people: Sequence[StaffLine], scope: Collection[int] | None, day: date
) -> dict[int, ServiceLine]:
    """From when and by which contract these people serve: those in or under `scope` (None: all)."""
    values: dict[str, Any] = {"day": day, "people": [line.id for line in people]}
    if scope is not None:
        values["scope"] = list(scope)
    rows = fetch(_service(scope is not None), **values)
    return {row.person_id: ServiceLine(row.since, row.contract) for row in rows}


@cache
def _service(is_scoped: bool) -> AnySelect:
    day: Any = bindparam("day", type_=Date)
    people = bindparam("people", expanding=True, type_=BigInteger)
    statement = (
        select(Employment.person_id, _first_day(Employment.id).label("since"), Term.contract)
        .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, day)))
        .where(Employment.person_id.in_(people))
    )
    if is_scoped:
        scope = bindparam("scope", expanding=True, type_=BigInteger)
        statement = statement.join(
            Position, and_(Position.employment_id == Employment.id, true_on(Position, day))
        ).where(below(scope, Position.unit_id, day))
    return statement


def lines(statement: AnySelect) -> list[StaffLine]:
    return [StaffLine(*row) for row in session().execute(statement)]


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
    rows = fetch(_of_staff_nos(), staff_nos=list(staff_nos), day=clock.today())
    return {line.staff_no: line for line in (StaffLine(*row) for row in rows)}


@cache
def _of_staff_nos() -> AnySelect:
    day: Any = bindparam("day", type_=Date)
    return staff(day).where(Employment.staff_no.in_(bindparam("staff_nos", expanding=True)))


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
