"""Every write about coins, as verbs. One family of verbs a file."""

from portal.coins.rules.accounts import account, accounts_of
from portal.coins.rules.awards import (
    LONGEST_REASON,
    MOST_EACH,
    SHORTEST_REASON,
    TIME_TO_WITHDRAW,
    Plan,
    award,
    plan,
    withdraw,
)
from portal.coins.rules.budgets import MOST_BY_HAND, MOST_RATE, fund, fund_units, set_rate
from portal.coins.rules.ledger import (
    Posting,
    Short,
    coins,
    post,
    reverse,
    transfer,
)

__all__ = [
    "LONGEST_REASON",
    "MOST_BY_HAND",
    "MOST_EACH",
    "MOST_RATE",
    "SHORTEST_REASON",
    "TIME_TO_WITHDRAW",
    "Plan",
    "Posting",
    "Short",
    "account",
    "accounts_of",
    "award",
    "coins",
    "fund",
    "fund_units",
    "plan",
    "post",
    "reverse",
    "set_rate",
    "transfer",
    "withdraw",
]
