"""Counting each item's pieces and coins in two ways."""

from __future__ import annotations

from sqlalchemy import case, func, select

from portal.base.db import session
from portal.rewards.models import Order, OrderState, Reward, StockChange


def miscounted() -> list[int]:
    """The items whose kept numbers are not those of their orders and stock changes: none."""
    is_gone = Order.handed_at.is_not(None) & ~Order.is_returned
    ordered = (
        select(
            Order.reward_id,
            func.sum(case((Order.state == OrderState.RESERVED, 1), else_=0)).label("reserved"),
            func.sum(case((is_gone, 1), else_=0)).label("handed"),
        )
        .group_by(Order.reward_id)
        .subquery()
    )
    brought = (
        select(StockChange.reward_id, func.sum(StockChange.pieces).label("pieces"))
        .group_by(StockChange.reward_id)
        .subquery()
    )
    differs = (
        (Reward.reserved != func.coalesce(ordered.c.reserved, 0))
        | (Reward.handed != func.coalesce(ordered.c.handed, 0))
        | (Reward.stock != func.coalesce(brought.c.pieces, 0))
    )
    statement = (
        select(Reward.id)
        .outerjoin(ordered, ordered.c.reward_id == Reward.id)
        .outerjoin(brought, brought.c.reward_id == Reward.id)
        .where(differs)
        .order_by(Reward.id)
    )
    return list(session().scalars(statement))
