"""What the tests of coins share: a budget to give from, and an award that was given."""

from __future__ import annotations

from collections.abc import Callable
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

    def award(amount: int = 5, *, people: Any = None, key: str = "once", by: Any = None) -> int:
        with db():
            viewer = viewer_of_person((by or cast.leader).id)
            assert viewer is not None
            return rules.award(
                viewer,
                people=[person.id for person in people or [cast.agent]],
                amount=amount,
                reason=REASON,
                value="patience",
                key=key,
            ).id

    return award


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
