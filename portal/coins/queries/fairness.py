"""Fairness at the moment of giving: what a leader should see before the next coin.

No roster tells the hours worked yet, so groups are compared per head.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Date, String, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.base.db import AnySelect, fetch
from portal.base.history import true_on
from portal.coins.models import (
    Account,
    AccountKind,
    Award,
    Currency,
    Entry,
    GroupTotal,
    Reason,
    Transfer,
)
from portal.coins.queries.boards import LEAST, Span, period_of, received_by_person
from portal.coins.queries.ledger import months_until
from portal.people.models import Position, Unit, UnitPath

MONTHS_OF_USE = 6
STEPS = (0, 5, 10, 20)
"""The spread counts people with no coins, up to 5, up to 10, up to 20, and more."""
FEW_RECEIVERS = 4


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A shift of the unit, or a site, with the coins received per head."""

    name: str
    per_head: float


@dataclass(frozen=True, slots=True)
class Fairness:
    """What stands beside an award, over this quarter.

    `top_share`: how many per cent of what this giver gave went to three people; None where so few
    received something that it would say nothing.
    """

    shifts: tuple[GroupLine, ...]
    sites: tuple[GroupLine, ...]
    top_share: int | None

    def __bool__(self) -> bool:
        return bool(self.shifts or self.sites or self.top_share is not None)


def fairness(giver_id: int, unit_id: int, day: date) -> Fairness:
    """The numbers beside an award from a unit, in two queries."""
    quarter = period_of(day, Span.QUARTER)
    groups = fetch(_groups(), period=quarter.key, unit_id=unit_id)
    shifts = tuple(GroupLine(row.shift, row.coins / row.heads) for row in groups if row.shift)
    sites = tuple(GroupLine(row.name, row.coins / row.heads) for row in groups if not row.shift)
    given = [
        row.coins
        for row in fetch(_given(), giver_id=giver_id, first=quarter.first, last=quarter.last)
    ]
    share = round(100 * sum(given[:3]) / sum(given)) if len(given) >= FEW_RECEIVERS else None
    return Fairness(shifts if len(shifts) > 1 else (), sites if len(sites) > 1 else (), share)


@cache
def _groups() -> AnySelect:
    """The shifts of the unit, and all sites as a whole; only what may be shown."""
    is_shift = and_(GroupTotal.unit_id == bindparam("unit_id"), GroupTotal.shift != "")
    is_site = and_(
        GroupTotal.unit_id.in_(select(Unit.id).where(Unit.kind == "site")), GroupTotal.shift == ""
    )
    return (
        select(GroupTotal.shift, Unit.name, GroupTotal.heads, GroupTotal.coins)
        .join(Unit, Unit.id == GroupTotal.unit_id)
        .where(GroupTotal.period == bindparam("period"), GroupTotal.shown, or_(is_shift, is_site))
        .order_by(GroupTotal.shift, Unit.name, Unit.id)
    )


@cache
def _given() -> AnySelect:
    """What a giver awarded to each person, the most first."""
    undo, total = aliased(Transfer), func.sum(Entry.amount)
    return (
        select(total.label("coins"))
        .select_from(Award)
        .join(Transfer, Transfer.id == Award.transfer_id)
        .join(Entry, Entry.transfer_id == Transfer.id)
        .join(Account, and_(Account.id == Entry.account_id, Account.kind == AccountKind.WALLET))
        .where(
            Award.by_id == bindparam("giver_id"),
            Transfer.happened_on.between(
                bindparam("first", type_=Date), bindparam("last", type_=Date)
            ),
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
        .group_by(Account.owner_id)
        .order_by(total.desc())
    )


# ---- the pictures of a team -------------------------------------------------------------------


def spread(unit_id: int, day: date) -> list[int] | None:
    """How many people of a unit received how much this quarter, by `STEPS`; None under five."""
    quarter = period_of(day, Span.QUARTER)
    rows = fetch(_spread(), unit_id=unit_id, day=day, months=list(quarter.months))
    found = {row.step: row.heads for row in rows}
    if sum(found.values()) < LEAST:
        return None
    return [found.get(step, 0) for step in range(len(STEPS) + 1)]


@cache
def _spread() -> AnySelect:
    day: Any = bindparam("day", type_=Date)
    inside = (
        select(UnitPath.id)
        .where(
            UnitPath.unit_id == Position.unit_id,
            UnitPath.ancestor_id == bindparam("unit_id"),
            true_on(UnitPath, day),
        )
        .correlate(Position)
    )
    months = bindparam("months", expanding=True, type_=String)
    each = received_by_person(day, months).where(exists(inside)).subquery()
    step = case(
        *((each.c.coins <= most, place) for place, most in enumerate(STEPS)), else_=len(STEPS)
    ).label("step")
    return select(step, func.count().label("heads")).group_by(step)


def use_by_month(unit_id: int, day: date) -> dict[str, int]:
    """What was given out of a unit's budgets in each of the last months, net of what came back."""
    months = months_until(day, MONTHS_OF_USE)
    given = {row.period: -int(row.coins) for row in fetch(_use(), unit_id=unit_id, months=months)}
    return {month: given.get(month, 0) for month in months}


@cache
def _use() -> AnySelect:
    original = aliased(Transfer)
    return (
        select(Account.period, func.sum(Entry.amount).label("coins"))
        .join(Entry, Entry.account_id == Account.id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(original, original.id == Transfer.reverses_id)
        .where(
            Account.kind == AccountKind.BUDGET,
            Account.owner_id == bindparam("unit_id"),
            Account.period.in_(bindparam("months", expanding=True, type_=String)),
            Account.currency == Currency.COIN,
            func.coalesce(original.reason, Transfer.reason) == Reason.AWARD,
        )
        .group_by(Account.period)
    )
