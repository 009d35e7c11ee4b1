"""The ledger of sunshine coins, and of the money that drives take in.

Coins are moved, never set: a *transfer* has two or more *entries*, each on one *account*, whose
amounts add up to zero. Posted rows are never changed; a mistake is mended by a transfer that
reverses it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    event,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.history import true_on
from portal.people.models import UnitPath

LONGEST_KEY, LONGEST_MEMO = 200, 300


class AccountKind(StrEnum):
    """What an account stands for; its owner is a unit, a person or a drive, 0 for the house."""

    ISSUE = "issue"  # where coins come from: as far below zero as coins are about
    BUDGET = "budget"  # a unit's coins to award in one month
    ALLOWANCE = "allowance"  # a person's coins to thank with in one month
    WALLET = "wallet"  # a person's own coins
    STORE = "store"
    DRIVE = "drive"
    HELD = "held"
    EXPIRED = "expired"
    CASH = "cash"  # where money comes from

    @property
    def label(self) -> str:
        """The kind in the reader's words."""
        return str(
            {
                "issue": _("发行（金币的来处）"),
                "budget": _("各单位的预算"),
                "allowance": _("每人的感谢额度"),
                "wallet": _("大家的钱包"),
                "store": _("兑换处"),
                "drive": _("义卖义捐"),
                "held": _("暂存"),
                "expired": _("已到期"),
                "cash": _("收到的善款（来处）"),
            }[self.value]
        )


SOURCES = frozenset({AccountKind.ISSUE, AccountKind.CASH})
"""The accounts that may be below zero."""


class Currency(StrEnum):
    COIN = "coin"
    FEN = "fen"


class Reason(StrEnum):
    """Why something moved: a closed list."""

    FUND = "fund"
    AWARD = "award"
    THANK = "thank"
    WITHDRAW = "withdraw"
    REVERSAL = "reversal"
    GIFT_TO_DRIVE = "gift_to_drive"
    CASH_RECEIVED = "cash_received"
    GREETING = "greeting"
    SUGGESTION_REWARD = "suggestion_reward"
    ORDER = "order"
    REFUND = "refund"
    EXPIRE = "expire"
    OPENING = "opening"

    @property
    def label(self) -> str:
        """The reason in the reader's words."""
        return str(
            {
                "fund": _("拨入预算"),
                "award": _("表扬"),
                "thank": _("同事的感谢"),
                "withdraw": _("撤回表扬"),
                "reversal": _("更正"),
                "gift_to_drive": _("捐给义卖义捐"),
                "cash_received": _("收到善款"),
                "greeting": _("节日问候"),
                "suggestion_reward": _("建议被采纳"),
                "order": _("兑换"),
                "refund": _("退回"),
                "expire": _("到期"),
                "opening": _("期初"),
            }[self.value]
        )


RECOGNITION = frozenset({Reason.AWARD, Reason.THANK, Reason.GREETING, Reason.SUGGESTION_REWARD})
"""What counts as coins received: given by people or by a rule, net of what was withdrawn."""


class Value(StrEnum):
    """What is being recognised: a closed list."""

    PATIENCE = "patience"
    CARE = "care"
    TEAMWORK = "teamwork"
    IMPROVEMENT = "improvement"
    EXCELLENCE = "excellence"
    COURAGE = "courage"

    @property
    def label(self) -> str:
        """The value in the reader's words."""
        return str(
            {
                "patience": _("耐心"),
                "care": _("关爱"),
                "teamwork": _("协作"),
                "improvement": _("改进"),
                "excellence": _("卓越"),
                "courage": _("担当"),
            }[self.value]
        )


class Account(Base):
    """A place where coins (or fen) are: a wallet, a unit's budget of a month, a drive.

    `balance` is kept: it equals the sum of the entries, changed in the same transaction as they.
    `period`: the month ("2026-11") of a budget or allowance, empty for what lasts.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("kind", "owner_id", "period", "currency", name="uq_account_place"),
        CheckConstraint(
            "kind IN ('issue', 'budget', 'allowance', 'wallet', 'store', 'drive', 'held',"
            " 'expired', 'cash')",
            name="kind_known",
        ),
        CheckConstraint("currency IN ('coin', 'fen')", name="currency_known"),
        CheckConstraint("balance >= 0 OR kind IN ('issue', 'cash')", name="balance_not_negative"),
        CheckConstraint("owner_id >= 0", name="owner_not_negative"),
        CheckConstraint("length(period) <= 20", name="period_length"),
    )

    id: Mapped[Id]
    kind: Mapped[AccountKind] = mapped_column(String(12))
    currency: Mapped[Currency] = mapped_column(String(4), default=Currency.COIN)
    owner_id: Mapped[int] = mapped_column(Ref, default=0)
    period: Mapped[str] = mapped_column(String(20), default="")
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
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
            " 'opening')",
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
    """One leg of a transfer: what it did to one account, and the balance there after it."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("transfer_id", "account_id", name="uq_entry_leg"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        Index("ix_entry_account", "account_id", "id"),
    )

    id: Mapped[Id]
    transfer_id: Mapped[int] = mapped_column(Ref, ForeignKey("transfer.id"))
    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    balance_after: Mapped[int] = mapped_column(BigInteger)


class WalletMonth(Base):
    """What one month (of the day it happened) did to a wallet; kept with each transfer.

    `change`: all entries. `received`: recognition, net of what was withdrawn.
    """

    __tablename__ = "wallet_month"

    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    change: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)


class Award(Base):
    """Coins given to one or several people, with the fact and the behaviour they are for.

    `amount` is for each. `unit_id`: whose budget they came from.
    """

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("transfer_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("head_count > 0", name="somebody"),
        CheckConstraint("length(reason) BETWEEN 10 AND 300", name="reason_length"),
        CheckConstraint(
            "value IN ('patience', 'care', 'teamwork', 'improvement', 'excellence', 'courage')",
            name="value_known",
        ),
        Index("ix_award_unit", "unit_id", "id"),
        Index("ix_award_giver", "by_id", "id"),
    )

    id: Mapped[Id]
    transfer_id: Mapped[int] = mapped_column(Ref, ForeignKey("transfer.id"))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    value: Mapped[Value] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    amount: Mapped[int]
    head_count: Mapped[int]

    transfer: Mapped[Transfer] = relationship()

    @property
    def people(self) -> tuple[int, ...]:
        """Who received it."""
        current = object_session(self)
        if current is None:
            return ()
        statement = (
            select(Account.owner_id)
            .join(Entry, Entry.account_id == Account.id)
            .where(Entry.transfer_id == self.transfer_id, Account.kind == AccountKind.WALLET)
        )
        return tuple(current.scalars(statement))

    @property
    def place(self) -> tuple[int, ...]:
        """The unit whose budget it came from and those above it today, the nearest first."""
        current = object_session(self)
        if current is None or self.unit_id is None:
            return ()
        statement = (
            select(UnitPath.ancestor_id)
            .where(UnitPath.unit_id == self.unit_id, true_on(UnitPath, clock.today()))
            .order_by(UnitPath.distance)
        )
        return tuple(current.scalars(statement))


class BudgetRule(Base):
    """How many coins a month each head gives its unit's budget, from a day until another."""

    __tablename__ = "budget_rule"
    __table_args__ = (
        CheckConstraint("rate BETWEEN 0 AND 1000", name="rate_in_bounds"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_forward"),
        Index("ix_budget_rule_from", "valid_from"),
    )

    id: Mapped[Id]
    rate: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    set_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


# ---- the second wall: the database itself refuses to change what was posted -----------------

_TOLD = "posted rows are never changed: reverse them"
_POSTGRES_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION posted_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_TOLD}' USING ERRCODE = 'integrity_constraint_violation'; END $$"""


def _on_create(table: str, ddl: str, dialect: str) -> None:
    statement: Any = DDL(ddl)  # type: ignore[no-untyped-call]
    target = Base.metadata.tables[table]
    event.listen(target, "after_create", statement.execute_if(dialect=dialect))


def _protect(table: str, taken: str) -> None:
    """Refuse UPDATE and DELETE of `table`, on SQLite also the REPLACE that deletes in silence.

    `taken`: the condition that an inserted row would replace one that is there.
    """
    for name, when in (
        ("no_update", f"UPDATE ON {table}"),
        ("no_delete", f"DELETE ON {table}"),
        ("no_replace", f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"),  # noqa: S608
    ):
        trigger = f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {when}"
        _on_create(table, f"{trigger} BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END", "sqlite")
    _on_create(table, _POSTGRES_FUNCTION, "postgresql")
    for name, when, level in (
        ("no_change", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        trigger = f"CREATE OR REPLACE TRIGGER {table}_{name} BEFORE {when} ON {table}"
        _on_create(
            table, f"{trigger} FOR EACH {level} EXECUTE FUNCTION posted_rows_stay()", "postgresql"
        )


_protect("transfer", "id = NEW.id OR key = NEW.key OR reverses_id = NEW.reverses_id")
_protect("entry", "id = NEW.id OR (transfer_id, account_id) = (NEW.transfer_id, NEW.account_id)")
