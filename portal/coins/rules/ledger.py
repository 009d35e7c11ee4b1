"""Moving coins: the only file that writes transfers, entries and balances.

Accounts are locked in the order of their ids, so that two transfers never wait for each other in a
circle; keys are looked up under those locks, so that the same request sent at once posts once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Table, bindparam, insert, or_, select, update
from sqlalchemy.orm.util import identity_key

from portal.base import clock, words
from portal.base.db import AnyRow, session
from portal.base.errors import Refused
from portal.coins.models import (
    LONGEST_KEY,
    LONGEST_MEMO,
    RECOGNITION,
    SOURCES,
    Account,
    AccountKind,
    Currency,
    Entry,
    Reason,
    Transfer,
    WalletMonth,
)
from portal.coins.queries import month_of
from portal.coins.rules.accounts import chunks, upsert

MOST = 10**12
"""The largest amount of a leg: far above all that is real, far below what a database can add."""


class Short(Refused):
    """An account does not hold enough: `account_id` has `left`."""

    def __init__(self, message: str, account_id: int, left: int) -> None:
        super().__init__(message, "amount")
        self.account_id = account_id
        self.left = left


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer to be posted. `legs`: (account id, signed amount), each account once, sum 0.

    `about`: what else makes it this request and no other; hashed, not kept.
    """

    key: str
    reason: Reason
    legs: tuple[tuple[int, int], ...]
    by_id: int | None = None
    memo: str = ""
    happened_on: date | None = None
    reverses: Transfer | None = None
    about: str = ""

    @property
    def content_hash(self) -> str:
        """A hash of what would move and why."""
        content = [
            self.reason.value,
            sorted(self.legs),
            self.memo,
            self.happened_on.isoformat() if self.happened_on else None,
            self.reverses.id if self.reverses else None,
            self.about,
        ]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


# ---- transfers ------------------------------------------------------------------------------


def transfer(
    *,
    key: str,
    reason: Reason,
    legs: Sequence[tuple[int, int]],
    by_id: int | None,
    memo: str = "",
    happened_on: date | None = None,
) -> Transfer:
    """Move coins (or fen) between accounts of one currency. `legs`: (account id, signed amount).

    The same key with the same content answers the first transfer and moves nothing. Raises
    Refused: 409 for a key used with other content, Short where a balance would fall below zero.
    `memo`: people's words or none, never a translated text (a repetition could differ by language).
    """
    posting = Posting(key, reason, tuple(legs), by_id, memo, happened_on)
    return post([posting])[0][0]


def reverse(
    original: Transfer, *, key: str, reason: Reason, by_id: int | None, memo: str = ""
) -> Transfer:
    """Take a whole transfer back, by a linked one that counts for the same day.

    Raises Refused: 409 when it was reversed before, Short where the coins are no longer there.
    """
    if original.reverses_id is not None:
        raise Refused(_("这一笔本身就是更正，不能再撤回。"), status=409)
    legs = session().execute(
        select(Entry.account_id, -Entry.amount).where(Entry.transfer_id == original.id)
    )
    taken_back = Posting(
        key,
        reason,
        tuple((account_id, amount) for account_id, amount in legs),
        by_id,
        memo,
        original.happened_on,
        original,
    )
    return post([taken_back])[0][0]


def post(postings: Sequence[Posting]) -> list[tuple[Transfer, bool]]:
    """Post several transfers, all or nothing, in this order.

    Answers each transfer, and whether it is new (or was posted before under the same key).
    Raises Refused as `transfer` does, before anything is written.
    """
    for posting in postings:
        _check(posting)
    if len({posting.key for posting in postings}) != len(postings):
        raise ValueError("a key twice in one call")
    accounts = _lock({account_id for posting in postings for account_id, _amount in posting.legs})
    known = _posted_before(postings)
    fresh = [posting for posting in postings if posting.key not in known]
    balances = {account_id: row.balance for account_id, row in accounts.items()}
    after = [_walk(posting, accounts, balances) for posting in fresh]
    made: dict[str, Transfer] = {}
    if fresh:
        with session().begin_nested() if len(fresh) > 1 else nullcontext():
            made = _write_transfers(fresh, accounts)
            _write_entries(fresh, made, after)
            _write_balances(fresh, balances)
            _write_months(fresh, made, accounts)
    return [
        (made[posting.key], True) if posting.key in made else (known[posting.key], False)
        for posting in postings
    ]


def _check(posting: Posting) -> None:
    """What a caller must get right: these are errors of a program, not of a person."""
    if not 1 <= len(posting.key) <= LONGEST_KEY or len(posting.memo) > LONGEST_MEMO:
        raise ValueError("key or memo too long, or no key")
    if len(posting.legs) < 2 or len(dict(posting.legs)) != len(posting.legs):
        raise ValueError("a transfer has two legs or more, each account once")
    amounts = [amount for _account, amount in posting.legs]
    if any(type(amount) is not int or not 0 < abs(amount) <= MOST for amount in amounts):
        raise ValueError("an amount is a whole number within bounds, not zero")
    if sum(amounts):
        raise ValueError("the legs of a transfer add up to zero")


def _lock(account_ids: set[int]) -> dict[int, AnyRow]:
    found: dict[int, AnyRow] = {}
    for some in chunks(sorted(account_ids), 5000):
        rows = session().execute(
            select(Account.id, Account.kind, Account.currency, Account.balance, Account.closed_at)
            .where(Account.id.in_(some))
            .order_by(Account.id)
            .with_for_update(key_share=True)
        )
        found |= {row.id: row for row in rows}
    if len(found) != len(account_ids):
        raise ValueError("no such account")
    return found


def _posted_before(postings: Sequence[Posting]) -> dict[str, Transfer]:
    """Transfers posted under these keys. Raises Refused (409) where one stands against them."""
    known: dict[str, Transfer] = {}
    by_original: dict[int | None, Transfer] = {}
    for some in chunks(postings):
        conditions = [Transfer.key.in_([posting.key for posting in some])]
        originals = [posting.reverses.id for posting in some if posting.reverses]
        if originals:
            conditions.append(Transfer.reverses_id.in_(originals))
        for row in session().scalars(select(Transfer).where(or_(*conditions))):
            known[row.key] = row
            by_original[row.reverses_id] = row
    for posting in postings:
        before = known.get(posting.key)
        if before is not None and before.content_hash != posting.content_hash:
            raise _key_taken()
        if before is None and posting.reverses and posting.reverses.id in by_original:
            raise Refused(_("这一笔已经撤回过了。"), status=409)
    keys = {posting.key for posting in postings}
    return {key: row for key, row in known.items() if key in keys}


def _key_taken() -> Refused:
    return Refused(_("这个请求号已经用在另一件事上了。"), status=409)


def _walk(posting: Posting, accounts: dict[int, AnyRow], balances: dict[int, int]) -> list[int]:
    """The balance after each leg; `balances` moves on with it. Raises Refused."""
    if len({accounts[account_id].currency for account_id, _amount in posting.legs}) != 1:
        raise ValueError("a transfer stays within one currency")
    after = []
    for account_id, amount in posting.legs:
        row, left = accounts[account_id], balances[account_id]
        if row.closed_at is not None:
            raise Refused(_("这个账户已经关闭，不能再进出。"), status=409)
        if amount < 0 and left + amount < 0 and row.kind not in SOURCES:
            raise Short(_told_short(row, left, -amount), account_id, left)
        balances[account_id] = left + amount
        after.append(left + amount)
    return after


def _told_short(row: AnyRow, left: int, need: int) -> str:
    told = words.yuan if row.currency == Currency.FEN else coins
    amounts = {"left": told(left), "need": told(need)}
    if row.kind == AccountKind.BUDGET:
        return str(_("预算还剩 %(left)s，不够这次的 %(need)s。", **amounts))
    if row.kind == AccountKind.WALLET:
        return str(_("钱包里有 %(left)s，不够这次的 %(need)s。", **amounts))
    return str(_("账上还有 %(left)s，不够这次的 %(need)s。", **amounts))


# ---- the four tables, each written in one statement -------------------------------------------


def _write_transfers(fresh: Sequence[Posting], accounts: dict[int, AnyRow]) -> dict[str, Transfer]:
    now, today = clock.now(), clock.today()
    made: dict[str, Transfer] = {}
    for some in chunks(fresh):
        rows = [
            {
                "key": posting.key,
                "content_hash": posting.content_hash,
                "reason": posting.reason,
                "memo": posting.memo,
                "happened_on": posting.happened_on or today,
                "entered_at": now,
                "by_id": posting.by_id,
                "currency": accounts[posting.legs[0][0]].currency,
                "reverses_id": posting.reverses.id if posting.reverses else None,
            }
            for posting in some
        ]
        statement = _new_transfers(session().get_bind().dialect.name)
        made |= {row.key: row for row in session().scalars(statement, rows)}
    if len(made) < len(fresh):
        # Equal content means equal accounts, and those are locked: the key came with other content.
        raise _key_taken()
    return made


# Built once for each database: with the rows in them they would be spelled out anew each time.


@cache
def _new_transfers(dialect: str) -> Any:
    return upsert(Transfer, dialect).on_conflict_do_nothing().returning(Transfer)


@cache
def _new_months(dialect: str) -> Any:
    statement = upsert(cast(Any, WalletMonth.__table__), dialect)
    return statement.on_conflict_do_update(
        index_elements=["account_id", "month"],
        set_={
            "change": WalletMonth.change + statement.excluded.change,
            "received": WalletMonth.received + statement.excluded.received,
        },
    )


def _write_entries(
    fresh: Sequence[Posting], made: dict[str, Transfer], after: Sequence[Sequence[int]]
) -> None:
    rows = [
        {
            "transfer_id": made[posting.key].id,
            "account_id": account_id,
            "amount": amount,
            "balance_after": balance,
        }
        for posting, balances in zip(fresh, after, strict=True)
        for (account_id, amount), balance in zip(posting.legs, balances, strict=True)
    ]
    session().connection().execute(insert(cast(Table, Entry.__table__)), rows)


def _write_balances(fresh: Sequence[Posting], balances: dict[int, int]) -> None:
    touched = sorted({account_id for posting in fresh for account_id, _amount in posting.legs})
    table = cast(Table, Account.__table__)
    session().connection().execute(
        update(table)
        .where(table.c.id == bindparam("account_id"))
        .values(balance=bindparam("new_balance")),
        [{"account_id": each, "new_balance": balances[each]} for each in touched],
    )
    identities = session().identity_map
    for each in touched:
        loaded = identities.get(identity_key(Account, each))
        if loaded is not None:
            session().expire(loaded, ["balance"])


def _write_months(
    fresh: Sequence[Posting], made: dict[str, Transfer], accounts: dict[int, AnyRow]
) -> None:
    """Keep the monthly totals of wallets."""
    totals: dict[tuple[int, str], list[int]] = {}
    for posting in fresh:
        month = month_of(made[posting.key].happened_on)
        source = posting.reverses.reason if posting.reverses else posting.reason
        for account_id, amount in posting.legs:
            if accounts[account_id].kind == AccountKind.WALLET:
                total = totals.setdefault((account_id, month), [0, 0])
                total[0] += amount
                total[1] += amount if source in RECOGNITION else 0
    connection = session().connection()
    for some in chunks(sorted(totals.items())):
        rows = [
            {"account_id": each, "month": month, "change": change, "received": received}
            for (each, month), (change, received) in some
        ]
        connection.execute(_new_months(connection.dialect.name), rows)


def coins(amount: int) -> str:
    """An amount of coins in the reader's words."""
    return str(ngettext("%(num)s 枚金币", "%(num)s 枚金币", amount))
