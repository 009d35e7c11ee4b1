"""Rewards for programs: the same policies and rules as the pages."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from flask_babel import gettext as _
from pydantic import BaseModel

from portal.base import clock
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.api import Api, KeysetQuery, Problem
from portal.base.errors import Refused
from portal.rewards import policy, queries, rules
from portal.rewards.models import Order, Reward

api = Api("rewards", __name__)


class RewardPath(BaseModel):
    reward_id: int


class RewardOut(BaseModel):
    """An item: its price in coins, and how many can still be ordered."""

    id: int
    name: str
    story: str
    price: int
    left: int
    per_person: int | None
    per_month: int | None
    opens_on: str
    closes_on: str | None
    fetch_at: str


class RewardsOut(BaseModel):
    rewards: list[RewardOut]
    next: str | None


class OrderOut(BaseModel):
    """An order of yours; `code` is what you say when you fetch it, null once it is over."""

    id: int
    reward_id: int
    name: str
    price: int
    state: str
    code: str | None
    ordered_at: str
    fetch_by: str
    fetch_at: str


class OrdersOut(BaseModel):
    orders: list[OrderOut]
    next: str | None


def reward_json(reward: Reward) -> dict[str, Any]:
    return {
        "id": reward.id,
        "name": reward.name,
        "story": reward.story,
        "price": reward.price,
        "left": reward.left,
        "per_person": reward.per_person,
        "per_month": reward.per_month,
        "opens_on": reward.opens_on.isoformat(),
        "closes_on": reward.closes_on.isoformat() if reward.closes_on else None,
        "fetch_at": reward.fetch_at,
    }


def order_json(order: Order, reward: Reward) -> dict[str, Any]:
    return {
        "id": order.id,
        "reward_id": reward.id,
        "name": reward.name,
        "price": order.price,
        "state": str(order.state),
        "code": order.code if order.is_waiting else None,
        "ordered_at": order.ordered_at.isoformat(),
        "fetch_by": order.fetch_by.isoformat(),
        "fetch_at": reward.fetch_at,
    }


def _numbers(query: KeysetQuery, pattern: str) -> list[int] | None:
    """The numbers of `after`. Raises Refused for what no list ever said."""
    if query.after is None:
        return None
    found = re.fullmatch(pattern, query.after, re.ASCII)
    if found is None:
        raise Refused(_("after 要用上一页给出的 next。"), "after")
    return [min(int(number), LARGEST_ID) for number in found.groups()]


@api.get("/", who=signed_in, scope="rewards:read", responses={"200": RewardsOut})
def rewards(query: KeysetQuery) -> Any:
    """What you can exchange coins for, the cheapest first"""
    after = _numbers(query, r"([0-9]{1,9})_([0-9]{1,18})")
    found = queries.offered(
        me, clock.today(), after=(after[0], after[1]) if after else None, limit=query.limit
    )
    lines = found[: query.limit]
    more = f"{lines[-1].price}_{lines[-1].id}" if len(found) > query.limit else None
    return {"rewards": [reward_json(reward) for reward in lines], "next": more}


@api.get("/orders", who=signed_in, scope="rewards:read", responses={"200": OrdersOut})
def orders(query: KeysetQuery) -> Any:
    """What you ordered, the latest first"""
    after = _numbers(query, r"([0-9]{1,18})")
    found = queries.of_person(me.id, after=after[0] if after else None, limit=query.limit)
    lines = found[: query.limit]
    more = str(lines[-1].Order.id) if len(found) > query.limit else None
    return {"orders": [order_json(row.Order, row.Reward) for row in lines], "next": more}


@api.post(
    "/<int:reward_id>/orders",
    who=signed_in,
    scope="rewards:write",
    keyed=True,
    responses={"201": OrderOut, "409": Problem, "422": Problem},
)
def order(path: RewardPath) -> Any:
    """Order one: it is set aside for you, and so are the coins"""
    reward = load(Reward, path.reward_id, see=policy.may_see, may=policy.may_order)
    return order_json(rules.place_order(me, reward), reward), HTTPStatus.CREATED
