"""Reading rewards and orders, one errand a file."""

from portal.rewards.queries.checks import miscounted
from portal.rewards.queries.orders import (
    counted,
    looked_after,
    midnight,
    names_on,
    of_person,
    of_site,
    waiting_for,
    with_code,
)
from portal.rewards.queries.shelf import (
    PAGE,
    kept,
    kept_by,
    meant_for,
    offered,
    sites,
    stock_changes,
    visible_to,
)

__all__ = [
    "PAGE",
    "counted",
    "kept",
    "kept_by",
    "looked_after",
    "meant_for",
    "midnight",
    "miscounted",
    "names_on",
    "of_person",
    "of_site",
    "offered",
    "sites",
    "stock_changes",
    "visible_to",
    "waiting_for",
    "with_code",
]
