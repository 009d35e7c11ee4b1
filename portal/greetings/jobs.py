"""Greeting people on their days."""

from __future__ import annotations

from datetime import date, timedelta

from portal.base import clock
from portal.base.db import transaction
from portal.greetings import rules
from portal.greetings.models.calendar import window

LATE_DAYS = 7
"""A greeting comes so many days late at most, and says that it is late."""


def send_birthdays(day: date) -> int:
    """Greet for `day`, and for the week before whoever was missed. Answers how many.

    A day longer ago than that is greeted for only when somebody asks for that very day by hand.
    """
    rules.keep_birthdays()
    earliest = max(day, clock.today()) - timedelta(days=LATE_DAYS)
    days = [each for each in window(day - timedelta(days=LATE_DAYS), day) if each >= earliest]
    return sum(rules.greet(each) for each in (days or [day]))


def keep_birthdays(_today: date) -> int:
    """Work out the birthdays of people who are new, or whose date was corrected."""
    with transaction():
        return rules.keep_birthdays()
