"""Accounts: found, or opened when they are asked for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from portal.base.db import session
from portal.coins.models import Account, AccountKind, Currency

T = TypeVar("T")
CHUNK = 500


def account(
    kind: AccountKind, owner_id: int = 0, *, period: str = "", currency: str = Currency.COIN
) -> Account:
    """The account of this kind and owner, opened when it is asked for the first time."""
    place = (
        Account.kind == kind,
        Account.owner_id == owner_id,
        Account.period == period,
        Account.currency == currency,
        Account.slice == 0,
    )
    found = session().scalar(select(Account).where(*place))
    if found is None:
        open_accounts(kind, [owner_id], period=period, currency=currency)
        found = session().scalars(select(Account).where(*place)).one()
    return found


def open_accounts(
    kind: AccountKind,
    owner_ids: Iterable[int],
    *,
    period: str = "",
    currency: str = Currency.COIN,
) -> None:
    """Open the accounts of several owners; those that exist stay as they are."""
    for owners in chunks(sorted(set(owner_ids))):
        rows = [
            {"kind": kind, "owner_id": owner, "period": period, "currency": currency, "balance": 0}
            for owner in owners
        ]
        session().execute(upsert(Account).values(rows).on_conflict_do_nothing())


def accounts_of(
    kind: AccountKind,
    owner_ids: Iterable[int],
    *,
    period: str = "",
    currency: str = Currency.COIN,
) -> dict[int, int]:
    """Account ids by owner, opening those that are missing."""
    wanted = sorted(set(owner_ids))
    found: dict[int, int] = {}
    for owners in chunks(wanted):
        statement = select(Account.owner_id, Account.id).where(
            Account.kind == kind,
            Account.owner_id.in_(owners),
            Account.period == period,
            Account.currency == currency,
            Account.slice == 0,
        )
        rows = session().execute(statement).all()
        if len(rows) < len(owners):
            open_accounts(kind, owners, period=period, currency=currency)
            rows = session().execute(statement).all()
        found |= {row.owner_id: row.id for row in rows}
    return found


def upsert(table: Any, dialect: str | None = None) -> Any:
    """An INSERT that knows ON CONFLICT, on either database."""
    lite = (dialect or session().get_bind().dialect.name) == "sqlite"
    return sqlite.insert(table) if lite else postgresql.insert(table)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterable[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
