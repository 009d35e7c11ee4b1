"""Looking for coins that go round: two who give each other much, one who gives mostly to one.

What counts are awards and thanks to one person alone: whoever gives to a whole team favours nobody.
What an earlier case asked about is not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from portal.base.db import AnySelect, session
from portal.coins.models import Account, AccountKind, Entry, Reason, Transfer
from portal.fairness.models import Case, CaseItem, CaseKind, CaseState

MOST_FOUND = 200
"""So many cases a night: more than people can answer for would help nobody."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Coins between two people in the days looked at; `given`: all that the giver gave."""

    kind: CaseKind
    giver_id: int
    receiver_id: int
    there: int
    back: int
    given: int


def _gifts(since: date, until: date) -> AnySelect:
    """Awards and thanks that stand, to one person alone: giver, receiver, transfer, amount."""
    undo, other, wallet = aliased(Transfer), aliased(Entry), aliased(Account)
    several = (
        select(other.id)
        .join(wallet, wallet.id == other.account_id)
        .where(
            other.transfer_id == Transfer.id,
            other.account_id != Entry.account_id,
            wallet.kind == AccountKind.WALLET,
        )
    )
    return (
        select(
            Transfer.by_id.label("giver_id"),
            Account.owner_id.label("receiver_id"),
            Transfer.id.label("transfer_id"),
            Transfer.happened_on,
            Entry.amount,
        )
        .join(Entry, Entry.transfer_id == Transfer.id)
        .join(Account, and_(Account.id == Entry.account_id, Account.kind == AccountKind.WALLET))
        .where(
            Transfer.reason.in_([Reason.AWARD, Reason.THANK]),
            Transfer.happened_on.between(since, until),
            Transfer.by_id.is_not(None),
            Transfer.by_id != Account.owner_id,
            Entry.amount > 0,
            ~exists(several),
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
    )


def _not_asked(gifts: AnySelect) -> AnySelect:
    asked = select(CaseItem.transfer_id).where(CaseItem.transfer_id == Transfer.id)
    return gifts.where(~exists(asked))


def patterns(since: date, until: date, *, ring: int, favour: int) -> list[Pattern]:
    """The patterns to ask about: `ring` coins or more each way, more than half of everything and
    `favour` coins or more one way; 0 leaves a pattern out. The largest first."""
    gifts = _not_asked(_gifts(since, until)).subquery()
    pairs = (
        select(gifts.c.giver_id, gifts.c.receiver_id, func.sum(gifts.c.amount).label("coins"))
        .group_by(gifts.c.giver_id, gifts.c.receiver_id)
        .cte("pairs")
    )
    every = _gifts(since, until).subquery()
    totals = (
        select(every.c.giver_id, func.sum(every.c.amount).label("coins"))
        .group_by(every.c.giver_id)
        .cte("totals")
    )
    there, back = pairs.alias("there"), pairs.alias("back")
    is_back = and_(back.c.giver_id == there.c.receiver_id, back.c.receiver_id == there.c.giver_id)
    returned = func.coalesce(back.c.coins, 0)
    is_mutual = and_(
        literal(ring) > 0, there.c.giver_id < there.c.receiver_id,
        there.c.coins >= ring, returned >= ring,
    )  # fmt: skip
    is_favour = and_(
        literal(favour) > 0, there.c.coins >= favour, there.c.coins * 2 > totals.c.coins
    )
    rows = session().execute(
        select(
            there.c.giver_id, there.c.receiver_id, there.c.coins, returned.label("back"),
            totals.c.coins.label("given"), is_mutual.label("is_mutual"),
        )
        .join(totals, totals.c.giver_id == there.c.giver_id)
        .outerjoin(back, is_back)
        .where(or_(is_mutual, is_favour), ~_is_open(there.c.giver_id, there.c.receiver_id))
        .order_by(is_mutual.desc(), there.c.coins.desc(), there.c.giver_id, there.c.receiver_id)
        .limit(MOST_FOUND)
    )  # fmt: skip
    return [
        Pattern(
            CaseKind.MUTUAL if row.is_mutual else CaseKind.FAVOURITE,
            row.giver_id, row.receiver_id, int(row.coins),
            int(row.back) if row.is_mutual else 0, int(row.given),
        )
        for row in rows
    ]  # fmt: skip


def _is_open(giver_id: ColumnElement[int], receiver_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The two are asked already, in whichever order."""
    return exists(
        select(Case.id).where(
            Case.state == CaseState.OPEN,
            or_(
                and_(Case.giver_id == giver_id, Case.receiver_id == receiver_id),
                and_(Case.giver_id == receiver_id, Case.receiver_id == giver_id),
            ),
        )
    )


@dataclass(frozen=True, slots=True)
class Gift:
    """A transfer between the two."""

    transfer_id: int
    giver_id: int
    receiver_id: int
    amount: int


def gifts_between(pattern: Pattern, since: date, until: date) -> list[Gift]:
    """The transfers a pattern is made of, not asked about before, in the order of time."""
    gifts = _not_asked(_gifts(since, until)).subquery()
    there = and_(gifts.c.giver_id == pattern.giver_id, gifts.c.receiver_id == pattern.receiver_id)
    back = and_(gifts.c.giver_id == pattern.receiver_id, gifts.c.receiver_id == pattern.giver_id)
    rows = session().execute(
        select(gifts.c.transfer_id, gifts.c.giver_id, gifts.c.receiver_id, gifts.c.amount)
        .where(or_(there, back) if pattern.kind is CaseKind.MUTUAL else there)
        .order_by(gifts.c.transfer_id)
    )
    return [Gift(*row) for row in rows]
