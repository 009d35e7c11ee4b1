"""Every write about cases and awards by rule, as verbs."""

from portal.fairness.rules.by_rule import (
    approve,
    end_rule,
    name_star,
    propose_service,
    queue,
    refuse,
    set_rule,
)
from portal.fairness.rules.cases import (
    DAYS_LOOKED_AT,
    DAYS_TO_ANSWER,
    DAYS_TO_DECIDE,
    answer,
    decide,
    lapse_cases,
    open_cases,
    set_numbers,
)

__all__ = [
    "DAYS_LOOKED_AT",
    "DAYS_TO_ANSWER",
    "DAYS_TO_DECIDE",
    "answer",
    "approve",
    "decide",
    "end_rule",
    "lapse_cases",
    "name_star",
    "open_cases",
    "propose_service",
    "queue",
    "refuse",
    "set_numbers",
    "set_rule",
]
