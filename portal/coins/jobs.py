"""What the clock starts in this room."""

from __future__ import annotations

from datetime import date

from portal.base import clock
from portal.coins import rules
from portal.coins.queries import month_of


def fund_budgets(today: date) -> int:
    """Give each unit with a leader its budget of the month. Answers how many units got one.

    A day of a month that is over is let pass: its budgets could no longer be spent.
    """
    if month_of(today) < month_of(clock.today()):
        return 0
    return rules.fund_units(today)


def lapse_requests(_today: date) -> int:
    """Give back the coins of awards that nobody reviewed in time. Answers how many awards."""
    return rules.lapse_requests()
