"""Reading cases and awards by rule. One errand a file."""

from portal.fairness.queries.by_rule import (
    DueLine,
    RuleLine,
    anniversaries,
    rules_of,
    stars_of,
    waiting,
)
from portal.fairness.queries.cases import (
    AnswerLine,
    CaseLine,
    ItemLine,
    answers_of,
    cases,
    items_of,
    visible_to,
)
from portal.fairness.queries.patterns import Pattern, gifts_between, patterns

__all__ = [
    "AnswerLine",
    "CaseLine",
    "DueLine",
    "ItemLine",
    "Pattern",
    "RuleLine",
    "anniversaries",
    "answers_of",
    "cases",
    "gifts_between",
    "items_of",
    "patterns",
    "rules_of",
    "stars_of",
    "visible_to",
    "waiting",
]
