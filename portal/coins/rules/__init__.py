"""Every write about coins, as verbs. One family of verbs a file."""

from portal.coins.rules.ledger import (
    Posting,
    Short,
    account,
    accounts_of,
    coins,
    month_of,
    post,
    reverse,
    transfer,
)

__all__ = [
    "Posting",
    "Short",
    "account",
    "accounts_of",
    "coins",
    "month_of",
    "post",
    "reverse",
    "transfer",
]
