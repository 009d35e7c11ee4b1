"""What was not given by the end of its month: budgets and allowances lapse."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from portal.base.db import session
from portal.coins.models import Account, AccountKind, Currency, Reason
from portal.coins.queries import month_of, months_until
from portal.coins.rules.accounts import account
from portal.coins.rules.ledger import post
from portal.coins.rules.writing import Posting

SOME = 2000
MONTHS_BACK = 14
"""How far back it is looked: an award may be taken back long after its month."""


def lapse_unused(day: date) -> int:
    """Move what is left of the budgets and allowances of months before that of `day` to where
    nobody can give it. Answers how many accounts.

    What comes back to such an account later lapses the same way.
    """
    gone, after, count = account(AccountKind.EXPIRED).id, 0, 0
    oldest = months_until(day, MONTHS_BACK)[0]
    while True:
        found = session().execute(
            select(Account.id, Account.balance, Account.entries)
            .where(
                Account.kind.in_([AccountKind.BUDGET, AccountKind.ALLOWANCE]),
                Account.period >= oldest,
                Account.period < month_of(day),
                Account.currency == Currency.COIN,
                Account.balance > 0,
                Account.frozen_at.is_(None),
                Account.closed_at.is_(None),
                Account.id > after,
            )
            .order_by(Account.id)
            .limit(SOME)
            .with_for_update(key_share=True)
        ).all()  # fmt: skip
        if not found:
            return count
        post(
            [
                Posting(
                    f"unused:{row.id}:{row.entries}",
                    Reason.EXPIRE,
                    ((row.id, -row.balance), (gone, row.balance)),
                )
                for row in found
            ]
        )
        after, count = found[-1].id, count + len(found)
