"""The one place that reads the clock, so that a test can hold it still."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

HOME_ZONE = ZoneInfo("Asia/Shanghai")
"""The zone in which the house counts its days; a site may have its own."""


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today(zone: ZoneInfo = HOME_ZONE) -> date:
    """The calendar day it is now in `zone`."""
    return now().astimezone(zone).date()


def local(moment: datetime, zone: ZoneInfo = HOME_ZONE) -> datetime:
    """`moment` as the clock on the wall in `zone` shows it."""
    return moment.astimezone(zone)
