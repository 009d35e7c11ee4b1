"""What the tests of fairness share: thanks between people, a case, somebody as a viewer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from portal.base import clock
from portal.coins import queries as coins_queries
from portal.coins import rules as coins
from portal.coins.models import AccountKind, Reason, RuleName
from portal.fairness import rules
from portal.people.queries import viewer_of_person

WORDS = "那个月她每天替我带新人，我一有机会就谢谢她。"


def viewer(member: Any) -> Any:
    """This member of the cast as the rules know them."""
    found = viewer_of_person(member.id)
    assert found is not None
    return found


def wallet(db: Any, member: Any) -> int:
    with db(read_only=True):
        return coins_queries.wallet(member.id)


@pytest.fixture
def thank(db: Any) -> Callable[..., int]:
    """Coins from one to another, as a thank you: answers the transfer."""
    numbers = count()

    def move(giver: Any, receiver: Any, amount: int) -> int:
        with db():
            source = coins.account(AccountKind.ISSUE).id
            target = coins.accounts_of(AccountKind.WALLET, [receiver.id])[receiver.id]
            return coins.transfer(
                key=f"thank:{next(numbers)}", reason=Reason.THANK,
                legs=[(source, -amount), (target, amount)], by_id=giver.id,
            ).id  # fmt: skip

    return move


@pytest.fixture
def numbers(db: Any) -> Callable[..., None]:
    """Sets the numbers from which coins are asked about."""

    def set_them(ring: int = 0, favour: int = 0, held: int = 1) -> None:
        with db():
            for name, number in (
                (RuleName.RING, ring), (RuleName.FAVOUR, favour), (RuleName.RING_HOLD, held),
            ):  # fmt: skip
                coins.set_number(None, name, number=number, since=clock.today())

    return set_them


@pytest.fixture
def look(db: Any) -> Callable[[], int]:
    """The nightly look: answers how many cases it opened."""

    def run() -> int:
        with db():
            return rules.open_cases(clock.today())

    return run


@pytest.fixture
def ring(cast: Any, thank: Any, numbers: Any, look: Any) -> int:
    """A case between agent and colleague, who gave each other 30 and 40; coins are held."""
    numbers(ring=25)
    for amount in (10, 20):
        thank(cast.agent, cast.colleague, amount)
    thank(cast.colleague, cast.agent, 40)
    assert look() == 1
    return 1


@pytest.fixture
def is_sound(db: Any) -> Callable[[], bool]:
    """The whole ledger verifies."""

    def check() -> bool:
        with db(read_only=True):
            faults = coins_queries.verify()
        assert not faults, faults
        return True

    return check
