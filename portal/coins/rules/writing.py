"""Writing what was posted: the only statements that change the ledger's tables.

Each table is written in one statement, built once for each database: with the rows in it, it would
be spelled out anew each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.orm.util import identity_key

from portal.base import clock
from portal.base.db import AnyRow, session
from portal.coins.models import (
    RECOGNITION,
    RETURNS,
    Account,
    AccountKind,
    Entry,
    Reason,
    Transfer,
    WalletMonth,
)
from portal.coins.models.chain import entry_hash, instant, transfer_seal
from portal.coins.queries import month_of
from portal.coins.rules.accounts import chunks, upsert


@dataclass(frozen=True, slots=True)
class Original:
    """A transfer that is taken back."""

    id: int
    reason: Reason
    happened_on: date


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer to be posted. `legs`: (account id, signed amount), each account once, sum 0.

    `about`: what makes it this request and no other, where the legs do not (a budget gives from
    any of its slices); hashed, not kept. `entered_at`: only for history that is brought in;
    otherwise it is now.
    """

    key: str
    reason: Reason
    legs: tuple[tuple[int, int], ...]
    by_id: int | None = None
    memo: str = ""
    happened_on: date | None = None
    reverses: Original | None = None
    about: str = ""
    entered_at: datetime | None = None

    @property
    def content_hash(self) -> str:
        """A hash of what would move and why."""
        content = [
            self.reason.value,
            self.about or sorted(self.legs),
            self.memo,
            self.happened_on.isoformat() if self.happened_on else None,
            self.reverses.id if self.reverses else None,
        ]
        return sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer by its number; not new when it was posted before under the same key."""

    id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Leg:
    """An entry to be written. `row`: of its transfer."""

    posting: Posting
    row: dict[str, Any]
    account: AnyRow
    amount: int
    seq: int
    balance_after: int


def row_of(posting: Posting, currency: str) -> dict[str, Any]:
    return {
        "key": posting.key,
        "content_hash": posting.content_hash,
        "reason": posting.reason,
        "memo": posting.memo,
        "happened_on": posting.happened_on or clock.today(),
        "entered_at": posting.entered_at or clock.now(),
        "by_id": posting.by_id,
        "currency": currency,
        "reverses_id": posting.reverses.id if posting.reverses else None,
    }


def write_transfers(legs: Sequence[Leg]) -> dict[str, int]:
    """Ids by key; a key is missing where it was taken."""
    rows = {leg.posting.key: leg.row for leg in legs}
    connection = session().connection()
    statement = _new_transfers(connection.dialect.name)
    ids: dict[str, int] = {}
    for some in chunks(rows.values()):
        ids |= {key: row_id for row_id, key in connection.execute(statement, some)}
    return ids


@cache
def _new_transfers(dialect: str) -> Any:
    table = cast(Table, Transfer.__table__)
    statement = upsert(table, dialect).on_conflict_do_nothing()
    return statement.returning(table.c.id, table.c.key)


def write_legs(legs: Sequence[Leg], ids: Mapping[str, int]) -> None:
    """The entries, each linked to the one before it, and what is kept of them."""
    heads: dict[int, str] = {}
    entries: list[dict[str, Any]] = []
    accounts: dict[int, dict[str, Any]] = {}
    for leg in legs:
        account_id, row = leg.account.id, leg.row
        head = heads[account_id] = entry_hash(
            heads.get(account_id, leg.account.head),
            account_id=account_id,
            seq=leg.seq,
            transfer_id=ids[row["key"]],
            amount=leg.amount,
            balance_after=leg.balance_after,
            reason=row["reason"],
            happened_on=row["happened_on"],
            entered_at=instant(row["entered_at"]),
            seal=_seal(row),
        )
        entries.append(
            {
                "transfer_id": ids[row["key"]],
                "account_id": account_id,
                "seq": leg.seq,
                "amount": leg.amount,
                "balance_after": leg.balance_after,
                "hash": head,
            }
        )
        accounts[account_id] = {
            "account_id": account_id,
            "new_balance": leg.balance_after,
            "new_entries": leg.seq,
            "new_head": head,
        }
    connection = session().connection()
    connection.execute(_new_entries(), entries)
    connection.execute(_moved_accounts(), [accounts[each] for each in sorted(accounts)])
    _forget(accounts)
    _write_months(legs)


def _seal(row: Mapping[str, Any]) -> str:
    names = ("key", "content_hash", "memo", "by_id", "currency", "reverses_id")
    return transfer_seal(**{name: row[name] for name in names})


@cache
def _new_entries() -> Any:
    return insert(cast(Table, Entry.__table__))


@cache
def _moved_accounts() -> Any:
    table = cast(Table, Account.__table__)
    return (
        update(table)
        .where(table.c.id == bindparam("account_id"))
        .values(
            balance=bindparam("new_balance"),
            entries=bindparam("new_entries"),
            head=bindparam("new_head"),
        )
    )


def _forget(account_ids: Iterable[int]) -> None:
    """Accounts that were read before are read again."""
    identities = session().identity_map
    if identities:
        for each in account_ids:
            loaded = identities.get(identity_key(Account, each))
            if loaded is not None:
                session().expire(loaded)


def _write_months(legs: Sequence[Leg]) -> None:
    """Keep the monthly totals of wallets."""
    totals: dict[tuple[int, str], list[int]] = {}
    for leg in legs:
        if leg.account.kind != AccountKind.WALLET:
            continue
        total = totals.setdefault((leg.account.id, month_of(leg.row["happened_on"])), [0, 0, 0])
        source = leg.posting.reverses.reason if leg.posting.reverses else leg.posting.reason
        total[0] += leg.amount
        total[1] += leg.amount if source in RECOGNITION else 0
        total[2] += leg.amount if _is_of_lot(leg, source) else 0
    connection = session().connection()
    for some in chunks(sorted(totals.items())):
        rows = [
            {"account_id": each, "month": month, "change": change, "received": received, "lot": lot}
            for (each, month), (change, received, lot) in some
        ]
        connection.execute(_new_months(connection.dialect.name), rows)


def _is_of_lot(leg: Leg, source: Reason) -> bool:
    """It begins a lot, or takes back what began one. What is spent, or comes back from there,
    changes only the balance: the lots' rest follows from it."""
    came_in = leg.amount > 0 if leg.posting.reverses is None else leg.amount < 0
    return came_in and source not in RETURNS


@cache
def _new_months(dialect: str) -> Any:
    statement = upsert(cast(Table, WalletMonth.__table__), dialect)
    return statement.on_conflict_do_update(
        index_elements=["account_id", "month"],
        set_={
            "change": WalletMonth.change + statement.excluded.change,
            "received": WalletMonth.received + statement.excluded.received,
            "lot": WalletMonth.lot + statement.excluded.lot,
        },
    )
