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
from portal.coins.rules.budgets import (
    MOST_BY_HAND,
    MOST_RATE,
    fund,
    fund_units,
    set_number,
    set_rate,
)
from portal.coins.rules.digests import make_digest
from portal.coins.rules.holds import hold, lapse_holds, post_hold, share_hold, void_hold
from portal.coins.rules.ledger import Short, coins, post, reverse, transfer
from portal.coins.rules.standing import close, freeze, thaw
from portal.coins.rules.writing import Original, Posted, Posting

__all__ = [
    "LONGEST_REASON",
    "MOST_BY_HAND",
    "MOST_EACH",
    "MOST_RATE",
    "SHORTEST_REASON",
    "TIME_TO_WITHDRAW",
    "Original",
    "Plan",
    "Posted",
    "Posting",
    "Short",
    "account",
    "accounts_of",
    "award",
    "close",
    "coins",
    "freeze",
    "fund",
    "fund_units",
    "hold",
    "lapse_holds",
    "make_digest",
    "plan",
    "post",
    "post_hold",
    "reverse",
    "set_number",
    "set_rate",
    "share_hold",
    "thaw",
    "transfer",
    "void_hold",
    "withdraw",
]
