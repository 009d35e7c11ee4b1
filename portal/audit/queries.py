"""Reading the log of looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.audit.models import Look
from portal.base.db import session
from portal.people.models import Person


@dataclass(frozen=True, slots=True)
class LookLine:
    """Who looked at which part, in what role and why, the last time when."""

    name: str
    role: str
    part: str
    purpose: str
    last_at: datetime
    times: int


def looks_at(person_id: int, limit: int = 25) -> list[LookLine]:
    """The latest looks at this person's file, newest first."""
    rows = session().execute(
        select(Person.name, Look.viewer_role, Look.part, Look.purpose, Look.last_at, Look.times)
        .join(Person, Person.id == Look.viewer_id)
        .where(Look.person_id == person_id)
        .order_by(Look.last_at.desc(), Look.id.desc())
        .limit(limit)
    )
    return [LookLine(*row) for row in rows]
