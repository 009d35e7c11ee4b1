"""The ledger of sunshine coins, and of the money that drives take in.

Coins are moved, never set: a *transfer* has two or more *entries*, each on one *account*, whose
amounts add up to zero. Posted rows are never changed; a mistake is mended by a transfer that
reverses it. The entries of an account are a chain: each holds a hash of itself and of the one
before, so that nothing can be changed, left out or put in between without breaking it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.kept import keep_rows
from portal.coins.models.kinds import AccountKind, Currency, Reason

LONGEST_KEY, LONGEST_MEMO = 200, 300


class HoldState(StrEnum):
    OPEN = "open"
    POSTED = "posted"
    VOIDED = "voided"
    LAPSED = "lapsed"


class Account(Base):
    """A place where coins (or fen) are: a wallet, a unit's budget of a month, a drive.

    `period`: the month ("2026-11") of a budget or allowance, empty for what lasts; of a `held`
    account, what it was held from. `slice`: a large budget is several accounts, so that many can
    give from it at once. `balance`, `entries` (how many) and `head` (the hash of the last one) are
    kept: changed in the same transaction as the entries. Frozen: nothing goes out; closed:
    nothing moves.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint(
            "kind", "owner_id", "period", "currency", "slice", name="uq_account_place"
        ),
        CheckConstraint(
            "kind IN ('issue', 'budget', 'allowance', 'wallet', 'store', 'drive', 'held',"
            " 'expired', 'cash')",
            name="kind_known",
        ),
        CheckConstraint("currency IN ('coin', 'fen')", name="currency_known"),
        CheckConstraint("balance >= 0 OR kind IN ('issue', 'cash')", name="balance_not_negative"),
        CheckConstraint("owner_id >= 0", name="owner_not_negative"),
        CheckConstraint("length(period) <= 20", name="period_length"),
        CheckConstraint("slice BETWEEN 0 AND 63", name="slice_in_bounds"),
        CheckConstraint("entries >= 0 AND (entries = 0) = (head = '')", name="head_of_entries"),
        CheckConstraint("closed_at IS NULL OR balance = 0", name="closed_at_zero"),
        Index(
            "ix_account_period",
            "kind",
            "period",
            sqlite_where=text("period <> ''"),
            postgresql_where=text("period <> ''"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[AccountKind] = mapped_column(String(12))
    currency: Mapped[Currency] = mapped_column(String(4), default=Currency.COIN)
    owner_id: Mapped[int] = mapped_column(Ref, default=0)
    period: Mapped[str] = mapped_column(String(20), default="")
    slice: Mapped[int] = mapped_column(default=0, server_default="0")
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    entries: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    head: Mapped[str] = mapped_column(String(64), default="", server_default="")
    frozen_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Transfer(Base):
    """Coins (or fen) that moved, once, for one reason; never changed after.

    `happened_on` is the day it counts for, `entered_at` when it was posted. `memo` is for words
    that may be kept for ever: nothing personal. `content_hash` tells a repeated request from
    another one that uses the same key.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(f"length(key) BETWEEN 1 AND {LONGEST_KEY}", name="key_length"),
        CheckConstraint(f"length(memo) <= {LONGEST_MEMO}", name="memo_length"),
        CheckConstraint("currency IN ('coin', 'fen')", name="currency_known"),
        CheckConstraint("reverses_id IS NULL OR reverses_id < id", name="reverses_earlier"),
        CheckConstraint(
            "reason IN ('fund', 'award', 'thank', 'withdraw', 'reversal', 'gift_to_drive',"
            " 'cash_received', 'greeting', 'suggestion_reward', 'order', 'refund', 'expire',"
            " 'opening', 'hold', 'release', 'rule')",
            name="reason_known",
        ),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    content_hash: Mapped[str] = mapped_column(String(64))
    reason: Mapped[Reason] = mapped_column(String(20))
    memo: Mapped[str] = mapped_column(String(LONGEST_MEMO), default="")
    happened_on: Mapped[date]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    currency: Mapped[Currency] = mapped_column(String(4), default=Currency.COIN)
    reverses_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("transfer.id"))


class Entry(Base):
    """One leg of a transfer: what it did to one account, and the balance there after it.

    `seq` counts the entries of the account from 1. `hash`: see `portal.coins.chain`.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("transfer_id", "account_id", name="uq_entry_leg"),
        UniqueConstraint("account_id", "seq", name="uq_entry_place"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("seq > 0", name="seq_positive"),
        CheckConstraint("length(hash) = 64", name="hash_length"),
    )

    id: Mapped[Id]
    transfer_id: Mapped[int] = mapped_column(Ref, ForeignKey("transfer.id"))
    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    balance_after: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class WalletMonth(Base):
    """What one month (of the day it happened) did to a wallet; kept with each transfer.

    `change`: all entries. `received`: recognition, net of what was withdrawn. `lot`: coins that
    came in and began to age in this month, net of what was taken back; what was spent since came
    out of the oldest lots, so what is left of each follows from the balance.
    """

    __tablename__ = "wallet_month"

    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    change: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    lot: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Hold(Base):
    """Coins set aside for something that is not decided yet; they wait on a `held` account.

    They are posted (all or a part, the rest goes back), voided, or lapse by themselves.
    """

    __tablename__ = "hold"
    __table_args__ = (
        UniqueConstraint("transfer_id"),
        UniqueConstraint("ended_by_id"),
        CheckConstraint("state IN ('open', 'posted', 'voided', 'lapsed')", name="state_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("posted BETWEEN 0 AND amount", name="posted_within"),
        CheckConstraint("(state = 'posted') = (posted > 0)", name="posted_when_posted"),
        CheckConstraint("(state = 'open') = (ended_by_id IS NULL)", name="ended_by_a_transfer"),
        Index(
            "ix_hold_lapses",
            "lapses_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Id]
    transfer_id: Mapped[int] = mapped_column(Ref, ForeignKey("transfer.id"))
    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"))
    held_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    posted: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[HoldState] = mapped_column(String(8), default=HoldState.OPEN)
    lapses_at: Mapped[datetime]
    ended_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("transfer.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


keep_rows("transfer", "id = NEW.id OR key = NEW.key OR reverses_id = NEW.reverses_id")
keep_rows(
    "entry",
    "id = NEW.id OR (transfer_id, account_id) = (NEW.transfer_id, NEW.account_id)"
    " OR (account_id, seq) = (NEW.account_id, NEW.seq)",
)
