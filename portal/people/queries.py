"""Reading people: who is this, who works where on a day, who is below whom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Grant, Viewer
from portal.base.db import AnyRow, AnySelect, session
from portal.base.history import true_on
from portal.people.models import (
    ApiToken,
    Credential,
    Employment,
    Person,
    Position,
    RoleGrant,
    Term,
    Unit,
    UnitPath,
    WebSession,
)


def hash_token(token: str) -> str:
    """How a token is stored: its SHA-256. Tokens are long and random, so that is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


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


# ---- the viewer -----------------------------------------------------------------------------


def _identity(day: date) -> AnySelect:
    return (
        select(
            Person.id,
            Person.name,
            Person.locale,
            Person.theme,
            Credential.must_change,
            Employment.staff_no,
            Position.unit_id,
        )
        .join(Credential, Credential.person_id == Person.id)
        .join(Employment, Employment.person_id == Person.id)
        .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, day)))
        .outerjoin(Position, and_(Position.employment_id == Employment.id, true_on(Position, day)))
        .where(Credential.disabled_at.is_(None))
        .limit(1)
    )


def _place_and_grants(
    person_id: int, unit_id: int | None, day: date
) -> tuple[tuple[int, ...], str, frozenset[Grant]]:
    places = (
        select(
            literal("").label("role"),
            UnitPath.ancestor_id.label("unit_id"),
            null().label("while_in"),
            Unit.name.label("name"),
            UnitPath.distance.label("distance"),
        )
        .join(Unit, Unit.id == UnitPath.ancestor_id)
        .where(UnitPath.unit_id == unit_id, true_on(UnitPath, day))
    )
    grants = select(
        RoleGrant.role,
        RoleGrant.unit_id,
        RoleGrant.while_in_unit_id,
        literal(""),
        literal(0),
    ).where(
        RoleGrant.person_id == person_id,
        RoleGrant.valid_from <= day,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day),
    )
    rows: Sequence[AnyRow] = session().execute(union_all(places, grants)).all()
    units = sorted((row for row in rows if not row.role), key=lambda row: row.distance)
    place = tuple(row.unit_id for row in units)
    held = frozenset(
        Grant(row.role, row.unit_id)
        for row in rows
        if row.role and (row.while_in is None or row.while_in in place)
    )
    return place, units[0].name if units else "", held


def _viewer(row: AnyRow, day: date, **extra: Any) -> Viewer:
    place, place_name, grants = _place_and_grants(row.id, row.unit_id, day)
    return Viewer(
        id=row.id,
        staff_no=row.staff_no,
        name=row.name,
        locale=row.locale,
        theme=row.theme,
        place=place,
        place_name=place_name,
        grants=grants,
        must_change_password=row.must_change,
        **extra,
    )


def viewer_of_session(token: str, idle: timedelta) -> tuple[Viewer, bool] | None:
    """Who this browser session is, and whether it is time to note that it was seen."""
    now, day = clock.now(), clock.today()
    row = (
        session()
        .execute(
            _identity(day)
            .add_columns(WebSession.id.label("session_id"), WebSession.seen_at)
            .join(WebSession, WebSession.person_id == Person.id)
            .where(
                WebSession.token_hash == hash_token(token),
                WebSession.ended_at.is_(None),
                WebSession.seen_at > now - idle,
            )
        )
        .one_or_none()
    )
    if row is None:
        return None
    return _viewer(row, day, session_id=row.session_id), row.seen_at < now - timedelta(minutes=1)


def viewer_of_token(token: str) -> Viewer | None:
    """Who this API token speaks for, with its scopes."""
    day = clock.today()
    row = (
        session()
        .execute(
            _identity(day)
            .add_columns(ApiToken.scopes)
            .join(ApiToken, ApiToken.person_id == Person.id)
            .where(
                ApiToken.token_hash == hash_token(token),
                ApiToken.revoked_at.is_(None),
                ApiToken.expires_on > day,
            )
        )
        .one_or_none()
    )
    return None if row is None else _viewer(row, day, scopes=frozenset(row.scopes.split()))


def viewer_of_person(person_id: int) -> Viewer | None:
    """The person as a viewer, for jobs and commands that act in their name."""
    day = clock.today()
    row = session().execute(_identity(day).where(Person.id == person_id)).one_or_none()
    return None if row is None else _viewer(row, day)


def credential_of(staff_no: str) -> tuple[int, Credential] | None:
    """Whose account this staff number opens today."""
    found = (
        session()
        .execute(
            select(Person.id, Credential)
            .join(Employment, Employment.person_id == Person.id)
            .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, clock.today())))
            .join(Credential, Credential.person_id == Person.id)
            .where(Employment.staff_no == staff_no)
            .limit(1)
        )
        .one_or_none()
    )
    return None if found is None else (found[0], found[1])


def is_empty() -> bool:
    """Nobody is here yet: the portal waits for its first administrator."""
    return session().scalar(select(Person.id).limit(1)) is None


# ---- units ----------------------------------------------------------------------------------


def below(unit_ids: Iterable[int], unit_column: Any, day: date) -> ColumnElement[bool]:
    """The condition that `unit_column` lies in or under one of `unit_ids` on `day`."""
    path = aliased(UnitPath)
    return exists(
        select(path.id).where(
            path.unit_id == unit_column, path.ancestor_id.in_(list(unit_ids)), true_on(path, day)
        )
    )


def units_below(unit_ids: Iterable[int], day: date) -> list[int]:
    """The units in and under `unit_ids` on `day`."""
    return list(
        session().scalars(
            select(UnitPath.unit_id)
            .where(UnitPath.ancestor_id.in_(list(unit_ids)), true_on(UnitPath, day))
            .distinct()
        )
    )


def tree(day: date) -> list[AnyRow]:
    """Every unit with its parent on `day`: (id, kind, name, parent_id), sites first."""
    parent = aliased(UnitPath)
    statement = (
        select(Unit.id, Unit.kind, Unit.name, parent.ancestor_id.label("parent_id"))
        .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
        .outerjoin(
            parent, and_(parent.unit_id == Unit.id, parent.distance == 1, true_on(parent, day))
        )
        .where(true_on(UnitPath, day))
        .order_by(Unit.name, Unit.id)
    )
    return list(session().execute(statement))


# ---- staff ----------------------------------------------------------------------------------


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
    return dict(rows.tuples().all())


def holders(role: str, place: Sequence[int] | None, day: date) -> list[int]:
    """Who holds `role` over a place, the nearest unit first, or else over the whole house."""
    statement = select(RoleGrant.person_id, RoleGrant.unit_id).where(
        RoleGrant.role == role,
        RoleGrant.valid_from <= day,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day),
        _still_in_unit(day),
    )
    rows = session().execute(statement.order_by(RoleGrant.id)).all()
    for unit_id in [*(place or ()), None]:
        found = [row.person_id for row in rows if row.unit_id == unit_id]
        if found:
            return found
    return []


def _still_in_unit(day: date) -> ColumnElement[bool]:
    """The grant's holder works in the unit that the grant is bound to, and works here at all."""
    inside = aliased(Position)
    employed, term = aliased(Employment), aliased(Term)
    in_unit = (
        select(inside.id)
        .join(employed, employed.id == inside.employment_id)
        .where(
            employed.person_id == RoleGrant.person_id,
            true_on(inside, day),
            below_column(RoleGrant.while_in_unit_id, inside.unit_id, day),
        )
    )
    here = (
        select(term.id)
        .join(employed, employed.id == term.employment_id)
        .where(employed.person_id == RoleGrant.person_id, true_on(term, day))
    )
    return and_(exists(here), or_(RoleGrant.while_in_unit_id.is_(None), exists(in_unit)))


def below_column(ancestor: Any, unit_column: Any, day: date) -> ColumnElement[bool]:
    """The condition that `unit_column` lies in or under the unit of another column."""
    path = aliased(UnitPath)
    return exists(
        select(path.id).where(
            path.unit_id == unit_column, path.ancestor_id == ancestor, true_on(path, day)
        )
    )


def head_count(day: date, known_at: Any = None) -> int:
    """How many people are in service on `day`."""
    statement = (
        select(func.count(func.distinct(Employment.person_id)))
        .join(Term, Term.employment_id == Employment.id)
        .where(true_on(Term, day, known_at))
    )
    return session().scalar(statement) or 0
