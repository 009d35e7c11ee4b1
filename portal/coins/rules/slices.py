"""Slices: a large budget is several accounts, so that many can give from it at the same time.

One account can be moved by one transfer at a time. A budget that many give from has a slice for
each thousand coins; whoever gives takes from any slice that holds enough.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from portal.base.db import session
from portal.coins.models import Account, AccountKind, Currency
from portal.coins.rules.accounts import upsert

COINS_A_SLICE, MOST_SLICES = 1000, 8


def slices_of(kind: AccountKind, owner_id: int, period: str, total: int = 0) -> list[int]:
    """The ids of an account's slices, as many as fit for `total` coins; missing ones are opened."""
    wanted = max(1, min(MOST_SLICES, total // COINS_A_SLICE))
    place = {"kind": kind, "owner_id": owner_id, "period": period, "currency": Currency.COIN}
    query = (
        select(Account.id)
        .where(*(getattr(Account, name) == value for name, value in place.items()))
        .order_by(Account.slice)
    )
    found = list(session().scalars(query))
    if len(found) < wanted:
        rows = [place | {"slice": each, "balance": 0} for each in range(wanted)]
        session().execute(upsert(Account).values(rows).on_conflict_do_nothing())
        found = list(session().scalars(query))
    return found


def spread(account_ids: Sequence[int], total: int) -> list[tuple[int, int]]:
    """`total` in equal parts over the accounts, the first ones taking what is over."""
    part, over = divmod(total, len(account_ids))
    legs = [(each, part + (place < over)) for place, each in enumerate(account_ids)]
    return [(each, amount) for each, amount in legs if amount]


def draw(balances: Mapping[int, int], total: int) -> list[tuple[int, int]]:
    """Which slices give `total`: any one that holds enough, else several, the fullest first.

    Answers (account id, amount); less than `total` in all when they do not hold as much.
    """
    enough = [each for each, balance in balances.items() if balance >= total]
    if enough:
        return [(secrets.choice(enough), total)]
    legs: list[tuple[int, int]] = []
    for each, balance in sorted(balances.items(), key=lambda item: (-item[1], item[0])):
        amount = min(balance, total - sum(part for _each, part in legs))
        if amount > 0:
            legs.append((each, amount))
    return legs
