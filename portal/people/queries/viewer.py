"""Who is asking: the viewer behind a session or a token, and what they hold."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Date,
    and_,
    bindparam,
    literal,
    null,
    or_,
    select,
    union_all,
)

from portal.base import clock
from portal.base.access import Grant, Viewer
from portal.base.db import AnyRow, AnySelect, UtcDateTime, fetch, session
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


# These run on every request: they are built once, and run without the ORM (`fetch`), which costs
# a tenth of building them each time.


@cache
def _identity() -> AnySelect:
    day = bindparam("day", type_=Date)
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


@cache
def _identity_of_session() -> AnySelect:
    return (
        _identity()
        .add_columns(WebSession.id.label("session_id"), WebSession.seen_at)
        .join(WebSession, WebSession.person_id == Person.id)
        .where(
            WebSession.token_hash == bindparam("token_hash"),
            WebSession.ended_at.is_(None),
            WebSession.seen_at > bindparam("seen_after", type_=UtcDateTime),
        )
    )


@cache
def _identity_of_token() -> AnySelect:
    return (
        _identity()
        .add_columns(ApiToken.scopes)
        .join(ApiToken, ApiToken.person_id == Person.id)
        .where(
            ApiToken.token_hash == bindparam("token_hash"),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_on > bindparam("day", type_=Date),
        )
    )


@cache
def _identity_of_person() -> AnySelect:
    return _identity().where(Person.id == bindparam("person_id"))


@cache
def _place_and_grants() -> CompoundSelect[*tuple[Any, ...]]:
    day = bindparam("day", type_=Date)
    places = (
        select(
            literal("").label("role"),
            UnitPath.ancestor_id.label("unit_id"),
            null().label("while_in"),
            Unit.name.label("name"),
            UnitPath.distance.label("distance"),
        )
        .join(Unit, Unit.id == UnitPath.ancestor_id)
        .where(UnitPath.unit_id == bindparam("unit_id"), true_on(UnitPath, day))
    )
    grants = select(
        RoleGrant.role, RoleGrant.unit_id, RoleGrant.while_in_unit_id, literal(""), literal(0)
    ).where(
        RoleGrant.person_id == bindparam("person_id"),
        RoleGrant.valid_from <= day,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day),
    )
    return union_all(places, grants)


def _viewer(row: AnyRow, day: date, **extra: Any) -> Viewer:
    rows = fetch(_place_and_grants(), unit_id=row.unit_id, person_id=row.id, day=day)
    units = sorted((unit for unit in rows if not unit.role), key=lambda unit: unit.distance)
    place = tuple(unit.unit_id for unit in units)
    held = frozenset(
        Grant(grant.role, grant.unit_id)
        for grant in rows
        if grant.role and (grant.while_in is None or grant.while_in in place)
    )
    return Viewer(
        id=row.id,
        staff_no=row.staff_no,
        name=row.name,
        locale=row.locale,
        theme=row.theme,
        place=place,
        place_name=units[0].name if units else "",
        grants=held,
        must_change_password=row.must_change,
        **extra,
    )


def viewer_of_session(token: str, idle: timedelta) -> tuple[Viewer, bool] | None:
    """Who this browser session is, and whether it is time to note that it was seen."""
    now, day = clock.now(), clock.today()
    rows = fetch(
        _identity_of_session(), token_hash=hash_token(token), seen_after=now - idle, day=day
    )
    if not rows:
        return None
    viewer = _viewer(rows[0], day, session_id=rows[0].session_id)
    return viewer, rows[0].seen_at < now - timedelta(minutes=1)


def viewer_of_token(token: str) -> Viewer | None:
    """Who this API token speaks for, with its scopes."""
    day = clock.today()
    rows = fetch(_identity_of_token(), token_hash=hash_token(token), day=day)
    return _viewer(rows[0], day, scopes=frozenset(rows[0].scopes.split())) if rows else None


def viewer_of_person(person_id: int) -> Viewer | None:
    """The person as a viewer, for jobs and commands that act in their name."""
    day = clock.today()
    rows = fetch(_identity_of_person(), person_id=person_id, day=day)
    return _viewer(rows[0], day) if rows else None


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
