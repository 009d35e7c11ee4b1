"""Every write about rewards, as verbs. One family of verbs a file."""

from portal.rewards.rules.desk import hand_over, refund, waiting
from portal.rewards.rules.ordering import (
    DAYS_OF_WARNING,
    DAYS_TO_FETCH,
    SPARE,
    cancel,
    lapse,
    place_order,
    warn,
)
from portal.rewards.rules.shelf import add_item, change_stock, edit_item

__all__ = [
    "DAYS_OF_WARNING",
    "DAYS_TO_FETCH",
    "SPARE",
    "add_item",
    "cancel",
    "change_stock",
    "edit_item",
    "hand_over",
    "lapse",
    "place_order",
    "refund",
    "waiting",
    "warn",
]
