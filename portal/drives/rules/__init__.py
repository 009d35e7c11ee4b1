"""Every write about drives, as verbs. One family of verbs a file."""

from portal.drives.rules.giving import (
    LARGEST_CASH_FEN,
    LARGEST_COINS,
    give_coins,
    record_cash,
    reverse_gift,
)
from portal.drives.rules.life import (
    LARGEST_GOAL_FEN,
    close_drive,
    draft_drive,
    edit_drive,
    open_drive,
    post_update,
)

__all__ = [
    "LARGEST_CASH_FEN",
    "LARGEST_COINS",
    "LARGEST_GOAL_FEN",
    "close_drive",
    "draft_drive",
    "edit_drive",
    "give_coins",
    "open_drive",
    "post_update",
    "record_cash",
    "reverse_gift",
]
