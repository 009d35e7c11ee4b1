"""Who holds which role over what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from portal.base.db import session
from portal.base.history import true_on
from portal.people.models import (
    Employment,
    Position,
    RoleGrant,
    Term,
)
from portal.people.queries.units import below_column


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
