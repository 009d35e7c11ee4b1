"""What the clock starts in this room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from portal.base import clock
from portal.base.db import transaction
from portal.coins import rules
from portal.coins.queries import month_of
from portal.roster.queries import shift_today

FROM, TO = 9, 21
"""The hours of the day, on the wall at home, in which people are told of what can wait."""


def fund_budgets(today: date) -> int:
    """Give each unit with a leader its budget of the month. Answers how many units got one.

    A day of a month that is over is let pass: its budgets could no longer be spent.
    """
    if month_of(today) < month_of(clock.today()):
        return 0
    return rules.fund_units(today)


def keep_boards(today: date) -> int:
    """Work the totals of the boards out. Answers how many lines."""
    return rules.keep_boards(today)


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
    """Note whose coins last for 30 days more. Answers how many.

    A day that was missed is made up for by today: what is told late lasts longer.
    """
    return rules.plan_lapses(max(today, clock.today()))


def tell_lapses(today: date) -> int:
    """Tell people about it, by day, in steps that nobody has to wait for."""
    if not FROM <= clock.local(clock.now()).hour < TO:
        return 0
    return _all(rules.tell_lapses, today) + _all(rules.remind_lapses, today)


def lapse(today: date) -> int:
    """Let coins lapse whose owners were told, once the last night is over."""
    return _all(rules.lapse_told, min(today, shift_today()))


def _all(some: Callable[[date], int], day: date) -> int:
    count = 0
    while True:
        with transaction():
            done = some(day)
        count += done
        if not done:
            return count


def lapse_holds(_today: date) -> int:
    """Give back what was set aside for longer than it may be. Answers how many holds.

    Whoever set it aside ends it before that; this is for what nobody ended.
    """
    return rules.lapse_holds()


def lapse_requests(_today: date) -> int:
    """Give back the coins of awards that nobody reviewed in time. Answers how many awards."""
    return rules.lapse_requests()


def digest(today: date) -> int:
    """Seal the ledger for the notice board, once a day. Answers how many accounts had grown."""
    return rules.make_digest(today) or 0
