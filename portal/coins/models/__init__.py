"""The tables of coins. One subject a file."""

from portal.coins.models.acts import AccountAct, AccountDeed
from portal.coins.models.awards import Award
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
    "AccountAct",
    "AccountDeed",
    "AccountKind",
    "Award",
    "CoinRule",
    "Currency",
    "Digest",
    "Entry",
    "Hold",
    "HoldState",
    "Leaf",
    "Reason",
    "RuleName",
    "Transfer",
    "Value",
    "WalletMonth",
]
