"""Reading the ledger: balances and statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, String, and_, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.db import AnySelect, fetch, session
from portal.base.history import valid_on
from portal.coins.models import (
    RECOGNITION,
    Account,
    AccountKind,
    Award,
    CoinRule,
    Currency,
    Entry,
    Hold,
    HoldState,
    Reason,
    RuleName,
    Transfer,
    Value,
    WalletMonth,
)
from portal.people.models import Person
from portal.roster.queries import shift_today

MONTHS_SHOWN = 12


def month_of(day: date) -> str:
    """The period of budgets and totals that a day belongs to: "2026-11"."""
    return f"{day:%Y-%m}"


def months_until(day: date, count: int = MONTHS_SHOWN) -> list[str]:
    """The `count` months up to and with that of `day`, the oldest first."""
    last = day.year * 12 + day.month - 1
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(last - count + 1, last + 1)]


def quota_month() -> str:
    """The period whose budgets and allowances are given from now: the month of the shift's day."""
    return month_of(shift_today())


# ---- allowances -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody may thank with this month, and what is left of it; 0: the house gives none."""

    number: int
    left: int

    @property
    def most_each(self) -> int:
        """What one colleague may get of it: a third, and at least one coin."""
        return max(1, self.number // 3) if self.number else 0


def _allowance_columns() -> tuple[ColumnElement[Any], ...]:
    """The number in force, what the allowance began with and what it holds (NULL: not opened)."""
    purse = aliased(Account)
    own: Any = (
        purse.kind == AccountKind.ALLOWANCE,
        purse.owner_id == bindparam("person_id"),
        purse.period == bindparam("quota_month", type_=String),
    )
    began = (
        select(Entry.amount)
        .join(purse, purse.id == Entry.account_id)
        .where(*own, Entry.seq == 1)
        .scalar_subquery()
    )
    left = select(purse.balance).where(*own, purse.entries > 0).scalar_subquery()
    return number_in_force(RuleName.ALLOWANCE), began, left


def number_in_force(name: RuleName) -> ColumnElement[int]:
    """One of the numbers on the day `quota_day`; NULL where nothing was ever decided."""
    return (
        select(CoinRule.number)
        .where(CoinRule.name == name, valid_on(CoinRule, bindparam("quota_day", type_=Date)))
        .order_by(CoinRule.valid_from.desc(), CoinRule.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _allowance_of(number: int | None, began: int | None, left: int | None) -> Allowance:
    if not number:
        return Allowance(0, 0)
    return Allowance(number, number) if left is None else Allowance(began or 0, left)


def _quota(person_id: int) -> dict[str, Any]:
    day = shift_today()
    return {"person_id": person_id, "quota_day": day, "quota_month": month_of(day)}


def allowance(person_id: int) -> Allowance:
    """What a person may thank colleagues with now."""
    [row] = fetch(_allowance(), **_quota(person_id))
    return _allowance_of(*row)


@cache
def _allowance() -> AnySelect:
    return select(*_allowance_columns())


def given_from(allowance_id: int) -> dict[int, int]:
    """What each person got out of an allowance, net of what was taken back, by their id."""
    mine = aliased(Entry)
    rows = session().execute(
        select(Account.owner_id, func.sum(Entry.amount))
        .join(Account, and_(Account.id == Entry.account_id, Account.kind == AccountKind.WALLET))
        .join(mine, mine.transfer_id == Entry.transfer_id)
        .where(mine.account_id == allowance_id)
        .group_by(Account.owner_id)
    )
    return {row[0]: int(row[1]) for row in rows}


# ---- balances -------------------------------------------------------------------------------


def balance(account_id: int) -> int:
    """What an account holds, in its unit."""
    return session().scalar(select(Account.balance).where(Account.id == account_id)) or 0


def wallet(person_id: int) -> int:
    """A person's own coins."""
    return session().scalar(select(Account.balance).where(*wallet_of(person_id))) or 0


def wallet_of(person_id: Any) -> tuple[ColumnElement[bool], ...]:
    """The conditions that an Account is this person's wallet (an id, or a column of ids)."""
    return (
        Account.kind == AccountKind.WALLET,
        Account.owner_id == person_id,
        Account.period == "",
        Account.currency == Currency.COIN,
    )


@dataclass(frozen=True, slots=True)
class Wallet:
    """A person's coins: how many, and by month what changed and what was received; beside them
    what they may thank others with.

    `account_id` is None for one who never had a coin. `expiry`: months that coins last after the
    one they came in; 0: for ever. Frozen: nothing goes out until a question is settled.
    """

    account_id: int | None
    balance: int
    change: dict[str, int]
    received: dict[str, int]
    allowance: Allowance
    expiry: int
    is_frozen: bool = False


def balances_by_month(wallet: Wallet, months: Sequence[str]) -> list[int]:
    """What the wallet held at the end of each of these months, the oldest first, by the day things
    happened: from the balance of now, back over what is kept of each month."""
    held, balances = wallet.balance, []
    for month in reversed(months):
        balances.append(held)
        held -= wallet.change.get(month, 0)
    return balances[::-1]


def wallet_with_months(person_id: int) -> Wallet:
    """The wallet with its last twelve months."""
    rows = fetch(_wallet(), since=months_until(clock.today())[0], **_quota(person_id))
    if not rows:
        return Wallet(None, 0, {}, {}, Allowance(0, 0), 0)
    months = [row for row in rows if row.month]
    return Wallet(
        rows[0].id,
        rows[0].balance or 0,
        {row.month: row.change for row in months},
        {row.month: row.received for row in months},
        _allowance_of(*rows[0][6:9]),
        rows[0][9] or 0,
        rows[0].frozen_at is not None,
    )


@cache
def _wallet() -> AnySelect:
    recent = and_(
        WalletMonth.account_id == Account.id, WalletMonth.month >= bindparam("since", type_=String)
    )
    return (
        select(
            Account.id,
            Account.balance,
            Account.frozen_at,
            WalletMonth.month,
            WalletMonth.change,
            WalletMonth.received,
            *_allowance_columns(),
            number_in_force(RuleName.EXPIRY),
        )
        .select_from(Person)
        .outerjoin(Account, and_(*wallet_of(Person.id)))
        .outerjoin(WalletMonth, recent)
        .where(Person.id == bindparam("person_id"))
    )


def received_since(person_id: int, day: date) -> int:
    """Coins a person received in recognition since `day` (by the day it happened)."""
    original = aliased(Transfer)
    query = (
        select(func.coalesce(func.sum(Entry.amount), 0))
        .join(Account, Account.id == Entry.account_id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(original, original.id == Transfer.reverses_id)
        .where(
            *wallet_of(person_id),
            Transfer.happened_on >= day,
            func.coalesce(original.reason, Transfer.reason).in_(list(RECOGNITION)),
        )
    )
    return int(session().scalar(query) or 0)


def received_in_all(person_id: int) -> int:
    """Coins a person ever received in recognition, net of what was withdrawn."""
    return int(fetch(_received_in_all(), person_id=person_id)[0][0])


@cache
def _received_in_all() -> AnySelect:
    return (
        select(func.coalesce(func.sum(WalletMonth.received), 0))
        .join(Account, Account.id == WalletMonth.account_id)
        .where(*wallet_of(bindparam("person_id")))
    )


# ---- statements -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a statement, with what it was for.

    `seq` counts the entries of the account, and pages the statement. `who` acted; `undone`: the
    transfer was taken back later. `became`: what coins that were set aside went for in the end.
    """

    id: int
    seq: int
    transfer_id: int
    reason: str
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
    became: str | None

    @property
    def balance_before(self) -> int:
        return self.balance_after - self.amount

    @property
    def label(self) -> str:
        return Reason(self.became or self.reason).label

    @property
    def value_label(self) -> str:
        return Value(self.value).label if self.value else ""

    @property
    def entered_later(self) -> bool:
        """Posted on another day than it happened."""
        return clock.local(self.entered_at).date() != self.happened_on


def statement_lines() -> AnySelect:
    """Entries as lines of a statement, the newest first."""
    undo, ended = aliased(Transfer), aliased(Transfer)
    posted = and_(Hold.transfer_id == Transfer.id, Hold.state == HoldState.POSTED)
    return (
        select(
            Entry.id,
            Entry.seq,
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
            ended.reason,
        )
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(undo, undo.reverses_id == Transfer.id)
        .outerjoin(Hold, posted)
        .outerjoin(ended, ended.id == Hold.ended_by_id)
        .outerjoin(Person, Person.id == Transfer.by_id)
        .outerjoin(
            Award, Award.transfer_id == func.coalesce(Transfer.reverses_id, Entry.transfer_id)
        )
        .order_by(Entry.seq.desc())
    )


def statement(account_id: int, after: int | None = None, limit: int = 25) -> list[Line]:
    """Entries of an account, newest first: `limit` lines and one more, below number `after`."""
    query = statement_lines().where(Entry.account_id == account_id).limit(limit + 1)
    if after is not None:
        query = query.where(Entry.seq < after)
    return [Line(*row) for row in session().execute(query)]


def awards_received(person_id: int, limit: int) -> list[Line]:
    """The latest awards a person received and kept, newest first."""
    return [Line(*row) for row in fetch(_awards_received(limit), person_id=person_id)]


@cache
def _awards_received(limit: int) -> AnySelect:
    mine = select(Account.id).where(*wallet_of(bindparam("person_id"))).scalar_subquery()
    undo = aliased(Transfer)
    return (
        statement_lines()
        .where(
            Entry.account_id == mine,
            Award.id.is_not(None),
            Transfer.reverses_id.is_(None),
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
        .limit(limit)
    )
