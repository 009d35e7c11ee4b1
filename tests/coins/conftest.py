"""What the tests of coins share: a budget to give from, and an award that was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

REASON = "客户反复问了四遍账单，她一遍一遍讲，没有一点不耐烦。"


@pytest.fixture
def fund(db: Any, cast: Any) -> Callable[..., int]:
    """Puts coins into the budget of the leader's team (or of whoever leads): answers the unit."""
    from portal.coins import rules
    from portal.people.queries import viewer_of_person

    def give(amount: int = 100, leader: Any = None) -> int:
        with db():
            viewer = viewer_of_person((leader or cast.leader).id)
            assert viewer is not None
            unit_id = next(grant.unit_id for grant in viewer.grants if grant.role == "leader")
            assert unit_id is not None
            rules.fund(None, unit_id=unit_id, amount=amount, key=f"{unit_id}:{amount}")
        return unit_id

    return give


@pytest.fixture
def give(db: Any, cast: Any) -> Callable[..., int]:
    """Awards by the rule, as the leader: answers the award's id."""
    from portal.coins import rules
    from portal.people.queries import viewer_of_person

    def award(
        amount: int = 5, *, people: Any = None, key: str = "once", by: Any = None, day: Any = None
    ) -> int:
        with db():
            viewer = viewer_of_person((by or cast.leader).id)
            assert viewer is not None
            return rules.award(
                viewer,
                people=[person.id for person in people or [cast.agent]],
                amount=amount,
                reason=f"{REASON}（{key}）",  # the same words twice are refused
                value="patience",
                key=key,
                happened_on=day,
            ).id

    return award


@pytest.fixture
def numbers(db: Any, at: Any) -> Callable[..., None]:
    """Sets what the house decided, from the first of March on; it is noon of the tenth."""
    from portal.coins import rules
    from portal.coins.models import RuleName

    at("2026-03-10 12:00")

    def decide(**named: int) -> None:
        with db():
            for name, number in named.items():
                rules.set_number(None, RuleName(name), number=number, since=date(2026, 3, 1))

    return decide


@pytest.fixture
def is_sound(db: Any) -> Callable[[], bool]:
    """The whole ledger verifies."""
    from portal.coins import queries

    def check() -> bool:
        with db(read_only=True):
            faults = queries.verify()
        assert not faults, faults
        return True

    return check
