"""The day of a shift."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import current_app

from portal.base import clock


def shift_date(moment: datetime) -> date:
    """The day that a moment counts for: a night belongs to the evening it began.

    Until there are planned shifts, what happens before the hour at which a day begins (06:00 on
    the wall at home, unless the operator says otherwise) counts for the day before.
    """
    begins = timedelta(hours=current_app.config["SUNHOME"].day_begins)
    return (clock.local(moment) - begins).date()


def shift_today() -> date:
    """The day that this moment counts for."""
    return shift_date(clock.now())
