"""Coins that last for some months: who is told, and when they are gone.

Coins of month m last until the end of month m + N (N is the number "expiry"; 0: for ever). Nothing
lapses of which its owner was not told 30 days before: what is told stands in a row, and only rows
lapse. So coins that come back into a month long gone stay for 30 days at least.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, func, insert, literal, select, update

from portal.base import clock
from portal.base.db import AnyRow, AnySelect, UtcDateTime, session
from portal.coins.models import Account, AccountKind, Currency, Lapse, Reason, RuleName, WalletMonth
from portal.coins.queries import due_month, last_day, numbers_on
from portal.coins.rules.accounts import account, chunks
from portal.coins.rules.ledger import post
from portal.coins.rules.writing import Posting
from portal.notify.rules import tell_many

NOTICE, REMINDER = timedelta(days=30), timedelta(days=7)
SOME = 2000
IS_OPEN = Lapse.ended_on.is_(None)


def plan_lapses(day: date) -> int:
    """Tell everybody whose coins last for 30 days more, and again for 7. Answers how many were.

    Before, what was spent since is taken off what was told. With no expiry all of it is called off.
    """
    expiry = numbers_on(day).get(RuleName.EXPIRY, 0)
    if not expiry:
        session().execute(update(Lapse).where(IS_OPEN).values(ended_on=day))
        return 0
    through = due_month(day + NOTICE, expiry)
    _take_off(through, day)
    regular = last_day(date.fromisoformat(f"{through}-01"), expiry)
    _keep_new(through, day, max(regular, day + NOTICE))
    told = tell_many(_notices("lapse:%s", Lapse.told_on == day))
    due = Lapse.until.between(day, day + REMINDER) & Lapse.reminded_on.is_(None)
    reminded = tell_many(_notices("lapse:%s:soon", due))
    session().execute(
        update(Lapse)
        .where(IS_OPEN, due)
        .values(reminded_on=day)
        .execution_options(synchronize_session=False)
    )
    return told + reminded


def _later(through: str) -> Any:
    """What came into each wallet in the months after `through`."""
    return (
        select(WalletMonth.account_id, func.sum(WalletMonth.lot).label("lots"))
        .where(WalletMonth.month > through)
        .group_by(WalletMonth.account_id)
        .subquery()
    )


def _told() -> Any:
    return (
        select(Lapse.account_id, func.sum(Lapse.amount).label("amount"))
        .where(IS_OPEN)
        .group_by(Lapse.account_id)
        .subquery()
    )


def _keep_new(through: str, day: date, until: date) -> None:
    """A row for each wallet that holds more of the months up to `through` than was told."""
    later, told = _later(through), _told()
    spare = (
        Account.balance
        - func.coalesce(later.c.lots, 0)
        - func.coalesce(told.c.amount, 0)
    )  # fmt: skip
    rows = (
        select(Account.id, spare, literal(until), literal(day), literal(clock.now(), UtcDateTime()))
        .outerjoin(later, later.c.account_id == Account.id)
        .outerjoin(told, told.c.account_id == Account.id)
        .where(Account.kind == AccountKind.WALLET, Account.currency == Currency.COIN, spare > 0)
        .order_by(Account.id)
    )
    columns = ["account_id", "amount", "until", "told_on", "created_at"]
    session().execute(insert(Lapse).from_select(columns, rows))


def _take_off(through: str, day: date) -> None:
    """Where less is left than was told, the earliest of it was used."""
    later, told = _later(through), _told()
    left = Account.balance - func.coalesce(later.c.lots, 0)
    rows = session().execute(
        select(Lapse.id, Lapse.account_id, Lapse.amount, (told.c.amount - left).label("over"))
        .join(Account, Account.id == Lapse.account_id)
        .join(told, told.c.account_id == Lapse.account_id)
        .outerjoin(later, later.c.account_id == Lapse.account_id)
        .where(IS_OPEN, told.c.amount > left)
        .order_by(Lapse.account_id, Lapse.until, Lapse.id)
    )
    over: dict[int, int] = {}
    smaller, ended = [], []
    for row in rows:
        taken = min(row.amount, over.setdefault(row.account_id, int(row.over)))
        over[row.account_id] -= taken
        if taken == row.amount:
            ended.append({"lapse_id": row.id, "ended_on": day, "transfer_id": None})
        elif taken:
            smaller.append({"lapse_id": row.id, "amount": row.amount - taken})
    _change(smaller)
    _change(ended)


def _change(rows: list[dict[str, Any]]) -> None:
    if rows:
        table = cast(Table, Lapse.__table__)
        names = [name for name in rows[0] if name != "lapse_id"]
        statement = update(table).where(table.c.id == bindparam("lapse_id"))
        session().connection().execute(
            statement.values({name: bindparam(name) for name in names}), rows
        )


def _notices(key: str, which: ColumnElement[bool]) -> Iterable[dict[str, Any]]:
    rows = session().execute(
        select(Lapse.id, Account.owner_id, Lapse.amount, Lapse.until)
        .join(Account, Account.id == Lapse.account_id)
        .where(IS_OPEN, which)
        .order_by(Lapse.id)
    )
    for row in rows.all():
        yield {
            "person_id": row.owner_id,
            "kind": "coins.lapsing",
            "key": key % row.id,
            "link": "/coins/",
            "params": {"amount": row.amount, "until": row.until.isoformat()},
        }


# ---- when the day has come ------------------------------------------------------------------


def lapse_told(day: date, some: int = SOME) -> int:
    """Let coins lapse that lasted until before `day`, as their owners were told: the oldest first,
    as far as they are still there. Answers how many rows it ended, `some` at most.
    """
    expiry = numbers_on(day).get(RuleName.EXPIRY, 0)
    rows = session().execute(_due(day, some)).all() if expiry else []
    if not rows:
        return 0
    gone = account(AccountKind.EXPIRED).id
    left = _left(due_month(day - timedelta(days=1), expiry), gone, {row.account_id for row in rows})
    postings: dict[int, Posting] = {}
    for row in rows:
        amount = min(row.amount, left[row.account_id])
        if amount > 0:
            left[row.account_id] -= amount
            legs = ((row.account_id, -amount), (gone, amount))
            postings[row.id] = Posting(f"lapse:{row.id}", Reason.EXPIRE, legs)
    moved = dict(zip(postings, post(list(postings.values())), strict=True)) if postings else {}
    _change(
        [
            {
                "lapse_id": row.id,
                "ended_on": day,
                "transfer_id": moved[row.id].id if row.id in moved else None,
            }
            for row in rows
        ]
    )
    return len(rows)


def _due(day: date, some: int) -> AnySelect:
    """Rows whose day is over. A wallet that is being looked into waits until it is free again."""
    return (
        select(Lapse.id, Lapse.account_id, Lapse.amount)
        .join(Account, Account.id == Lapse.account_id)
        .where(IS_OPEN, Lapse.until < day, Account.frozen_at.is_(None), Account.closed_at.is_(None))
        .order_by(Lapse.until, Lapse.id)
        .limit(some)
        .with_for_update(of=Lapse, skip_locked=True)
    )


def _left(through: str, gone: int, wallets: set[int]) -> dict[int, int]:
    """What wallets hold of the months up to `through`, under their lock; so is the account that
    takes it, in the order of ids."""
    rows: list[AnyRow] = []
    for some in chunks(sorted({gone, *wallets})):
        rows += session().execute(
            select(Account.id, Account.balance)
            .where(Account.id.in_(some))
            .order_by(Account.id)
            .with_for_update(key_share=True)
        )
    later: dict[int, int] = {}
    for some in chunks(sorted(wallets)):
        later |= {
            row.account_id: int(row.lots)
            for row in session().execute(
                select(WalletMonth.account_id, func.sum(WalletMonth.lot).label("lots"))
                .where(WalletMonth.account_id.in_(some), WalletMonth.month > through)
                .group_by(WalletMonth.account_id)
            )
        }
    return {row.id: row.balance - later.get(row.id, 0) for row in rows}
