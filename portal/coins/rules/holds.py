"""Holds: coins set aside for something that is not decided yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import Account, AccountKind, Hold, HoldState, Reason, Transfer
from portal.coins.rules.accounts import account
from portal.coins.rules.ledger import post
from portal.coins.rules.writing import Posted, Posting

SOME = 500


def hold(
    *,
    key: str,
    account_id: int,
    amount: int,
    by_id: int | None,
    lapses_at: datetime,
    about: str = "",
    shares: Sequence[tuple[int, int]] = (),
) -> Hold:
    """Set `amount` aside from an account until it is posted, voided, or lapses at `lapses_at`.

    `shares`: (account id, amount) where several slices give together; what is let go of comes back
    to `account_id`. The same key with the same content answers the first hold. Raises Refused as
    `transfer` does.
    """
    source = session().get_one(Account, account_id)
    held = account(
        AccountKind.HELD,
        source.owner_id,
        period=f"{source.kind}:{source.period}".rstrip(":"),
        currency=source.currency,
    )
    sources = ((each, -part) for each, part in shares or ((account_id, amount),))
    legs = (*sources, (held.id, amount))
    [moved] = post([Posting(key, Reason.HOLD, legs, by_id, about=about)])
    if not moved.is_new:
        return session().scalars(select(Hold).where(Hold.transfer_id == moved.id)).one()
    row = Hold(
        transfer_id=moved.id,
        account_id=account_id,
        held_id=held.id,
        amount=amount,
        lapses_at=lapses_at,
    )
    session().add(row)
    session().flush()
    return row


def post_hold(
    held: Hold,
    *,
    key: str,
    to_id: int,
    reason: Reason,
    by_id: int | None,
    amount: int | None = None,
) -> Posted:
    """Let the coins, or `amount` of them, go to account `to_id`; the rest goes back.

    Raises Refused (409) when it has ended.
    """
    shares = ((to_id, held.amount if amount is None else amount),)
    return share_hold(held, key=key, shares=shares, reason=reason, by_id=by_id)


def share_hold(
    held: Hold,
    *,
    key: str,
    shares: Sequence[tuple[int, int]],
    reason: Reason,
    by_id: int | None,
    happened_on: date | None = None,
) -> Posted:
    """Let the coins go to several accounts: (account id, amount). What is over goes back."""
    total = sum(amount for _account, amount in shares)
    if not 0 < total <= held.amount:
        raise ValueError("a hold is posted within what it holds")
    legs = ((held.held_id, -total), *shares)
    postings = [Posting(key, reason, legs, by_id, happened_on=happened_on)]
    if rest := held.amount - total:
        back = ((held.held_id, -rest), (held.account_id, rest))
        postings.append(Posting(f"hold:{held.id}:rest", Reason.RELEASE, back, by_id))
    return _end(held, postings, HoldState.POSTED, total)


def void_hold(held: Hold, *, key: str, by_id: int | None, lapsed: bool = False) -> Posted:
    """Let the coins go back to where they came from. Raises Refused (409) when it has ended."""
    legs = ((held.held_id, -held.amount), (held.account_id, held.amount))
    state = HoldState.LAPSED if lapsed else HoldState.VOIDED
    return _end(held, [Posting(key, Reason.RELEASE, legs, by_id)], state, 0)


def _end(held: Hold, postings: Sequence[Posting], state: HoldState, posted: int) -> Posted:
    session().refresh(held, with_for_update=True)
    if held.state != HoldState.OPEN:
        ended = session().scalar(select(Transfer.key).where(Transfer.id == held.ended_by_id))
        if ended != postings[0].key or held.ended_by_id is None:
            raise Refused(_("这一笔已经办结了。"), status=409)
        return Posted(held.ended_by_id, is_new=False)
    moved = post(postings)[0]
    held.state, held.posted, held.ended_by_id = state, posted, moved.id
    session().flush()
    return moved


def lapse_holds() -> int:
    """Let holds whose time is over lapse. Answers how many."""
    due = session().scalars(
        select(Hold)
        .where(Hold.state == HoldState.OPEN, Hold.lapses_at <= clock.now())
        .order_by(Hold.lapses_at, Hold.id)
        .limit(SOME)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for row in due.all():
        void_hold(row, key=f"hold:{row.id}:lapsed", by_id=None, lapsed=True)
        count += 1
    return count
