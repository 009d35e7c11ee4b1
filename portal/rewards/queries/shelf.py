"""Which items there are: for those who choose, and for those who keep them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, session
from portal.people import queries as people
from portal.people.models import Person
from portal.rewards.models import Reward, Shelf, StockChange

PAGE = 24


def kept_by(viewer: Viewer) -> ColumnElement[bool]:
    """The items this viewer keeps: the twin of `policy.may_keep`."""
    units = viewer.units_as("hr")
    if units is None:
        return true()
    return Reward.unit_id.in_(units) if units else false()


def meant_for(viewer: Viewer) -> ColumnElement[bool]:
    """The items for this viewer's site or the whole house: the twin of `policy.is_for`."""
    return or_(Reward.unit_id.is_(None), Reward.unit_id.in_(viewer.place))


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The items this viewer may see: the twin of `policy.may_see`."""
    return or_(kept_by(viewer), and_(Reward.shelf == Shelf.SHOWN, meant_for(viewer)))


def offered(
    viewer: Viewer,
    day: date,
    *,
    most: int | None = None,
    after: tuple[int, int] | None = None,
    limit: int = PAGE,
) -> list[Reward]:
    """What this viewer finds in the shop, the cheapest first; one more than `limit`.

    Items to come are among them, so that one can save up. most: what they may cost at most.
    after: price and id of the last item before.
    """
    statement = (
        select(Reward)
        .where(
            Reward.shelf == Shelf.SHOWN,
            meant_for(viewer),
            or_(Reward.closes_on.is_(None), Reward.closes_on >= day),
        )
        .order_by(Reward.price, Reward.id)
        .limit(limit + 1)
    )
    if most is not None:
        statement = statement.where(Reward.price <= most)
    if after is not None:
        price, reward_id = after
        dearer = or_(Reward.price > price, and_(Reward.price == price, Reward.id > reward_id))
        statement = statement.where(dearer)
    return list(session().scalars(statement))


def kept(
    viewer: Viewer, shelf: Shelf, *, after: int | None = None, limit: int = PAGE
) -> list[Reward]:
    """The items that this viewer keeps, the newest first; one more than `limit`."""
    statement = (
        select(Reward)
        .where(Reward.shelf == shelf, kept_by(viewer))
        .order_by(Reward.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(Reward.id < after)
    return list(session().scalars(statement))


def stock_changes(reward_id: int, limit: int = 20) -> list[AnyRow]:
    """How the stock of an item changed: (id, pieces, reason, at, name), the latest first."""
    statement = (
        select(StockChange.id, StockChange.pieces, StockChange.reason, StockChange.at, Person.name)
        .join(Person, Person.id == StockChange.by_id)
        .where(StockChange.reward_id == reward_id)
        .order_by(StockChange.id.desc())
        .limit(limit)
    )
    return list(session().execute(statement))


def sites() -> dict[int, str]:
    """The names of the sites an item can be for."""
    return {unit.id: unit.name for unit in people.sites(clock.today())}
