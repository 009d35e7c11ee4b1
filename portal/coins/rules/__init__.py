"""Every write about coins, as verbs. One family of verbs a file."""

from portal.coins.rules.accounts import account, accounts_of
from portal.coins.rules.awards import award
from portal.coins.rules.boards import choose_boards, keep_boards, set_goal
from portal.coins.rules.budgets import MOST_BY_HAND, correct_units, fund, fund_units
from portal.coins.rules.deciding import SHORTEST_ANSWER
from portal.coins.rules.digests import make_digest
from portal.coins.rules.giving import Awarded
from portal.coins.rules.holds import hold, lapse_holds, post_hold, share_hold, void_hold
from portal.coins.rules.lapses import lapse_told, plan_lapses, remind_lapses, tell_lapses
from portal.coins.rules.ledger import Short, coins, post, reverse, transfer
from portal.coins.rules.numbers import set_number, set_rate
from portal.coins.rules.plans import LONGEST_REASON, MOST_EACH, SHORTEST_REASON, Plan, plan
from portal.coins.rules.reviews import DAYS_TO_REVIEW, approve, lapse_requests, recall, refuse
from portal.coins.rules.standing import close, freeze, thaw
from portal.coins.rules.thanks import Thanks, add_thanks, thank
from portal.coins.rules.unused import lapse_unused
from portal.coins.rules.withdrawals import (
    TIME_TO_WITHDRAW,
    approve_withdrawal,
    ask_withdrawal,
    recall_withdrawal,
    refuse_withdrawal,
    withdraw,
)
from portal.coins.rules.writing import Original, Posted, Posting

__all__ = [
    "DAYS_TO_REVIEW",
    "LONGEST_REASON",
    "MOST_BY_HAND",
    "MOST_EACH",
    "SHORTEST_ANSWER",
    "SHORTEST_REASON",
    "TIME_TO_WITHDRAW",
    "Awarded",
    "Original",
    "Plan",
    "Posted",
    "Posting",
    "Short",
    "Thanks",
    "account",
    "accounts_of",
    "add_thanks",
    "approve",
    "approve_withdrawal",
    "ask_withdrawal",
    "award",
    "choose_boards",
    "close",
    "coins",
    "correct_units",
    "freeze",
    "fund",
    "fund_units",
    "hold",
    "keep_boards",
    "lapse_holds",
    "lapse_requests",
    "lapse_told",
    "lapse_unused",
    "make_digest",
    "plan",
    "plan_lapses",
    "post",
    "post_hold",
    "recall",
    "recall_withdrawal",
    "refuse",
    "refuse_withdrawal",
    "remind_lapses",
    "reverse",
    "set_goal",
    "set_number",
    "set_rate",
    "share_hold",
    "tell_lapses",
    "thank",
    "thaw",
    "transfer",
    "void_hold",
    "withdraw",
]
