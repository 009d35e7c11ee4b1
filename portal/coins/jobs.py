"""What the clock starts in this room."""

from __future__ import annotations

from datetime import date

from portal.base import clock
from portal.base.db import transaction
from portal.coins import rules
from portal.coins.queries import month_of
from portal.roster.queries import shift_today


def fund_budgets(today: date) -> int:
    """Give each unit with a leader its budget of the month. Answers how many units got one.

    A day of a month that is over is let pass: its budgets could no longer be spent.
    """
    if month_of(today) < month_of(clock.today()):
        return 0
    return rules.fund_units(today)


def correct_budgets(today: date) -> int:
    """Put this month's budgets right where people came or went. Answers how many.

    A day of a month that is over is let pass, like the funding of it.
    """
    if month_of(today) < month_of(clock.today()):
        return 0
    return rules.correct_units(today)


def lapse_unused(today: date) -> int:
    """What was not given in its month lapses, once the last night of it is over."""
    return rules.lapse_unused(min(today, shift_today()))


def plan_lapses(today: date) -> int:
    """Tell whose coins last for 30 days more, and for 7. Answers how many were told.

    Today's count stands for days that were missed: nobody is told late that it is early.
    """
    return rules.plan_lapses(max(today, clock.today()))


def lapse(today: date) -> int:
    """Let coins lapse whose owners were told, in steps that nobody has to wait for."""
    count, day = 0, min(today, shift_today())
    while True:
        with transaction():
            done = rules.lapse_told(day)
        count += done
        if not done:
            return count
