"""Every write to growth files, as verbs. One family of verbs a file."""

from portal.growth.rules.columns import Columns, columns_of, remember_columns
from portal.growth.rules.honours import Award, record_honour, withdraw_honour
from portal.growth.rules.importing import (
    bring,
    drop,
    judge,
    judge_again,
    judge_kept,
    take_over,
    undo,
)

__all__ = [
    "Award",
    "Columns",
    "bring",
    "columns_of",
    "drop",
    "judge",
    "judge_again",
    "judge_kept",
    "record_honour",
    "remember_columns",
    "take_over",
    "undo",
    "withdraw_honour",
]
