"""What the clock does with suggestions."""

from __future__ import annotations

from datetime import date

from portal.base import clock
from portal.suggestions import rules


def remind(day: date) -> int:
    """Remind owners of the answers they owe. A morning that was missed is not made up for:
    today's reminder says it all."""
    return rules.remind(day) if day >= clock.today() else 0
