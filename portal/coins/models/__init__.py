"""The tables of coins. One subject a file."""

from portal.coins.models.awards import Award
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
    "AccountKind",
    "Asked",
    "Award",
    "AwardRequest",
    "AwardRequestPerson",
    "CoinRule",
    "Currency",
    "Digest",
    "Entry",
    "Hold",
    "HoldState",
    "Leaf",
    "Reason",
    "RequestState",
    "RuleName",
    "Transfer",
    "Value",
    "WalletMonth",
    "WithdrawalRequest",
]
