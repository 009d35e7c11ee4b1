"""Awards: coins for people with the fact and the behaviour they are for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from portal.base.access import Viewer
from portal.base.db import session
from portal.coins.models import Award, Reason
from portal.coins.rules.budgets import hashed_key
from portal.coins.rules.giving import Awarded, record
from portal.coins.rules.ledger import post
from portal.coins.rules.plans import Plan, check_words_are_new, prepare, take, with_wallets
from portal.coins.rules.reviews import ask
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
        by,
        people=people,
        amount=amount,
        reason=reason,
        value=value,
        unit_id=unit_id,
        happened_on=happened_on,
    )
    ledger_key = f"award:{hashed_key(by.id, key)}"
    if meant.needs_review:
        return ask(by, meant, key=ledger_key)
    meant = with_wallets(meant)
    moved = _post(meant, by, key=ledger_key, happened_on=happened_on)
    if not moved.is_new:
        before = session().scalars(select(Award.id).where(Award.transfer_id == moved.id)).one()
        return Awarded(before, moved.id)
    check_words_are_new(meant)
    return record(meant, moved.id, by_id=by.id, by_name=by.name)


def _post(meant: Plan, by: Viewer, *, key: str, happened_on: date | None) -> Posted:
    """Out of the budget into each wallet."""
    shares = [(meant.wallets[person.id], meant.amount) for person in meant.receivers]

    def move(parts: Sequence[tuple[int, int]]) -> Posted:
        posting = Posting(
            key=key,
            reason=Reason.AWARD,
            legs=(*((account_id, -part) for account_id, part in parts), *shares),
            by_id=by.id,
            happened_on=happened_on,
            about=meant.about,
        )
        return post([posting])[0]

    return take(meant, move)
