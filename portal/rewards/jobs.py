"""What the clock starts in this room."""

from __future__ import annotations

from datetime import date

from portal.rewards import rules


def lapse_orders(day: date) -> int:
    """Give back what nobody fetched in time, and warn those whose time is nearly over.

    Answers how many lapsed.
    """
    lapsed = rules.lapse(day)
    rules.warn(day)
    return lapsed
