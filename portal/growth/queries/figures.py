"""Monthly figures of a person, with the middle of their team where the team is large enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from statistics import median
from typing import Any

from sqlalchemy import Date, bindparam, func, literal, select, union_all

from portal.base.db import AnyRow, AnySelect, BigKey, UtcDateTime, fetch, session
from portal.base.history import known_on, true_on
from portal.growth.models import MonthlyFigure
from portal.people.models import Employment, Position

SMALLEST_GROUP = 5
"""Of fewer people no middle is shown: it would tell about single ones."""

VALUES = (
    MonthlyFigure.calls,
    MonthlyFigure.talk_seconds,
    MonthlyFigure.satisfaction_share,
    MonthlyFigure.quality_score,
    MonthlyFigure.first_resolution_share,
    MonthlyFigure.complaints,
    MonthlyFigure.praises,
    MonthlyFigure.attendance_days,
    MonthlyFigure.late_times,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A month of one person; units as in MonthlyFigure."""

    month: date
    calls: int | None
    talk_seconds: int | None
    satisfaction_share: float | None
    quality_score: float | None
    first_resolution_share: float | None
    complaints: int | None
    praises: int | None
    attendance_days: float | None
    late_times: int | None


@dataclass(frozen=True, slots=True)
class Medians:
    """The middle of a team in the latest month; None where fewer than five have a value."""

    satisfaction_share: float | None = None
    calls: float | None = None
    praises: float | None = None


def back(month: date, months: int) -> date:
    """The first day of the month so many months before."""
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def last_whole_month(day: date) -> date:
    """The first day of the latest month that has ended by `day` (included)."""
    first = day.replace(day=1)
    following = back(first, -1)
    return first if (following - day).days == 1 else back(first, 1)


def figures(
    person_id: int,
    *,
    first: date,
    last: date,
    team_id: int | None = None,
    day: date | None = None,
    known_at: datetime | None = None,
) -> tuple[list[Figure], Medians]:
    """The months from `first` to `last`, oldest first; with `team_id` also the team's middle in the
    person's latest month, the team as of `day`. One query."""
    asked: dict[str, Any] = {"person_id": person_id, "first": first, "last": last}
    if team_id is not None:
        asked |= {"team_id": team_id, "day": day or last}
    if known_at is not None:
        asked["known_at"] = known_at
    rows = fetch(_figures(team_id is not None, known_at is not None), **asked)
    mine: list[AnyRow] = []
    team: list[AnyRow] = []
    for row in rows:
        (mine if row.is_own else team).append(row)
    found = [Figure(*tuple(row)[1:]) for row in sorted(mine, key=lambda row: row.month)]
    return found, _medians(team)


@cache
def _figures(with_team: bool, as_known: bool) -> Any:
    known_at = bindparam("known_at", type_=UtcDateTime) if as_known else None
    own = (
        select(literal(1).label("is_own"), MonthlyFigure.month, *VALUES)
        .join(Employment, Employment.id == MonthlyFigure.employment_id)
        .where(
            Employment.person_id == bindparam("person_id", type_=BigKey),
            MonthlyFigure.month >= bindparam("first", type_=Date),
            MonthlyFigure.month <= bindparam("last", type_=Date),
            known_on(MonthlyFigure, known_at),  # type: ignore[arg-type]
        )
    )
    return union_all(own, _team(own, known_at)) if with_team else own


def _team(own: AnySelect, known_at: Any) -> AnySelect:
    day = bindparam("day", type_=Date)
    latest = select(func.max(own.subquery().c.month)).scalar_subquery()
    return (
        select(literal(0), MonthlyFigure.month, *VALUES)
        .join(Position, Position.employment_id == MonthlyFigure.employment_id)
        .where(
            Position.unit_id == bindparam("team_id", type_=BigKey),
            true_on(Position, day, known_at),
            MonthlyFigure.month == latest,
            known_on(MonthlyFigure, known_at),
        )
    )


def _medians(team: Sequence[AnyRow]) -> Medians:
    def middle(name: str) -> float | None:
        values = [value for row in team if (value := getattr(row, name)) is not None]
        return float(median(values)) if len(values) >= SMALLEST_GROUP else None

    return Medians(middle("satisfaction_share"), middle("calls"), middle("praises"))


def months_of(person_id: int, *, before: date | None, limit: int = 24) -> list[Figure]:
    """The latest months before one, newest first, keyset-paged: `limit` and one more."""
    statement = (
        select(MonthlyFigure.month, *VALUES)
        .join(Employment, Employment.id == MonthlyFigure.employment_id)
        .where(Employment.person_id == person_id, known_on(MonthlyFigure, None))
        .order_by(MonthlyFigure.month.desc(), MonthlyFigure.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(MonthlyFigure.month < before)
    return [Figure(*tuple(row)) for row in session().execute(statement)]
