"""Who is asking: the viewer behind a session or a token, and what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    and_,
    literal,
    null,
    or_,
    select,
    union_all,
)

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
