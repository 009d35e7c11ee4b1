"""The shelf: items are added and changed, and their stock goes up and down for a reason."""

from __future__ import annotations

from datetime import date
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import update

from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.files import keep_picture
from portal.rewards import policy
from portal.rewards.models import MOST_PIECES, MOST_PRICE, Reward, Shelf, StockChange
from portal.rewards.queries import sites

Picture = tuple[bytes | IO[bytes], str]
"""What was sent, and the name it had."""


def add_item(by: Viewer, *, stock: int, picture: Picture | None = None, **facts: Any) -> Reward:
    """Put a new item on the shelf. `facts` as of `edit_item`. Raises Refused at the field."""
    if not 0 <= stock <= MOST_PIECES:
        raise Refused(_("请填 0 到 %(most)s 之间的整数。", most=MOST_PIECES), "stock")
    reward = Reward(made_by_id=by.id, stock=stock)
    _write(by, reward, picture=picture, **facts)
    session().add(reward)
    session().flush()
    if stock:
        session().add(StockChange(reward_id=reward.id, pieces=stock, by_id=by.id))
        session().flush()
    return reward


def edit_item(by: Viewer, reward: Reward, *, picture: Picture | None = None, **facts: Any) -> None:
    """Change an item. Orders that stand keep their price. Raises Refused at the field.

    `facts`: name, story, price, per_person, per_month, opens_on, closes_on, fetch_at, unit_id,
    shelf. Without a `picture` the old one stays.
    """
    session().refresh(reward, with_for_update=True)
    _write(by, reward, picture=picture, **facts)
    session().flush()


def _write(
    by: Viewer,
    reward: Reward,
    *,
    name: str,
    price: int,
    opens_on: date,
    fetch_at: str,
    picture: Picture | None,
    story: str = "",
    per_person: int | None = None,
    per_month: int | None = None,
    closes_on: date | None = None,
    unit_id: int | None = None,
    shelf: str = Shelf.SHOWN,
) -> None:
    if not 1 <= price <= MOST_PRICE:
        raise Refused(_("请填 1 到 %(most)s 之间的整数。", most=MOST_PRICE), "price")
    if closes_on is not None and closes_on < opens_on:
        raise Refused(_("最后一天不能早于第一天。"), "closes_on")
    if per_person is not None and per_month is not None and per_month > per_person:
        raise Refused(_("每月的限量不能比一共的还多。"), "per_month")
    if shelf not in set(Shelf):
        raise Refused(_("请从列出的里面选一个。"), "shelf")
    if unit_id is not None and unit_id not in sites():
        raise Refused(_("没有这个站点。"), "unit_id")
    reward.name, reward.story, reward.price = name, story or "", price
    reward.per_person, reward.per_month = per_person, per_month
    reward.opens_on, reward.closes_on = opens_on, closes_on
    reward.fetch_at, reward.unit_id, reward.shelf = fetch_at, unit_id, Shelf(shelf)
    if not policy.may_keep(by, reward):
        raise Refused(_("你只能管理自己负责的站点的奖品。"), "unit_id")
    if picture is not None:
        reward.picture_id = keep_picture(*picture).id


def change_stock(by: Viewer, reward: Reward, *, pieces: int, reason: str) -> StockChange:
    """Bring pieces in, or take some off (`pieces` below zero). Raises Refused.

    What is ordered or handed over cannot be taken off.
    """
    if pieces == 0 or abs(pieces) > MOST_PIECES:
        raise Refused(_("请填 1 到 %(most)s 之间的整数。", most=MOST_PIECES), "pieces")
    after = Reward.stock + pieces
    changed = session().scalar(
        update(Reward)
        .where(
            Reward.id == reward.id,
            after >= Reward.reserved + Reward.handed,
            after <= MOST_PIECES,
        )
        .values(stock=after)
        .returning(Reward.id)
        .execution_options(synchronize_session=False)
    )
    session().refresh(reward)
    if changed is None and pieces < 0:
        raise Refused(_("架上只剩 %(left)s 件没有被订，最多减这么多。", left=reward.left), "pieces")
    if changed is None:
        raise Refused(_("一种奖品最多记 %(most)s 件。", most=MOST_PIECES), "pieces")
    row = StockChange(reward_id=reward.id, pieces=pieces, reason=reason, by_id=by.id)
    session().add(row)
    session().flush()
    return row
