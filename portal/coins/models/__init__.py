"""The tables of coins. One subject a file."""

from portal.coins.models.awards import Award, AwardKind
from portal.coins.models.boards import (
    GoalKind,
    GroupTotal,
    OffBoards,
    TeamGoal,
    TeamTotal,
    ValueTotal,
)
from portal.coins.models.digests import Digest, Leaf
from portal.coins.models.kinds import (
    RECOGNITION,
    RETURNS,
    SOURCES,
    AccountKind,
    Currency,
    Reason,
    Value,
)
from portal.coins.models.lapses import Lapse
from portal.coins.models.ledger import (
    LONGEST_KEY,
    LONGEST_MEMO,
    Account,
    Entry,
    Hold,
    HoldState,
    Transfer,
    WalletMonth,
)
from portal.coins.models.numbers import CoinRule, RuleName

__all__ = [
    "LONGEST_KEY",
    "LONGEST_MEMO",
    "RECOGNITION",
    "RETURNS",
    "SOURCES",
    "Account",
    "AccountKind",
    "Award",
    "AwardKind",
    "CoinRule",
    "Currency",
    "Digest",
    "Entry",
    "GoalKind",
    "GroupTotal",
    "Hold",
    "HoldState",
    "Lapse",
    "Leaf",
    "OffBoards",
    "Reason",
    "RuleName",
    "TeamGoal",
    "TeamTotal",
    "Transfer",
    "Value",
    "ValueTotal",
    "WalletMonth",
]
