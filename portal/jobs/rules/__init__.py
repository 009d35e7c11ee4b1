"""The verbs of jobs."""

from portal.jobs.rules.runs import Outcome, ask, known_job, run, run_due
from portal.jobs.rules.scheduler import Clockwork, beat, is_stopping, leave, stop

__all__ = [
    "Clockwork",
    "Outcome",
    "ask",
    "beat",
    "is_stopping",
    "known_job",
    "leave",
    "run",
    "run_due",
    "stop",
]
