"""What the clock starts in this room."""

from __future__ import annotations

from datetime import date

from portal.fairness import rules


def open_cases(today: date) -> int:
    """Ask where coins went round. Answers how many cases were opened."""
    return rules.open_cases(today)


def lapse_cases(_today: date) -> int:
    """Clear what nobody decided in time. Answers how many."""
    return rules.lapse_cases()


def propose_service(today: date) -> int:
    """Propose awards for years of service. Answers how many."""
    return rules.propose_service(today)
