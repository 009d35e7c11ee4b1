"""Orders: placed, cancelled, and what becomes of those that nobody fetches.

Every verb locks the item first and the coins after it, so that two never wait for each other in a
circle; the conditional UPDATE of the item decides who gets the last one.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import or_, select, update
from sqlalchemy.orm.util import identity_key

from portal.base import clock, once
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import AccountKind, Hold, HoldState
from portal.coins.rules import Short, account, hold, void_hold
from portal.notify.rules import tell, tell_many
from portal.rewards.models import CODE_DIGITS, Order, OrderState, Reward, Shelf
from portal.rewards.queries import counted, midnight, with_code

DAYS_TO_FETCH = 14
DAYS_OF_WARNING = 3
SPARE = timedelta(days=1)
"""The coins are held so much longer than the piece: the order ends first, and releases them."""
TOLD_FROM = time(9)
"""Nobody is told in the night that something lapses."""


def place_order(by: Viewer, reward: Reward) -> Order:
    """Order one piece: it is set aside, and so are the coins. Raises Refused.

    Refused: not on the shelf today, none left, more than one may have, not enough coins.
    """
    today = clock.today()
    _take_one(reward, today)
    _check_limits(by, reward)
    lapses_at = midnight(today + timedelta(days=DAYS_TO_FETCH + 1))
    order = Order(
        reward_id=reward.id,
        person_id=by.id,
        unit_id=reward.unit_id or (by.place[-1] if by.place else None),
        price=reward.price,
        code=_free_code(),
        hold_id=_set_aside(by, reward, lapses_at).id,
        ordered_at=clock.now(),
        lapses_at=lapses_at,
    )
    session().add(order)
    session().flush()
    tell(
        by.id,
        kind="rewards.ready",
        key=f"rewards:ready:{order.id}",
        link=f"/rewards/orders/{order.id}",
        params=_told(order, reward),
    )
    return order


def _take_one(reward: Reward, today: date) -> None:
    """Reserve a piece, and keep the item locked until the commit. Raises Refused (409)."""
    taken = session().scalar(
        update(Reward)
        .where(
            Reward.id == reward.id,
            Reward.shelf == Shelf.SHOWN,
            Reward.opens_on <= today,
            or_(Reward.closes_on.is_(None), Reward.closes_on >= today),
            Reward.reserved + Reward.handed < Reward.stock,
        )
        .values(reserved=Reward.reserved + 1)
        .returning(Reward.id)
        .execution_options(synchronize_session=False)
    )
    session().refresh(reward)
    if taken is not None:
        return
    if reward.shelf == Shelf.SHOWN and today < reward.opens_on:
        raise Refused(_("还没有开始兑换，到时候再来。"), status=409)
    if not reward.is_open(today):
        raise Refused(_("这件已经不能兑换了，看看别的吧。"), status=409)
    raise Refused(_("刚刚被换完了，你的金币没有动。看看别的，或者等补货。"), status=409)


def _check_limits(by: Viewer, reward: Reward) -> None:
    if reward.per_person is None and reward.per_month is None:
        return
    ever, this_month = counted(reward.id, by.id)
    if reward.per_person is not None and ever >= reward.per_person:
        raise Refused(
            ngettext(
                "这件每人只能换 %(num)s 件，你已经换满了。",
                "这件每人只能换 %(num)s 件，你已经换满了。",
                reward.per_person,
            ),
            status=409,
        )
    if reward.per_month is not None and this_month >= reward.per_month:
        raise Refused(
            ngettext(
                "这件每人每月只能换 %(num)s 件，下个月再来。",
                "这件每人每月只能换 %(num)s 件，下个月再来。",
                reward.per_month,
            ),
            status=409,
        )


def _set_aside(by: Viewer, reward: Reward, lapses_at: datetime) -> Hold:
    """Hold the price in coins. Raises Refused saying how many are missing."""
    try:
        return hold(
            key=f"rewards:{reward.id}:{once.new_key()}",
            account_id=account(AccountKind.WALLET, by.id).id,
            amount=reward.price,
            by_id=by.id,
            lapses_at=lapses_at + SPARE,
            about=f"reward:{reward.id}",
        )
    except Short as short:
        missing = reward.price - short.left
        raise Refused(
            ngettext(
                "还差 %(num)s 枚金币。再攒一攒，它会等你。",
                "还差 %(num)s 枚金币。再攒一攒，它会等你。",
                missing,
            )
        ) from short


def _free_code() -> str:
    """Six digits that no waiting order has."""
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        if with_code(code) is None:
            return code


def _told(order: Order, reward: Reward, **more: str | int) -> dict[str, str | int]:
    """What a notice about an order says of it."""
    facts: dict[str, str | int] = {"item": reward.name, "coins": order.price}
    return facts | {"at": reward.fetch_at, "until": order.fetch_by.isoformat()} | more


# ---- an order ends ----------------------------------------------------------------------------


def held(order: Order) -> Hold:
    """The coins that are set aside for an order."""
    return session().get_one(Hold, order.hold_id)


def release(order: Order, *, by_id: int | None, word: str, lapsed: bool = False) -> None:
    """Give the coins of an order back. Those whose hold has lapsed before are back already."""
    coins = held(order)
    if coins.state != HoldState.LAPSED:
        void_hold(coins, key=f"rewards:order:{order.id}:{word}", by_id=by_id, lapsed=lapsed)


def end(order: Order, *, was: OrderState, now: OrderState, handed: int, **values: Any) -> None:
    """Bring an order from one state into the next, and its piece with it. Raises Refused (409).

    handed: by how much the pieces that are gone change. The item is locked before the order.
    """
    session().execute(select(Reward.id).where(Reward.id == order.reward_id).with_for_update())
    ended = session().scalar(
        update(Order)
        .where(Order.id == order.id, Order.state == was)
        .values(state=now, **values)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    session().refresh(order)
    if ended is None:
        told = _("这一单的状态已经变了，现在是“%(state)s”。", state=order.standing)
        raise Refused(told, status=409)
    was_set_aside = int(was == OrderState.RESERVED)
    _give_back(order.reward_id, reserved=was_set_aside, handed=handed)


def _give_back(reward_id: int, *, reserved: int, handed: int = 0) -> None:
    session().execute(
        update(Reward)
        .where(Reward.id == reward_id)
        .values(reserved=Reward.reserved - reserved, handed=Reward.handed + handed)
        .execution_options(synchronize_session=False)
    )
    known = session().identity_map.get(identity_key(Reward, reward_id))
    if known is not None:
        session().expire(known)


def cancel(by: Viewer, order: Order) -> None:
    """The person has thought better of it: piece and coins go back. Raises Refused (409)."""
    end(
        order,
        was=OrderState.RESERVED,
        now=OrderState.CANCELLED,
        handed=0,
        cancelled_at=clock.now(),
    )
    release(order, by_id=by.id, word="cancelled")


# ---- what nobody fetches ------------------------------------------------------------------------


def lapse(day: date) -> int:
    """Give back what was not fetched until `day`: pieces, coins, and word of it. Answers how many.

    All items are locked before any coins are moved.
    """
    due = select(Order.reward_id).where(
        Order.state == OrderState.RESERVED, Order.lapses_at <= midnight(day)
    )
    lapsed: list[int] = []
    for reward_id in session().scalars(due.distinct().order_by(Order.reward_id)).all():
        lapsed += _lapse_item(reward_id, day)
    for order in session().scalars(select(Order).where(Order.id.in_(lapsed)).order_by(Order.id)):
        release(order, by_id=None, word="lapsed", lapsed=True)
    tell_many(_words_of(lapsed, "lapsed"))
    return len(lapsed)


def _lapse_item(reward_id: int, day: date) -> list[int]:
    session().execute(select(Reward.id).where(Reward.id == reward_id).with_for_update())
    ended = session().scalars(
        update(Order)
        .where(
            Order.reward_id == reward_id,
            Order.state == OrderState.RESERVED,
            Order.lapses_at <= midnight(day),
        )
        .values(state=OrderState.LAPSED, lapsed_at=clock.now())
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(ended)
    _give_back(reward_id, reserved=len(ids))
    return ids


def warn(day: date) -> int:
    """Tell those whose order lapses within three days, once for each. Answers how many."""
    ids = session().scalars(
        select(Order.id).where(
            Order.state == OrderState.RESERVED,
            Order.lapses_at > midnight(day),
            Order.lapses_at <= midnight(day + timedelta(days=DAYS_OF_WARNING)),
        )
    )
    return tell_many(_words_of(list(ids), "soon"))


def _words_of(order_ids: list[int], word: str) -> list[dict[str, Any]]:
    rows = session().execute(
        select(Order, Reward)
        .join(Reward, Reward.id == Order.reward_id)
        .where(Order.id.in_(order_ids))
        .order_by(Order.id)
        .execution_options(populate_existing=True)
    )
    morning = datetime.combine(clock.today(), TOLD_FROM, clock.HOME_ZONE)
    return [
        {
            "person_id": order.person_id,
            "kind": f"rewards.{word}",
            "key": f"rewards:{word}:{order.id}",
            "link": f"/rewards/orders/{order.id}",
            "not_before": max(morning, clock.now()),
            "params": _told(order, reward),
        }
        for order, reward in rows
    ]
