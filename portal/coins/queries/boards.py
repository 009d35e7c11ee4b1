"""Reading boards: teams per head and values by month or quarter, the own team, its goal.

Who left the boards is left out by one condition, `on_boards`, for page, API and export alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    String,
    and_,
    bindparam,
    exists,
    func,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.db import AnySelect, fetch
from portal.base.history import true_on
from portal.coins.models import (
    Account,
    Award,
    GoalKind,
    OffBoards,
    TeamGoal,
    TeamTotal,
    Transfer,
    Value,
    ValueTotal,
    WalletMonth,
)
from portal.coins.queries.ledger import month_of, months_until, wallet_of
from portal.people.models import Employment, Person, Position, Term, Unit
from portal.people.queries import unit_lines

Key = TypeVar("Key", bound=Hashable)
LEAST = 5
"""No group of fewer people is shown, nor one that would let such a group be worked out."""
MOST_MATES = 100


# ---- periods ----------------------------------------------------------------------------------


class Span(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Period:
    """A month ("2026-11") or a quarter ("2026-Q4") with its months and its days, both included."""

    key: str
    months: tuple[str, ...]
    first: date
    last: date


def period_of(day: date, span: Span) -> Period:
    """The month or the quarter that a day lies in."""
    if span is Span.MONTH:
        first, count, key = day.replace(day=1), 1, month_of(day)
    else:
        quarter = (day.month - 1) // 3
        first, count = date(day.year, quarter * 3 + 1, 1), 3
        key = f"{day.year:04d}-Q{quarter + 1}"
    last = (first + timedelta(days=31 * count)).replace(day=1) - timedelta(days=1)
    return Period(key, tuple(months_until(last, count)), first, last)


def periods_kept(day: date) -> tuple[Period, ...]:
    """What boards show on a day: this month and quarter, and those before them."""
    found: list[Period] = []
    for span in Span:
        this = period_of(day, span)
        found += [this, period_of(this.first - timedelta(days=1), span)]
    return tuple(found)


def large_enough(heads: Mapping[Key, int], rest: int = 0) -> frozenset[Key]:
    """Which groups of a whole may be shown: those of five and more, as long as what is left over
    of the whole (with the `rest` who are in no group) is nobody, or five and more."""
    shown = sorted((key for key in heads if heads[key] >= LEAST), key=lambda key: heads[key])
    hidden = rest + sum(count for count in heads.values() if count < LEAST)
    while shown and 0 < hidden < LEAST:
        hidden += heads[shown.pop(0)]
    return frozenset(shown)


# ---- who is on boards --------------------------------------------------------------------------


def on_boards(person_id: Any) -> ColumnElement[bool]:
    """The condition that this person (an id, or a column of ids) may stand on a board."""
    return ~exists(select(OffBoards.person_id).where(OffBoards.person_id == person_id))


def is_on_boards(person_id: int) -> bool:
    """Whether this person may stand on a board."""
    return not fetch(_off(), person_id=person_id)


@cache
def _off() -> AnySelect:
    return select(OffBoards.person_id).where(OffBoards.person_id == bindparam("person_id"))


def received_by_person(day: Any, months: Any) -> AnySelect:
    """Everybody who works in a unit on `day`: unit, shift, person, whether they are on boards,
    and the coins received in `months`, from the kept monthly totals."""
    return (
        select(
            Position.unit_id,
            func.coalesce(Position.shift, "").label("shift"),
            Employment.person_id,
            on_boards(Employment.person_id).label("is_on"),
            func.coalesce(func.sum(WalletMonth.received), 0).label("coins"),
        )
        .select_from(Position)
        .join(Employment, Employment.id == Position.employment_id)
        .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, day)))
        .outerjoin(Account, and_(*wallet_of(Employment.person_id)))
        .outerjoin(
            WalletMonth,
            and_(WalletMonth.account_id == Account.id, WalletMonth.month.in_(months)),
        )
        .where(true_on(Position, day))
        .group_by(Position.unit_id, Position.shift, Employment.person_id)
    )


# ---- boards -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team on a board. `per_head`: hundredths of a coin."""

    unit_id: int
    name: str
    per_head: int


def teams(period: Period, after: tuple[int, int] | None = None, limit: int = 25) -> list[TeamLine]:
    """Teams by coins received per head, keyset-paged: `limit` lines and one more."""
    values: dict[str, Any] = {"period": period.key, "most": limit + 1}
    if after is not None:
        values |= {"per_head": after[0], "unit_id": after[1]}
    rows = fetch(_teams(after is not None), **values)
    named = {
        line.id: line.path for line in unit_lines([row.unit_id for row in rows], clock.today())
    }
    return [TeamLine(row.unit_id, named.get(row.unit_id) or row.name, row.per_head) for row in rows]


@cache
def _teams(is_further: bool) -> AnySelect:
    query = (
        select(TeamTotal.unit_id, Unit.name, TeamTotal.per_head)
        .join(Unit, Unit.id == TeamTotal.unit_id)
        .where(TeamTotal.period == bindparam("period"), TeamTotal.shown)
        .order_by(TeamTotal.per_head.desc(), TeamTotal.unit_id.desc())
        .limit(bindparam("most", type_=BigInteger))
    )
    place: Any = (bindparam("per_head", type_=BigInteger), bindparam("unit_id", type_=BigInteger))
    if is_further:
        query = query.where(tuple_(TeamTotal.per_head, TeamTotal.unit_id) < tuple_(*place))
    return query


def values(period: Period) -> dict[str, int]:
    """How often each value was recognised in the house, the most frequent first."""
    rows = fetch(_values(), period=period.key)
    return {row.value: row.awards for row in rows}


@cache
def _values() -> AnySelect:
    return (
        select(ValueTotal.value, ValueTotal.awards)
        .where(ValueTotal.period == bindparam("period"))
        .order_by(ValueTotal.awards.desc(), ValueTotal.value)
    )


@dataclass(frozen=True, slots=True)
class MateLine:
    """Somebody of the own team on its board, with the coins received in the period."""

    id: int
    name: str
    coins: int


def mates(unit_id: int | None, period: Period) -> list[MateLine]:
    """Those of one team who received something and are on boards: a hundred at most."""
    if unit_id is None:
        return []
    rows = fetch(
        _mates(), unit_id=unit_id, months=list(period.months), day=clock.today(), most=MOST_MATES
    )
    return [MateLine(row[0], row[1], int(row[2])) for row in rows]


@cache
def _mates() -> AnySelect:
    each = _one_team().subquery()
    return (
        select(Person.id, Person.name, each.c.coins)
        .join(each, each.c.person_id == Person.id)
        .where(each.c.is_on, each.c.coins > 0)
        .order_by(each.c.coins.desc(), Person.sort_key, Person.id)
        .limit(bindparam("most", type_=BigInteger))
    )


def _one_team() -> AnySelect:
    day: Any = bindparam("day", type_=Date)
    months = bindparam("months", expanding=True, type_=String)
    return received_by_person(day, months).where(Position.unit_id == bindparam("unit_id"))


# ---- goals ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Goal:
    """A team's goal of the month and how far it has come. None: the team is too small to say."""

    kind: GoalKind
    done: int | None
    of: int
    reached: bool

    @property
    def label(self) -> str:
        return self.kind.label


def goal(unit_id: int | None, day: date) -> Goal | None:
    """The goal of a team in the month of `day`; no names, and no numbers of a handful."""
    rows = fetch(_goal(), unit_id=unit_id, month=month_of(day)) if unit_id else ()
    if not rows:
        return None
    kind = GoalKind(rows[0].kind)
    period = period_of(day, Span.MONTH)
    if kind is GoalKind.VALUES:
        found = fetch(_values_seen(), unit_id=unit_id, first=period.first, last=period.last)
        return Goal(kind, found[0][0], len(Value), found[0][0] >= len(Value))
    [(heads, people)] = fetch(_seen(), unit_id=unit_id, months=list(period.months), day=day)
    return Goal(kind, people if heads >= LEAST else None, heads, 0 < heads <= people)


@cache
def _goal() -> AnySelect:
    return select(TeamGoal.kind).where(
        TeamGoal.unit_id == bindparam("unit_id"), TeamGoal.month == bindparam("month")
    )


@cache
def _seen() -> AnySelect:
    each = _one_team().subquery()
    return select(func.count(), func.count(func.nullif(each.c.coins > 0, False)))


@cache
def _values_seen() -> AnySelect:
    undo = aliased(Transfer)
    return (
        select(func.count(func.distinct(Award.value)))
        .join(Transfer, Transfer.id == Award.transfer_id)
        .where(
            Award.unit_id == bindparam("unit_id"),
            Transfer.happened_on.between(
                bindparam("first", type_=Date), bindparam("last", type_=Date)
            ),
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
    )
