"""Reading keys: who has no account yet, where somebody is signed in, their tokens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, select

from portal.base import clock
from portal.base.db import AnySelect, session
from portal.people.models import (
    ApiToken,
    Credential,
    Person,
    Position,
    Role,
    RoleGrant,
    Unit,
    WebSession,
)
from portal.people.queries.staff import StaffLine, lines, staff
from portal.people.queries.units import below

MOST_UNITS = 200


WEIGHTY = (Role.ADMINISTRATOR, Role.AUDITOR, Role.GENERAL_MANAGER, Role.HR)
"""Whoever holds one of these gets a password from the administrator only: who could hand it out
would have the role."""


def _waiting(scope: Collection[int] | None, day: date) -> AnySelect:
    statement = staff(day).where(
        ~exists(select(Credential.person_id).where(Credential.person_id == Person.id))
    )
    return statement if scope is None else statement.where(below(scope, Position.unit_id, day))


def without_account(
    unit_id: int, scope: Collection[int] | None, day: date, *, weighty: bool = False
) -> list[StaffLine]:
    """The people in service in or under a unit who have no account yet, within `scope`.

    weighty: also those who hold a weighty role.
    """
    statement = _waiting(scope, day).where(below([unit_id], Position.unit_id, day))
    if not weighty:
        holds = select(RoleGrant.id).where(
            RoleGrant.person_id == Person.id,
            RoleGrant.role.in_(WEIGHTY),
            RoleGrant.valid_to.is_(None) | (RoleGrant.valid_to > day),
        )
        statement = statement.where(~exists(holds))
    return lines(statement.order_by(Unit.name, Person.sort_key, Person.id))


@dataclass(frozen=True, slots=True)
class WaitingUnit:
    """A unit where people wait for their first password, and how many."""

    id: int
    name: str
    count: int


def units_waiting(scope: Collection[int] | None, day: date) -> list[WaitingUnit]:
    """The units, within `scope`, in which people have no account yet."""
    waiting = _waiting(scope, day).subquery()
    rows = session().execute(
        select(waiting.c.unit_id, waiting.c.unit, func.count())
        .where(waiting.c.unit_id.is_not(None))
        .group_by(waiting.c.unit_id, waiting.c.unit)
        .order_by(waiting.c.unit, waiting.c.unit_id)
        .limit(MOST_UNITS)
    )
    return [WaitingUnit(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A browser somebody is signed in with."""

    id: int
    agent: str
    created_at: datetime
    seen_at: datetime

    @property
    def device(self) -> str:
        """The browser and system in a few words, as far as it tells."""
        signs = (("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"),
                 ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
        systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
                   ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
        found = [
            next((name for sign, name in names if sign in self.agent), "")
            for names in (signs, systems)
        ]
        return " · ".join(name for name in found if name)


def sessions_of(person_id: int, idle: timedelta) -> list[SessionLine]:
    """Where somebody is signed in, the latest first. idle: a session unused so long is closed."""
    rows = session().execute(
        select(WebSession.id, WebSession.agent, WebSession.created_at, WebSession.seen_at)
        .where(
            WebSession.person_id == person_id,
            WebSession.ended_at.is_(None),
            WebSession.seen_at > clock.now() - idle,
        )
        .order_by(WebSession.seen_at.desc(), WebSession.id.desc())
        .limit(50)
    )
    return [SessionLine(*row) for row in rows]


def tokens_of(person_id: int) -> list[ApiToken]:
    """Somebody's tokens, the newest first."""
    return list(
        session().scalars(
            select(ApiToken)
            .where(ApiToken.person_id == person_id)
            .order_by(ApiToken.id.desc())
            .limit(100)
        )
    )
