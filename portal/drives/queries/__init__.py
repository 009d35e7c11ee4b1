"""Reading drives. What the views and rules need, from one family a file."""

from portal.drives.queries.checks import Check, checks
from portal.drives.queries.drives import (
    PAGE,
    OpenDrive,
    Totals,
    in_state,
    newest,
    next_to_close,
    numbered,
    sites,
    totals,
    updates_of,
    visible_to,
)
from portal.drives.queries.gifts import (
    GiftLine,
    OwnGift,
    Page,
    Receipt,
    every_gift,
    given_by,
    giver_words,
    receipt_of,
    table_of_gifts,
    wall,
)

__all__ = [
    "PAGE",
    "Check",
    "GiftLine",
    "OpenDrive",
    "OwnGift",
    "Page",
    "Receipt",
    "Totals",
    "checks",
    "every_gift",
    "given_by",
    "giver_words",
    "in_state",
    "newest",
    "next_to_close",
    "numbered",
    "receipt_of",
    "sites",
    "table_of_gifts",
    "totals",
    "updates_of",
    "visible_to",
    "wall",
]
