"""Orders: my own, those that HR of a site looks after, and the one with a certain code."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache

from sqlalchemy import ColumnElement, bindparam, func, select, true
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.people.models import Person, Unit
from portal.rewards.models import COUNTED, Order, OrderState, Reward

PAGE = 25


def midnight(day: date) -> datetime:
    """The moment a day begins, on the clock at home."""
    return datetime.combine(day, time(), clock.HOME_ZONE)


def of_person(person_id: int, *, after: int | None = None, limit: int = PAGE) -> list[AnyRow]:
    """What somebody ordered, for themself only: (Order, Reward), the latest first; one more."""
    statement = (
        select(Order, Reward)
        .join(Reward, Reward.id == Order.reward_id)
        .where(Order.person_id == person_id)
        .order_by(Order.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(Order.id < after)
    return list(session().execute(statement))


def waiting_for(person_id: int) -> int:
    """How many of somebody's orders wait to be fetched."""
    found: int = fetch(_waiting_for(), person_id=person_id)[0][0]
    return found


@cache
def _waiting_for() -> AnySelect:
    return select(func.count()).where(
        Order.person_id == bindparam("person_id"), Order.state == OrderState.RESERVED.value
    )


def counted(reward_id: int, person_id: int) -> tuple[int, int]:
    """How many of an item somebody has or is about to have: ever, and in this month."""
    month = func.count().filter(Order.ordered_at >= midnight(clock.today().replace(day=1)))
    row = session().execute(
        select(func.count(), month).where(
            Order.reward_id == reward_id, Order.person_id == person_id, Order.state.in_(COUNTED)
        )
    )
    ever, this_month = row.one()
    return ever, this_month


def looked_after(viewer: Viewer) -> ColumnElement[bool]:
    """The orders that this viewer looks after as HR: the twin of `policy.may_see_order`, less
    their own."""
    units = viewer.units_as("hr")
    return true() if units is None else Order.unit_id.in_(units)


def of_site(
    viewer: Viewer, state: OrderState, *, after: int | None = None, limit: int = PAGE
) -> list[AnyRow]:
    """The orders that HR looks after: (Order, Reward, name), the latest first; one more."""
    statement = (
        select(Order, Reward, Person.name)
        .join(Reward, Reward.id == Order.reward_id)
        .join(Person, Person.id == Order.person_id)
        .where(Order.state == state, looked_after(viewer))
        .order_by(Order.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(Order.id < after)
    return list(session().execute(statement))


def with_code(code: str) -> int | None:
    """The order that waits to be fetched with this code."""
    return session().scalar(
        select(Order.id).where(Order.code == code, Order.state == OrderState.RESERVED)
    )


def names_on(order: Order) -> AnyRow:
    """The names that belong to an order: person, handed_by, refunded_by, unit."""
    giver, refunder = aliased(Person), aliased(Person)
    statement = (
        select(
            Person.name.label("person"),
            giver.name.label("handed_by"),
            refunder.name.label("refunded_by"),
            Unit.name.label("unit"),
        )
        .select_from(Order)
        .join(Person, Person.id == Order.person_id)
        .outerjoin(giver, giver.id == Order.handed_by_id)
        .outerjoin(refunder, refunder.id == Order.refunded_by_id)
        .outerjoin(Unit, Unit.id == Order.unit_id)
        .where(Order.id == order.id)
    )
    return session().execute(statement).one()
