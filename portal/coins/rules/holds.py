"""Coins set aside for a while: a stand-in until the ledger knows holds of its own."""
# ruff: noqa: ARG001

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from portal.base.db import Base, session
from portal.coins.models import Account, AccountKind, Entry, Reason, Transfer
from portal.coins.rules.accounts import account
from portal.coins.rules.ledger import transfer


class Hold(Base):
    """Coins of one account, set aside in its holder's `held` account: the transfer that did it."""

    __table__ = Transfer.__table__
    id: Mapped[int]
    entered_at: Mapped[datetime]

    @property
    def amount(self) -> int:
        return -_source(self)[1]

    @property
    def state(self) -> str:
        like = Transfer.key.like(f"hold:{self.id}:%")
        ended: str | None = session().scalar(select(Transfer.key).where(like))
        return "open" if ended is None else ended.rpartition(":")[2]

    @property
    def lapses_at(self) -> datetime:
        return self.entered_at + timedelta(days=14)


def hold(
    *,
    key: str,
    account_id: int,
    amount: int,
    by_id: int | None,
    lapses_at: datetime,
    about: str = "",
) -> Hold:
    """Move coins from an account to its holder's `held` account. Raises Short."""
    holder = session().get_one(Account, account_id).owner_id
    held = account(AccountKind.HELD, holder).id
    legs = [(account_id, -amount), (held, amount)]
    made = transfer(key=key, reason=Reason.ORDER, legs=legs, by_id=by_id)
    return session().get_one(Hold, made.id)


def post_hold(
    hold: Hold,
    *,
    key: str,
    to_id: int,
    reason: Reason,
    by_id: int | None,
    amount: int | None = None,
) -> Transfer:
    """Move the coins on to the account `to_id`."""
    held = account(AccountKind.HELD, _holder(hold)).id
    moved = hold.amount if amount is None else amount
    legs = [(held, -moved), (to_id, moved)]
    return transfer(key=f"hold:{hold.id}:posted", reason=reason, legs=legs, by_id=by_id)


def void_hold(hold: Hold, *, key: str, by_id: int | None, lapsed: bool = False) -> Transfer:
    """Give the coins back to where they came from."""
    source, change = _source(hold)
    held = account(AccountKind.HELD, _holder(hold)).id
    how = "lapsed" if lapsed else "voided"
    legs = [(held, change), (source, -change)]
    return transfer(key=f"hold:{hold.id}:{how}", reason=Reason.REFUND, legs=legs, by_id=by_id)


def _source(hold: Hold) -> tuple[int, int]:
    row = session().execute(
        select(Entry.account_id, Entry.amount).where(Entry.transfer_id == hold.id, Entry.amount < 0)
    )
    account_id, amount = row.one()
    return account_id, amount


def _holder(hold: Hold) -> int:
    return session().get_one(Account, _source(hold)[0]).owner_id
