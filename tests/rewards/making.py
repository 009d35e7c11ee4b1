"""Making items, coins and orders for the tests of this room (inside `with db()`)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from PIL import Image

from portal.base import clock
from portal.coins.models import AccountKind, Reason
from portal.coins.rules import account, transfer
from portal.people.queries import sites, viewer_of_person
from portal.rewards import rules
from portal.rewards.models import Order, Reward


def as_viewer(member: Any) -> Any:
    """The member as rules know them."""
    viewer = viewer_of_person(member.id)
    assert viewer is not None
    return viewer


def site(name: str = "太原") -> int:
    """The number of a site."""
    return next(unit.id for unit in sites(clock.today()) if unit.name == name)


def photo(colour: str = "#f5a524") -> bytes:
    """A picture as a telephone sends it."""
    made = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(made, "JPEG")
    return made.getvalue()


def facts(**changes: Any) -> dict[str, Any]:
    """All that an item needs."""
    today = clock.today()
    return {
        "name": "保温杯",
        "story": "夜班的水，六个小时还是热的。",
        "price": 10,
        "stock": 5,
        "per_person": None,
        "per_month": None,
        "opens_on": today - timedelta(days=1),
        "closes_on": None,
        "fetch_at": "一楼文化站",
        "unit_id": site(),
        "shelf": "shown",
    } | changes


def new_item(hr: Any, **changes: Any) -> Reward:
    """An item on the shelf of Taiyuan, kept by `hr`."""
    return rules.add_item(as_viewer(hr), **facts(**changes))


def coins_for(member: Any, amount: int) -> None:
    """Coins out of the source into a wallet."""
    wallet = account(AccountKind.WALLET, member.id).id
    transfer(
        key=f"test:{member.id}:{amount}",
        reason=Reason.OPENING,
        legs=[(account(AccountKind.ISSUE).id, -amount), (wallet, amount)],
        by_id=None,
    )


def new_order(member: Any, reward: Reward) -> Order:
    """An order by the rule."""
    return rules.place_order(as_viewer(member), reward)
