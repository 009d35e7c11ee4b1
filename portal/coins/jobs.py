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


def digest(today: date) -> int:
    """Seal the ledger for the notice board, once a day. Answers how many accounts had grown."""
    return rules.make_digest(today) or 0
