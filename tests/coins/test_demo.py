"""The demo's year of coins: a ledger that verifies, the same each time."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from portal.base import clock
from portal.base.db import session, transaction
from portal.coins import queries, rules
from portal.coins.models import Award, Reason
from portal.demo import coins, people
from portal.demo.world import World


def seeded(make_app: Callable[..., Any]) -> tuple[int, int, str]:
    """Seeds 150 people: how many awards, how many coins, the first reason."""
    app = make_app(filled=False)
    with app.app_context():
        with transaction():
            today = clock.today()
            world = World(random.Random(10086), today, today - timedelta(days=365))
            people.seed(world, 150)
            coins.seed(world)
            person = world.staff[0]
            at = world.moment(today - timedelta(days=40))
            movement = coins.Movement(
                at, "demo:extra", Reason.SUGGESTION_REWARD,
                ((coins.ISSUE, -7), (coins.wallet(person.id), 7)),
            )  # fmt: skip
            before = queries.wallet(person.id)
            coins.post(world, [movement])
            assert queries.wallet(person.id) == before + 7
            world.finish()
        with transaction():
            assert queries.verify() == []
            pair = rules.accounts_of("wallet", [1]), rules.account("issue")  # type: ignore[arg-type]
            rules.transfer(
                key="after", reason=Reason.GREETING, by_id=None,
                legs=[(pair[1].id, -1), (pair[0][1], 1)],
            )  # fmt: skip
        with transaction(read_only=True):
            assert queries.verify() == []
            awards = session().scalar(select(func.count()).select_from(Award)) or 0
            reason = session().scalar(select(Award.reason).order_by(Award.id).limit(1)) or ""
            return awards, queries.totals().sums["coin"], reason


def test_a_year_that_verifies_and_repeats(make_app: Callable[..., Any], at: Any) -> None:
    at("2026-11-20 15:00")
    first = seeded(make_app)
    assert first[0] > 100
    assert first[1] == 0
    assert seeded(make_app) == first


def test_many_different_reasons() -> None:
    lines = [line for words in coins.WORDS.values() for line in words]
    assert len(set(lines)) == len(lines) >= 40
    assert all(10 <= len(line + ending) <= 300 for line in lines for ending in coins.ENDINGS)
