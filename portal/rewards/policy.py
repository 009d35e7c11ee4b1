"""Who may see and do what with rewards and orders: pure predicates, no session, no clock.

What somebody ordered is theirs alone. Only HR of the site reads orders, to put them right; who
hands over sees the one order whose code is shown to them.
"""

from __future__ import annotations

from portal.base.access import Viewer, signed_in
from portal.rewards.models import Order, Reward, Shelf

__all__ = ["signed_in"]


def is_keeper(viewer: Viewer) -> bool:
    """HR of some site: opens the pages of the shelf; the item decides."""
    return viewer.has("hr")


def is_at_desk(viewer: Viewer) -> bool:
    """Hands things over: the culture station, and HR."""
    return viewer.has("station") or viewer.has("hr")


def is_for(viewer: Viewer, reward: Reward) -> bool:
    """The item is for this person's site, or for the whole house."""
    return signed_in(viewer) and (reward.unit_id is None or reward.unit_id in viewer.place)


def may_keep(viewer: Viewer, reward: Reward) -> bool:
    """HR over the staff it is for; what is for the whole house, HR of the whole house."""
    return viewer.has_over("hr", reward.place)


def may_see(viewer: Viewer, reward: Reward) -> bool:
    """What is on the shelf: everybody it is for. All else: who keeps it."""
    return may_keep(viewer, reward) or (reward.shelf == Shelf.SHOWN and is_for(viewer, reward))


def may_order(viewer: Viewer, reward: Reward) -> bool:
    """Everybody it is for; whether there is one left is a rule."""
    return reward.shelf == Shelf.SHOWN and is_for(viewer, reward)


def may_see_picture(viewer: Viewer, reward: Reward) -> bool:
    """Everybody it is for, also when it is off the shelf: they may have ordered it; and who hands
    it over."""
    return is_for(viewer, reward) or may_keep(viewer, reward) or is_station(viewer, reward)


def is_station(viewer: Viewer, thing: Reward | Order) -> bool:
    """The culture station over the place of the item or the order."""
    return viewer.has_over("station", thing.place)


def is_own(viewer: Viewer, order: Order) -> bool:
    """Whoever ordered it: sees the code, cancels."""
    return order.person_id == viewer.id


def may_see_order(viewer: Viewer, order: Order) -> bool:
    """Whoever ordered it, and HR of the site that hands it over. No leader, no colleague."""
    return is_own(viewer, order) or viewer.has_over("hr", order.place)


def may_refund(viewer: Viewer, order: Order) -> bool:
    """HR of the site that hands it over, never for themselves."""
    return viewer.has_over("hr", order.place) and not is_own(viewer, order)


def may_hand_over(viewer: Viewer, order: Order) -> bool:
    """The culture station or HR of the site. That it is not their own is a rule."""
    return is_station(viewer, order) or viewer.has_over("hr", order.place)
