"""Who holds which role over what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.base.db import AnyRow, session
from portal.base.history import true_on
from portal.people.models import Employment, Person, Position, RoleGrant, Term, Unit
from portal.people.queries.units import below, below_column


def holders(role: str, place: Sequence[int] | None, day: date) -> list[int]:
    """Who holds `role` over a place, the nearest unit first, or else over the whole house."""
    statement = select(RoleGrant.person_id, RoleGrant.unit_id).where(
        RoleGrant.role == role,
        RoleGrant.valid_from <= day,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day),
        or_(RoleGrant.unit_id.is_(None), RoleGrant.unit_id.in_(list(place or ()))),
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


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A role somebody holds, over what, until when."""

    id: int
    person_id: int
    name: str
    staff_no: str
    role: str
    unit_id: int | None
    unit: str | None
    bound: bool
    since: date
    until: date | None


def grants(
    day: date,
    *,
    scope: Collection[int] | None = None,
    role: str = "",
    person_id: int | None = None,
    after: int = 0,
    limit: int = 25,
) -> list[GrantLine]:
    """The roles held on `day` or later, the newest first, keyset-paged: `limit` and one more.

    scope: over one of these units or below them; None is everywhere.
    """
    statement = (
        select(
            RoleGrant.id, RoleGrant.person_id, Person.name, func.max(Employment.staff_no),
            RoleGrant.role, RoleGrant.unit_id, Unit.name,
            RoleGrant.while_in_unit_id.is_not(None), RoleGrant.valid_from, RoleGrant.valid_to,
        )
        .join(Person, Person.id == RoleGrant.person_id)
        .join(Employment, Employment.person_id == Person.id)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .where(or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day), _still_in_unit(day))
        .group_by(RoleGrant.id, Person.name, Unit.name)
        .order_by(RoleGrant.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if scope is not None:
        statement = statement.where(below(scope, RoleGrant.unit_id, day))
    if role:
        statement = statement.where(RoleGrant.role == role)
    if person_id is not None:
        statement = statement.where(RoleGrant.person_id == person_id)
    if after:
        statement = statement.where(RoleGrant.id < after)
    rows: Sequence[AnyRow] = session().execute(statement).all()
    return [GrantLine(*row) for row in rows]
