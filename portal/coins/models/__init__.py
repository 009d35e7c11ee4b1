"""The tables of coins. One subject a file."""

from portal.coins.models.acts import AccountAct, AccountDeed
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
    GAP,
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
from portal.coins.models.requests import (
    LONGEST_ANSWER,
    Asked,
    AwardRequest,
    AwardRequestPerson,
    RequestState,
    WithdrawalRequest,
)

__all__ = [
    "GAP",
    "LONGEST_ANSWER",
    "LONGEST_KEY",
    "LONGEST_MEMO",
    "RECOGNITION",
    "RETURNS",
    "SOURCES",
    "Account",
    "AccountAct",
    "AccountDeed",
    "AccountKind",
    "Asked",
    "Award",
    "AwardKind",
    "AwardRequest",
    "AwardRequestPerson",
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
    "RequestState",
    "RuleName",
    "TeamGoal",
    "TeamTotal",
    "Transfer",
    "Value",
    "ValueTotal",
    "WalletMonth",
    "WithdrawalRequest",
]
