"""Awards: coins for people with the fact and the behaviour they are for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from flask_babel import gettext as _
from sqlalchemy import BigInteger, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.base.errors import Refused
from portal.coins.models import Account, AccountKind, Award, Currency, Reason
from portal.coins.queries import quota_month
from portal.coins.rules.accounts import accounts_of
from portal.coins.rules.budgets import hashed_key
from portal.coins.rules.giving import Awarded, record
from portal.coins.rules.ledger import locked_accounts, post, posted_as
from portal.coins.rules.plans import (
    Plan,
    check_words_are_new,
    is_budget,
    prepare,
    slices_of_budget,
    too_much,
)
from portal.coins.rules.reviews import ask
from portal.coins.rules.slices import draw
from portal.coins.rules.writing import Posted, Posting


def award(
    by: Viewer,
    *,
    people: Sequence[int],
    amount: int,
    reason: str,
    value: str,
    key: str,
    unit_id: int | None = None,
    happened_on: date | None = None,
) -> Awarded:
    """Give `amount` coins to each of `people` out of this month's budget of the unit.

    `unit_id` None: the unit that `by` leads. `reason`: fact and behaviour, 10 to 300 characters.
    `happened_on`: the day of the fact, up to 31 days back. Above what the house lets one give
    alone, it waits for somebody else. The same `key` with the same content answers the first
    award. Raises Refused, at the field that can be mended.
    """
    meant = prepare(
        by, people=people, amount=amount, reason=reason, value=value, unit_id=unit_id,
        happened_on=happened_on,
    )  # fmt: skip
    ledger_key = f"award:{hashed_key(by.id, key)}"
    if meant.needs_review:
        return ask(by, meant, key=ledger_key)
    moved = _post(_Gift(meant, ledger_key, by.id, happened_on))
    if not moved.is_new:
        before = session().scalars(select(Award.id).where(Award.transfer_id == moved.id)).one()
        return Awarded(before, moved.id, meant.unit_id)
    check_words_are_new(meant)
    return record(meant, moved.id, by_id=by.id, by_name=by.name)


@dataclass(frozen=True, slots=True)
class _Gift:
    """An award on its way into the ledger. `happened_on`: as it was asked for."""

    meant: Plan
    key: str
    by_id: int
    happened_on: date | None

    @property
    def people(self) -> list[int]:
        return [receiver.id for receiver in self.meant.receivers]

    def posting(self, parts: Sequence[tuple[int, int]], wallets: Mapping[int, int]) -> Posting:
        """Out of the budget's slices, `parts` of each, into the wallets."""
        legs = (
            *((account_id, -amount) for account_id, amount in parts),
            *((wallets[person], self.meant.amount) for person in self.people),
        )
        return Posting(
            self.key,
            Reason.AWARD,
            legs,
            self.by_id,
            happened_on=self.happened_on,
            about=self.meant.about,
        )


def _post(gift: _Gift) -> Posted:
    """Out of any slice of the budget that holds enough, or out of several of them."""
    meant = gift.meant
    names = {receiver.id: receiver.name for receiver in meant.receivers}
    locked = {row.id: row for row in _lock_places(gift)}
    for row in locked.values():
        if row.kind == AccountKind.WALLET and row.closed_at is not None:
            message = _(
                "%(name)s 的钱包已经关闭，收不了金币。请把对方从名单里去掉，或问人力资源部。",
                name=names[row.owner_id],
            )
            raise Refused(message, "people", status=409)
    wallets = {row.owner_id: row.id for row in locked.values() if row.kind == AccountKind.WALLET}
    enough = [row.id for row in locked.values() if row.kind == AccountKind.BUDGET]
    if missing := [person for person in gift.people if person not in wallets]:
        wallets |= accounts_of(AccountKind.WALLET, missing)
        locked = {}
    if enough:
        return post([gift.posting([(enough[0], meant.total)], wallets)], locked)[0]
    left = {row.id: row.balance for row in slices_of_budget(meant.unit_id, locked=True)}
    parts = draw(left, meant.total)
    if sum(amount for _account, amount in parts) == meant.total:
        return post([gift.posting(parts, wallets)])[0]
    if before := posted_as(gift.posting((), wallets)):
        return before
    raise too_much(sum(left.values()), meant.total)


def _lock_places(gift: _Gift) -> Sequence[AnyRow]:
    """The wallets there are, and one slice of the budget by chance if it holds enough, so that many
    can give at once; all locked."""
    return fetch(
        _places(),
        unit_id=gift.meant.unit_id,
        period=quota_month(),
        people=gift.people,
        total=gift.meant.total,
        chance=secrets.randbelow(840),  # divisible by any number of slices there may be
    )


@cache
def _places() -> AnySelect:
    people = bindparam("people", expanding=True, type_=BigInteger)
    of_budget = is_budget(Account)
    number = select(func.count()).where(is_budget(aliased(Account))).scalar_subquery()
    a_slice = Account.slice == bindparam("chance", type_=BigInteger) % func.nullif(number, 0)
    is_wallet = and_(
        Account.currency == Currency.COIN,
        Account.kind == AccountKind.WALLET,
        Account.owner_id.in_(people),
        Account.period == "",
    )
    enough = Account.balance >= bindparam("total", type_=BigInteger)
    return locked_accounts(or_(and_(of_budget, a_slice, enough), is_wallet))
