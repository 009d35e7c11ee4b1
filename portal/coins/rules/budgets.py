"""Budgets: by rule for each head and month, put right when people move, and by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import Account, AccountKind, Entry, Reason, Transfer
from portal.coins.queries import heads_by_unit, month_of, quota_month, rate_on
from portal.coins.rules.accounts import account, accounts_of, chunks
from portal.coins.rules.ledger import post
from portal.coins.rules.slices import COINS_A_SLICE, draw, slices_of, spread
from portal.coins.rules.writing import Posted, Posting

MOST_BY_HAND = 100_000


def hashed_key(*parts: object) -> str:
    """A ledger key of fixed length from whatever a request calls itself."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()


def fund(by: Viewer | None, *, unit_id: int, amount: int, key: str, memo: str = "") -> Posted:
    """Add coins to a unit's budget of this month. `by` None: the house itself.

    Raises Refused for an amount that makes no sense.
    """
    if type(amount) is not int or not 1 <= amount <= MOST_BY_HAND:
        raise Refused(
            _("请填 %(least)s 到 %(most)s 之间的整数。", least=1, most=MOST_BY_HAND), "amount"
        )
    period = quota_month()
    slices = slices_of(AccountKind.BUDGET, unit_id, period, amount)
    posting = Posting(
        f"fund:hand:{hashed_key(by.id if by else 0, key)}",
        Reason.FUND,
        ((account(AccountKind.ISSUE).id, -amount), *spread(slices, amount)),
        by.id if by else None,
        memo,
        about=f"{unit_id}:{period}:{amount}",
    )
    return post([posting])[0]


def fund_units(day: date) -> int:
    """Give each unit with a leader its budget of the month of `day`: heads × rate, once.

    A unit that gets its first leader later in the month is funded then. Answers how many units.
    """
    rate, period = rate_on(day), month_of(day)
    wanted = {
        f"fund:{unit_id}:{period}": (unit_id, heads * rate)
        for unit_id, heads in sorted(heads_by_unit(day).items())
        if heads * rate > 0
    }
    if not wanted:
        return 0
    pattern = f"fund:%:{period}"
    posted = set(session().scalars(select(Transfer.key).where(Transfer.key.like(pattern))))
    new = {key: value for key, value in wanted.items() if key not in posted}
    if not new:
        return 0
    source = account(AccountKind.ISSUE).id
    small = [unit_id for unit_id, amount in new.values() if amount < 2 * COINS_A_SLICE]
    targets = {
        unit_id: [account_id]
        for unit_id, account_id in accounts_of(AccountKind.BUDGET, small, period=period).items()
    }
    for unit_id, amount in new.values():
        if unit_id not in targets:
            targets[unit_id] = slices_of(AccountKind.BUDGET, unit_id, period, amount)
    done = post(
        [
            Posting(key, Reason.FUND, ((source, -amount), *spread(targets[unit_id], amount)))
            for key, (unit_id, amount) in new.items()
        ]
    )
    return sum(posted.is_new for posted in done)


@dataclass(slots=True)
class _Funded:
    """What the rule gave a unit so far this month, and on which day it began."""

    since: date
    amount: int
    is_corrected: bool


def correct_units(day: date) -> int:
    """Put the budgets of the month of `day` right for the people who came and went: heads × the
    rate they were funded by. Answers how many units.

    What is taken back is taken as far as it is unspent; the rest when something comes back. Once a
    day and unit.
    """
    period, source = month_of(day), account(AccountKind.ISSUE).id
    heads, rates = heads_by_unit(day), dict[date, int]()
    changes: dict[int, int] = {}
    for unit_id, funded in sorted(_funded_by_rule(period, day).items()):
        rate = rates.setdefault(funded.since, rate_on(funded.since))
        change = heads.get(unit_id, 0) * rate - funded.amount
        if change and not funded.is_corrected:
            changes[unit_id] = change
    slices = _slices(changes, period)
    postings = []
    for unit_id, change in changes.items():
        balances = slices[unit_id]
        parts = spread(list(balances), change) if change > 0 else [
            (each, -amount) for each, amount in draw(balances, -change)
        ]  # fmt: skip
        if parts:
            legs = ((source, -sum(amount for _each, amount in parts)), *parts)
            postings.append(Posting(f"correct:{unit_id}:{period}:{day}", Reason.FUND, legs))
    return len(post(postings)) if postings else 0


def _funded_by_rule(period: str, day: date) -> dict[int, _Funded]:
    rows = session().execute(
        select(Account.owner_id, Transfer.key, Transfer.happened_on, Entry.amount)
        .join(Entry, Entry.account_id == Account.id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(
            Account.kind == AccountKind.BUDGET,
            Account.period == period,
            Transfer.reason == Reason.FUND,
            Transfer.key.not_like("fund:hand:%"),
        )
        .order_by(Transfer.id)
    )
    found: dict[int, _Funded] = {}
    for owner_id, key, happened_on, amount in rows:
        unit = found.setdefault(owner_id, _Funded(happened_on, 0, is_corrected=False))
        unit.amount += amount
        unit.is_corrected |= key == f"correct:{owner_id}:{period}:{day}"
    return found


def _slices(unit_ids: Mapping[int, int], period: str) -> dict[int, dict[int, int]]:
    """The balances of each unit's slices, locked."""
    found: dict[int, dict[int, int]] = {}
    for some in chunks(unit_ids):
        rows = session().execute(
            select(Account.id, Account.owner_id, Account.balance)
            .where(
                Account.kind == AccountKind.BUDGET,
                Account.owner_id.in_(some),
                Account.period == period,
            )
            .order_by(Account.id)
            .with_for_update(key_share=True)
        )
        for row in rows:
            found.setdefault(row.owner_id, {})[row.id] = row.balance
    return found
