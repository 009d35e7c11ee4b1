"""Coins set aside: posted, in part, given back, lapsed by themselves; each once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.base import clock
from portal.base.errors import Refused
from portal.coins import jobs, queries, rules
from portal.coins.models import AccountKind, Hold, HoldState, Reason


@pytest.fixture
def purse(db: Any, cast: Any) -> int:
    """The agent's wallet, with twenty coins."""
    with db():
        issue = rules.account(AccountKind.ISSUE).id
        purse = rules.account(AccountKind.WALLET, cast.agent.id).id
        rules.transfer(
            key="opening", reason=Reason.OPENING, legs=[(issue, -20), (purse, 20)], by_id=None
        )
        return int(purse)


@pytest.fixture
def held(db: Any, purse: int) -> int:
    """Eight of them set aside for an hour."""
    with db():
        return aside(purse).id


def aside(purse: int, amount: int = 8, key: str = "aside") -> Hold:
    until = clock.now() + timedelta(hours=1)
    return rules.hold(key=key, account_id=purse, amount=amount, by_id=None, lapses_at=until)


def state(db: Any, purse: int) -> tuple[str, int, int]:
    """How the hold stands, what was posted of it, and what the wallet holds."""
    row = db.rows(select(Hold.state, Hold.posted))[0]
    with db(read_only=True):
        return str(row.state), row.posted, queries.balance(purse)


def test_set_aside(db: Any, purse: int, held: int, is_sound: Any) -> None:
    assert state(db, purse) == ("open", 0, 12)
    with db():
        assert aside(purse).id == held, "asked again"
        with pytest.raises(Refused, match="12"):
            aside(purse, 13, "more")
    assert is_sound()


@pytest.mark.parametrize("amount", [8, 5])
def test_posted_and_the_rest_goes_back(
    db: Any, purse: int, held: int, is_sound: Any, amount: int
) -> None:
    for _twice in range(2):
        with db() as session:
            store = rules.account(AccountKind.STORE).id
            rules.post_hold(
                session.get_one(Hold, held), key="bought", to_id=store, reason=Reason.ORDER,
                by_id=None, amount=amount,
            )  # fmt: skip
    assert state(db, purse) == ("posted", amount, 20 - amount)
    with db(read_only=True):
        assert queries.balance(store) == amount
    assert is_sound()


def test_given_back_once(db: Any, purse: int, held: int, is_sound: Any) -> None:
    for _twice in range(2):
        with db() as session:
            rules.void_hold(session.get_one(Hold, held), key="back", by_id=None)
    assert state(db, purse) == ("voided", 0, 20)
    with db() as session:
        row, store = session.get_one(Hold, held), rules.account(AccountKind.STORE).id
        with pytest.raises(Refused, match="已经办结"):
            rules.post_hold(row, key="late", to_id=store, reason=Reason.ORDER, by_id=None)
    assert is_sound()


def test_more_than_is_held_is_an_error(db: Any, purse: int, held: int) -> None:
    with db() as session, pytest.raises(ValueError, match="within"):
        rules.post_hold(
            session.get_one(Hold, held), key="k", to_id=purse, reason=Reason.ORDER, by_id=None,
            amount=9,
        )  # fmt: skip


def test_lapses_by_itself(db: Any, at: Any, cast: Any, purse: int, is_sound: Any) -> None:
    at("2026-03-05 12:00")
    with db():
        aside(purse)
    at("2026-03-05 12:59")
    with db():
        assert jobs.lapse_holds(clock.today()) == 0
    at("2026-03-05 13:00")
    for found in (1, 0):
        with db():
            assert jobs.lapse_holds(clock.today()) == found
    assert state(db, purse) == (HoldState.LAPSED.value, 0, 20)
    assert is_sound()
