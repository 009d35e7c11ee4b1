"""The tables of fairness: cases with due process, and awards by rule."""

from portal.fairness.models.by_rule import (
    LONGEST_NAME,
    MOST_COINS,
    AwardRule,
    Due,
    DueState,
    RuleKind,
)
from portal.fairness.models.cases import (
    LONGEST_WORDS,
    SHORTEST_WORDS,
    Case,
    CaseAnswer,
    CaseHold,
    CaseItem,
    CaseKind,
    CaseState,
)

__all__ = [
    "LONGEST_NAME",
    "LONGEST_WORDS",
    "MOST_COINS",
    "SHORTEST_WORDS",
    "AwardRule",
    "Case",
    "CaseAnswer",
    "CaseHold",
    "CaseItem",
    "CaseKind",
    "CaseState",
    "Due",
    "DueState",
    "RuleKind",
]
