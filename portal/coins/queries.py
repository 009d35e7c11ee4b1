"""Reading the ledger: balances, statements, what a unit gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from portal.base.db import AnySelect, session
from portal.coins.models import (
    RECOGNITION,
    Account,
    AccountKind,
    Award,
    Currency,
    Entry,
    Reason,
    Transfer,
)
from portal.people.models import Person


def balance(account_id: int) -> int:
    """What an account holds, in its unit."""
    return session().scalar(select(Account.balance).where(Account.id == account_id)) or 0


def wallet(person_id: int) -> int:
    """A person's own coins."""
    return session().scalar(select(Account.balance).where(*_wallet_of(person_id))) or 0


def _wallet_of(person_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Account.kind == AccountKind.WALLET,
        Account.owner_id == person_id,
        Account.period == "",
        Account.currency == Currency.COIN,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a statement, with what it was for.

    `id` pages the statement. `who` acted; `undone`: the transfer was taken back later.
    """

    id: int
    transfer_id: int
    reason: Reason
    amount: int
    balance_after: int
    memo: str
    happened_on: date
    entered_at: datetime
    reverses_id: int | None
    undone: bool
    who: str | None
    award_id: int | None
    words: str | None
    value: str | None

    @property
    def balance_before(self) -> int:
        return self.balance_after - self.amount


def statement(account_id: int, after: int | None = None, limit: int = 25) -> list[Line]:
    """Entries of an account, newest first: `limit` lines and one more, older than entry `after`."""
    undo = aliased(Transfer)
    query: AnySelect = (
        select(
            Entry.id,
            Entry.transfer_id,
            Transfer.reason,
            Entry.amount,
            Entry.balance_after,
            Transfer.memo,
            Transfer.happened_on,
            Transfer.entered_at,
            Transfer.reverses_id,
            undo.id.is_not(None),
            Person.name,
            Award.id,
            Award.reason,
            Award.value,
        )
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(undo, undo.reverses_id == Transfer.id)
        .outerjoin(Person, Person.id == Transfer.by_id)
        .outerjoin(
            Award, Award.transfer_id == func.coalesce(Transfer.reverses_id, Entry.transfer_id)
        )
        .where(Entry.account_id == account_id)
        .order_by(Entry.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Entry.id < after)
    return [Line(*row) for row in session().execute(query)]


def received_since(person_id: int, day: date) -> int:
    """Coins a person received in recognition since `day` (by the day it happened)."""
    original = aliased(Transfer)
    query = (
        select(func.coalesce(func.sum(Entry.amount), 0))
        .join(Account, Account.id == Entry.account_id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(original, original.id == Transfer.reverses_id)
        .where(
            *_wallet_of(person_id),
            Transfer.happened_on >= day,
            func.coalesce(original.reason, Transfer.reason).in_(list(RECOGNITION)),
        )
    )
    return int(session().scalar(query) or 0)
