"""Reading suggestions: topics, lists and search, one with its history, what is due."""

from portal.suggestions.queries.due import (
    ESCALATE_AFTER_DAYS,
    Due,
    long_overdue,
    owners_due,
    superiors,
    to_escalate,
)
from portal.suggestions.queries.lists import (
    LISTS,
    Line,
    Pending,
    all_overdue,
    answers_due,
    latest_of,
    listed,
    pending,
    visible_to,
    waiting,
)
from portal.suggestions.queries.one import (
    Around,
    Said,
    Step,
    around,
    comments,
    everything,
    file_sections,
    steps,
)
from portal.suggestions.queries.search import terms, tokens
from portal.suggestions.queries.topics import STARTING_TOPICS, TopicLine, open_topics

__all__ = [
    "ESCALATE_AFTER_DAYS",
    "LISTS",
    "STARTING_TOPICS",
    "Around",
    "Due",
    "Line",
    "Pending",
    "Said",
    "Step",
    "TopicLine",
    "all_overdue",
    "answers_due",
    "around",
    "comments",
    "everything",
    "file_sections",
    "latest_of",
    "listed",
    "long_overdue",
    "open_topics",
    "owners_due",
    "pending",
    "steps",
    "superiors",
    "terms",
    "to_escalate",
    "tokens",
    "visible_to",
    "waiting",
]
