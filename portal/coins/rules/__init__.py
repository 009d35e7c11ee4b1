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
from portal.coins.rules.boards import choose_boards, keep_boards, set_goal
from portal.coins.rules.budgets import MOST_BY_HAND, correct_units, fund, fund_units
from portal.coins.rules.holds import hold, lapse_holds, post_hold, share_hold, void_hold
from portal.coins.rules.lapses import lapse_told, plan_lapses, remind_lapses, tell_lapses
from portal.coins.rules.ledger import Short, coins, post, reverse, transfer
from portal.coins.rules.numbers import set_number, set_rate
from portal.coins.rules.thanks import Thanks, add_thanks, thank
from portal.coins.rules.unused import lapse_unused
from portal.coins.rules.writing import Original, Posted, Posting

__all__ = [
    "LONGEST_REASON",
    "MOST_BY_HAND",
    "MOST_EACH",
    "SHORTEST_REASON",
    "TIME_TO_WITHDRAW",
    "Original",
    "Plan",
    "Posted",
    "Posting",
    "Short",
    "Thanks",
    "account",
    "accounts_of",
    "add_thanks",
    "award",
    "choose_boards",
    "coins",
    "correct_units",
    "fund",
    "fund_units",
    "hold",
    "keep_boards",
    "lapse_holds",
    "lapse_told",
    "lapse_unused",
    "plan",
    "plan_lapses",
    "post",
    "post_hold",
    "remind_lapses",
    "reverse",
    "set_goal",
    "set_number",
    "set_rate",
    "share_hold",
    "tell_lapses",
    "thank",
    "transfer",
    "void_hold",
    "withdraw",
]
