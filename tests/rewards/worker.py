"""What one thread does in the parallel tests: orders, hands over, cancels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.base.db import attempt, session
from portal.base.errors import Refused
from portal.people.queries import viewer_of_person
from portal.rewards import rules
from portal.rewards.jobs import lapse_orders
from portal.rewards.models import Order, Reward


def _told(work: Callable[[], Any]) -> str:
    """Done, or why not. As the dispatcher does it: run again where two got in the way."""
    try:
        attempt(work, read_only=False, keeps=lambda _answer: True)
    except Refused as refused:
        return refused.message
    return "done"


def _viewer(person_id: int) -> Any:
    viewer = viewer_of_person(person_id)
    assert viewer is not None
    return viewer


def order_one(person_id: int, reward_id: int) -> str:
    """Order one piece of the item."""
    return _told(
        lambda: rules.place_order(_viewer(person_id), session().get_one(Reward, reward_id))
    )


def end_one(how: str, person_id: int, order_id: int) -> str:
    """Bring the order to an end in one of four ways."""

    def work() -> None:
        order, by = session().get_one(Order, order_id), _viewer(person_id)
        if how == "cancel":
            rules.cancel(by, order)
        elif how == "hand over":
            rules.hand_over(by, order)
        else:
            rules.refund(by, order, reason="断货了", is_back=True)

    return _told(work)


def lapse(day: Any) -> str:
    """The job of the night."""
    return _told(lambda: lapse_orders(day))


def mixed(what: str, *rest: Any) -> str:
    """Any of the above, by name."""
    return {"order": order_one, "end": end_one, "lapse": lapse}[what](*rest)
