"""Coins that last for some months: who is told, and when they are gone.

Coins of month m last until the end of month m + N (N is the number "expiry"; 0: for ever). Nothing
lapses of which its owner was not told 30 days before: what is told stands in a row, and only rows
lapse. So coins that come back into a month long gone stay for 30 days at least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """Note whose coins last for 30 days more, for them to be told. Answers how many wallets.

    Before, what was spent since is taken off what was told. With no expiry all of it is called off.
    """
    expiry = numbers_on(day).get(RuleName.EXPIRY, 0)
    if not expiry:
        session().execute(update(Lapse).where(IS_OPEN).values(ended_on=day))
        return 0
    through = due_month(day + NOTICE, expiry)
    _take_off(through, day)
    regular = last_day(date.fromisoformat(f"{through}-01"), expiry)
    return _keep_new(through, max(regular, day + NOTICE))


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


def _keep_new(through: str, until: date) -> int:
    """A row for each wallet that holds more of the months up to `through` than was told."""
    later, told = _later(through), _told()
    spare = (
        Account.balance
        - func.coalesce(later.c.lots, 0)
        - func.coalesce(told.c.amount, 0)
    )  # fmt: skip
    rows = (
        select(Account.id, spare, literal(until), literal(clock.now(), UtcDateTime()))
        .outerjoin(later, later.c.account_id == Account.id)
        .outerjoin(told, told.c.account_id == Account.id)
        .where(Account.kind == AccountKind.WALLET, Account.currency == Currency.COIN, spare > 0)
        .order_by(Account.id)
    )
    table = cast(Table, Lapse.__table__)
    new = insert(table).from_select(["account_id", "amount", "until", "created_at"], rows)
    done = session().connection().execute(new, execution_options={"preserve_rowcount": True})
    return done.rowcount


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


# ---- telling --------------------------------------------------------------------------------


def tell_lapses(day: date, some: int = SOME) -> int:
    """Tell `some` people until when their coins last: from today for 30 days at least. Answers how
    many were told."""
    rows = _open(Lapse.told_on.is_(None), some)
    untils = {row.id: max(row.until, day + NOTICE) for row in rows}
    _change([{"lapse_id": each, "until": untils[each], "told_on": day} for each in untils])
    return tell_many(_notice(f"lapse:{row.id}", row, untils[row.id]) for row in rows)


def remind_lapses(day: date, some: int = SOME) -> int:
    """Tell `some` people once more when 7 days are left. Answers how many were told."""
    due = Lapse.until.between(day, day + REMINDER)
    rows = _open(due & Lapse.reminded_on.is_(None) & (Lapse.told_on < day), some)
    _change([{"lapse_id": row.id, "reminded_on": day} for row in rows])
    return tell_many(_notice(f"lapse:{row.id}:soon", row, row.until) for row in rows)


def _open(which: ColumnElement[bool], some: int) -> Sequence[AnyRow]:
    return (
        session()
        .execute(
            select(Lapse.id, Account.owner_id, Lapse.amount, Lapse.until)
            .join(Account, Account.id == Lapse.account_id)
            .where(IS_OPEN, which)
            .order_by(Lapse.until, Lapse.id)
            .limit(some)
            .with_for_update(of=Lapse, skip_locked=True)
        )
        .all()
    )


def _notice(key: str, row: AnyRow, until: date) -> dict[str, Any]:
    return {
        "person_id": row.owner_id,
        "kind": "coins.lapsing",
        "key": key,
        "link": "/coins/",
        "params": {"amount": row.amount, "until": until.isoformat()},
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
    parts: dict[int, int] = {}
    for row in rows:
        parts[row.id] = max(0, min(row.amount, left[row.account_id]))
        left[row.account_id] -= parts[row.id]
    moved = _move(rows, parts, gone)
    _change(
        [
            {"lapse_id": row.id, "ended_on": day, "transfer_id": moved if parts[row.id] else None}
            for row in rows
        ]
    )
    return len(rows)


def _move(rows: Sequence[AnyRow], parts: Mapping[int, int], gone: int) -> int | None:
    """One transfer for all: an entry for each wallet, and one for where coins end."""
    wallets: dict[int, int] = {}
    for row in rows:
        if parts[row.id]:
            wallets[row.account_id] = wallets.get(row.account_id, 0) - parts[row.id]
    if not wallets:
        return None
    key = f"lapse:{min(parts)}:{max(parts)}:{len(parts)}"
    legs = (*sorted(wallets.items()), (gone, -sum(wallets.values())))
    return post([Posting(key, Reason.EXPIRE, legs)])[0].id


def _due(day: date, some: int) -> AnySelect:
    """Rows whose day is over. A wallet that is being looked into waits until it is free again."""
    return (
        select(Lapse.id, Lapse.account_id, Lapse.amount)
        .join(Account, Account.id == Lapse.account_id)
        .where(
            IS_OPEN,
            Lapse.until < day,
            Lapse.told_on.is_not(None),
            Account.frozen_at.is_(None),
            Account.closed_at.is_(None),
        )
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
