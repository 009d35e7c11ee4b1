"""Moving coins: whoever moves them comes through here.

Accounts are locked in the order of their ids, so that two transfers never wait for each other in a
circle. What is asked here is asked for each award, so each statement is built once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import date
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import BigInteger, ColumnElement, bindparam, or_, select

from portal.base import words
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.base.errors import Refused
from portal.coins.models import (
    LONGEST_KEY,
    LONGEST_MEMO,
    SOURCES,
    Account,
    AccountKind,
    Currency,
    Entry,
    Reason,
    Transfer,
)
from portal.coins.rules.accounts import chunks
from portal.coins.rules.writing import (
    Leg,
    Original,
    Posted,
    Posting,
    row_of,
    write_legs,
    write_transfers,
)

MOST = 10**12
"""The largest amount of a leg: far above all that is real, far below what a database can add."""
MOST_LOCKED = 5000


class Short(Refused):
    """An account does not hold enough: `account_id` has `left`."""

    def __init__(self, message: str, account_id: int, left: int) -> None:
        super().__init__(message, "amount")
        self.account_id = account_id
        self.left = left


# ---- transfers ------------------------------------------------------------------------------


def transfer(
    *,
    key: str,
    reason: Reason,
    legs: Sequence[tuple[int, int]],
    by_id: int | None,
    memo: str = "",
    happened_on: date | None = None,
) -> Posted:
    """Move coins (or fen) between accounts of one currency. `legs`: (account id, signed amount).

    The same key with the same content answers the first transfer and moves nothing. Raises
    Refused: 409 for a key used with other content, Short where a balance would fall below zero.
    `memo`: people's words or none, never a translated text (a repetition could differ by language).
    """
    return post([Posting(key, reason, tuple(legs), by_id, memo, happened_on)])[0]


def reverse(
    transfer_id: int, *, key: str, reason: Reason, by_id: int | None, memo: str = ""
) -> Posted:
    """Take a whole transfer back, by a linked one that counts for the same day.

    Raises Refused: 409 when it was reversed before, Short where the coins are no longer there.
    """
    rows = fetch(_original(), transfer_id=transfer_id)
    if not rows:
        raise ValueError("no such transfer")
    if rows[0].reverses_id is not None:
        raise Refused(_("这一笔本身就是更正，不能再撤回。"), status=409)
    taken_back = Posting(
        key,
        reason,
        tuple((row.account_id, -row.amount) for row in rows),
        by_id,
        memo,
        rows[0].happened_on,
        Original(transfer_id, Reason(rows[0].reason), rows[0].happened_on),
    )
    return post([taken_back])[0]


@cache
def _original() -> AnySelect:
    return (
        select(
            Transfer.reason,
            Transfer.happened_on,
            Transfer.reverses_id,
            Entry.account_id,
            Entry.amount,
        )
        .join(Entry, Entry.transfer_id == Transfer.id)
        .where(Transfer.id == bindparam("transfer_id"))
        .order_by(Entry.id)
    )


def post(postings: Sequence[Posting], locked: Mapping[int, AnyRow] | None = None) -> list[Posted]:
    """Post several transfers, all or nothing, in this order.

    `locked`: the accounts, where the caller holds them locked (`locked_accounts`). Raises Refused
    as `transfer` does, before anything is written.
    """
    for posting in postings:
        _check(posting)
    if len({posting.key for posting in postings}) != len(postings):
        raise ValueError("a key twice in one call")
    accounts = locked or _lock(postings)
    known = _posted_before(postings)
    fresh = [posting for posting in postings if posting.key not in known]
    ids: dict[str, int] = {}
    if fresh:
        legs = _walk(fresh, accounts)
        with session().begin_nested() if len(fresh) > 1 else nullcontext():
            ids = write_transfers(legs)
            if len(ids) < len(fresh):
                # Equal content means equal accounts, and those are locked: it is other content.
                raise _key_taken()
            write_legs(legs, ids)
    return [
        Posted(ids.get(posting.key) or known[posting.key], posting.key in ids)
        for posting in postings
    ]


def posted_as(posting: Posting) -> Posted | None:
    """The transfer that was posted under this key. Raises Refused (409) if with other content."""
    known = _posted_before([posting])
    return Posted(known[posting.key], is_new=False) if known else None


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


# ---- accounts: locked, and walked over ---------------------------------------------------------


def _lock(postings: Iterable[Posting]) -> dict[int, AnyRow]:
    account_ids = {account_id for posting in postings for account_id, _amount in posting.legs}
    found: dict[int, AnyRow] = {}
    for some in chunks(sorted(account_ids), MOST_LOCKED):
        found |= {row.id: row for row in fetch(_locked(), ids=some)}
    if len(found) != len(account_ids):
        raise ValueError("no such account")
    return found


@cache
def _locked() -> AnySelect:
    return locked_accounts(Account.id.in_(bindparam("ids", expanding=True, type_=BigInteger)))


def locked_accounts(which: ColumnElement[bool]) -> AnySelect:
    """A query of accounts that locks them, in the order of their ids."""
    return (
        select(
            Account.id,
            Account.kind,
            Account.owner_id,
            Account.currency,
            Account.balance,
            Account.entries,
            Account.head,
            Account.frozen_at,
            Account.closed_at,
        )
        .where(which)
        .order_by(Account.id)
        .with_for_update(key_share=True, of=Account)
    )


def _walk(postings: Sequence[Posting], accounts: Mapping[int, AnyRow]) -> list[Leg]:
    """All legs in their order. Raises Refused where an account stands against one."""
    places = {account_id: (row.balance, row.entries) for account_id, row in accounts.items()}
    legs: list[Leg] = []
    for posting in postings:
        if len({accounts[account_id].currency for account_id, _amount in posting.legs}) != 1:
            raise ValueError("a transfer stays within one currency")
        row = row_of(posting, accounts[posting.legs[0][0]].currency)
        for account_id, amount in posting.legs:
            (left, entries), account = places[account_id], accounts[account_id]
            _refuse(posting, account, left, amount)
            places[account_id] = left + amount, entries + 1
            legs.append(Leg(posting, row, account, amount, entries + 1, left + amount))
    return legs


def _refuse(posting: Posting, account: AnyRow, left: int, amount: int) -> None:
    if account.closed_at is not None:
        raise Refused(_("这个账户已经关闭，不能再进出。"), status=409)
    if amount < 0 and account.frozen_at is not None and posting.reverses is None:
        message = _("这个账户正在核查，暂时不能转出。有疑问请联系人力资源部。")
        raise Refused(message, status=409)
    if amount < 0 and left + amount < 0 and account.kind not in SOURCES:
        raise Short(_told_short(account, left, -amount), account.id, left)


def _told_short(row: AnyRow, left: int, need: int) -> str:
    told = words.yuan if row.currency == Currency.FEN else coins
    amounts = {"left": told(left), "need": told(need)}
    if row.kind == AccountKind.BUDGET:
        return str(_("预算还剩 %(left)s，不够这次的 %(need)s。", **amounts))
    if row.kind == AccountKind.WALLET:
        return str(_("钱包里有 %(left)s，不够这次的 %(need)s。", **amounts))
    return str(_("账上还有 %(left)s，不够这次的 %(need)s。", **amounts))


def _posted_before(postings: Sequence[Posting]) -> dict[str, int]:
    """Transfers posted under these keys. Raises Refused (409) where one stands against them."""
    known: dict[str, AnyRow] = {}
    reversed_ids: set[int] = set()
    for some in chunks(postings):
        originals = [posting.reverses.id for posting in some if posting.reverses]
        asked: dict[str, Any] = {"keys": [posting.key for posting in some]}
        if originals:
            asked["originals"] = originals
        for row in fetch(_of_keys(bool(originals)), **asked):
            known[row.key] = row
            reversed_ids.add(row.reverses_id)
    for posting in postings:
        before = known.get(posting.key)
        if before is not None and before.content_hash != posting.content_hash:
            raise _key_taken()
        if before is None and posting.reverses and posting.reverses.id in reversed_ids:
            raise Refused(_("这一笔已经撤回过了。"), status=409)
    wanted = {posting.key for posting in postings}
    return {key: row.id for key, row in known.items() if key in wanted}


@cache
def _of_keys(is_reversal: bool) -> AnySelect:
    is_known: ColumnElement[bool] = Transfer.key.in_(bindparam("keys", expanding=True))
    if is_reversal:
        originals = bindparam("originals", expanding=True, type_=BigInteger)
        is_known = or_(is_known, Transfer.reverses_id.in_(originals))
    return select(Transfer.id, Transfer.key, Transfer.content_hash, Transfer.reverses_id).where(
        is_known
    )


def _key_taken() -> Refused:
    return Refused(_("这个请求号已经用在另一件事上了。"), status=409)


def coins(amount: int) -> str:
    """An amount of coins in the reader's words."""
    return str(ngettext("%(num)s 枚金币", "%(num)s 枚金币", amount))
