"""Budgets: by rule for each head and month, and by hand."""

from __future__ import annotations

import hashlib
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import AccountKind, CoinRule, Reason, RuleName, Transfer
from portal.coins.queries import heads_by_unit, month_of, rate_on
from portal.coins.rules.accounts import account, accounts_of
from portal.coins.rules.ledger import post
from portal.coins.rules.slices import COINS_A_SLICE, slices_of, spread
from portal.coins.rules.writing import Posted, Posting

MOST_BY_HAND = 100_000
MOST_RATE = 1000


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
    period = month_of(clock.today())
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


def set_rate(by: Viewer | None, *, rate: int, since: date) -> CoinRule:
    """From a day on, each head gives its unit `rate` coins a month. Raises Refused.

    A month that was funded before keeps its budget: choose the first day of a month to come.
    """
    if type(rate) is not int or not 0 <= rate <= MOST_RATE:
        raise Refused(_("请填 %(least)s 到 %(most)s 之间的整数。", least=0, most=MOST_RATE), "rate")
    if since < clock.today().replace(day=1):
        raise Refused(_("已经过去的月份不能再改，请从这个月起。"), "since")
    return set_number(by, RuleName.RATE, number=rate, since=since)


def set_number(by: Viewer | None, name: RuleName, *, number: int, since: date) -> CoinRule:
    """From a day on, this rule has another number; the days before keep theirs."""
    for row in session().scalars(
        select(CoinRule).where(
            CoinRule.name == name, (CoinRule.valid_to.is_(None)) | (CoinRule.valid_to > since)
        )
    ):
        row.valid_to = max(row.valid_from, since)
    rule = CoinRule(name=name, number=number, valid_from=since, set_by_id=by.id if by else None)
    session().add(rule)
    session().flush()
    return rule
