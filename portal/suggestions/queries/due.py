"""What the daily reminder must know: whose answers are due, and who stands above those who wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.base.db import AnyRow, session
from portal.base.history import true_on
from portal.people.models import Employment, Position, RoleGrant, Term, UnitPath
from portal.people.queries import below_column
from portal.suggestions.models import Suggestion
from portal.suggestions.queries.lists import waiting

ESCALATE_AFTER_DAYS = 3
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Due:
    """How many first answers one owner owes: late ones, and those for today or tomorrow."""

    owner_id: int
    late: int
    soon: int


def owners_due(day: date) -> list[Due]:
    """The owners who owe a first answer by the day after `day`."""
    is_late = Suggestion.answer_due_on < day
    statement = (
        select(
            Suggestion.owner_id,
            func.sum(case((is_late, 1), else_=0)),
            func.sum(case((is_late, 0), else_=1)),
        )
        .where(waiting(), Suggestion.answer_due_on <= day + timedelta(days=1))
        .group_by(Suggestion.owner_id)
        .order_by(Suggestion.owner_id)
    )
    return [Due(*row) for row in session().execute(statement)]


def long_overdue(day: date) -> dict[int, int]:
    """By owner, how many are three days late or more and have not been brought further up yet."""
    statement = (
        select(Suggestion.owner_id, func.count())
        .where(*to_escalate(day))
        .group_by(Suggestion.owner_id)
        .order_by(Suggestion.owner_id)
    )
    rows: Sequence[AnyRow] = session().execute(statement).all()
    return {row[0]: row[1] for row in rows}


def to_escalate(day: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a suggestion is brought before the next level on `day`."""
    return (
        waiting(),
        Suggestion.answer_due_on <= day - timedelta(days=ESCALATE_AFTER_DAYS),
        Suggestion.escalated_on.is_(None),
    )


def superiors(person_ids: Iterable[int], day: date) -> dict[int, int]:
    """The nearest leader above each person who is not that person; who has none is left out."""
    wanted = sorted(set(person_ids))
    found: dict[int, int] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = session().execute(
            select(Employment.person_id, RoleGrant.person_id)
            .join(Position, and_(Position.employment_id == Employment.id, true_on(Position, day)))
            .join(UnitPath, and_(UnitPath.unit_id == Position.unit_id, true_on(UnitPath, day)))
            .join(
                RoleGrant,
                and_(
                    RoleGrant.unit_id == UnitPath.ancestor_id,
                    RoleGrant.role == "leader",
                    RoleGrant.person_id != Employment.person_id,
                ),
            )
            .where(Employment.person_id.in_(wanted[start : start + CHUNK]), *_held_on(day))
            .order_by(UnitPath.distance, RoleGrant.id)
        )
        for person_id, leader_id in rows:
            found.setdefault(person_id, leader_id)
    return found


def _held_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """The grant holds on `day`, and its holder works here, in the unit it is bound to if any."""
    employed, term, inside = aliased(Employment), aliased(Term), aliased(Position)
    here = (
        select(term.id)
        .join(employed, employed.id == term.employment_id)
        .where(employed.person_id == RoleGrant.person_id, true_on(term, day))
    )
    in_unit = (
        select(inside.id)
        .join(employed, employed.id == inside.employment_id)
        .where(
            employed.person_id == RoleGrant.person_id,
            true_on(inside, day),
            below_column(RoleGrant.while_in_unit_id, inside.unit_id, day),
        )
    )
    return (
        RoleGrant.valid_from <= day,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day),
        exists(here),
        or_(RoleGrant.while_in_unit_id.is_(None), exists(in_unit)),
    )
