"""The made-up year of suggestions: as the rules would have left it, and the same every time."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from portal.base import clock
from portal.coins.models import Account, Entry, Transfer
from portal.demo import people, suggestions
from portal.demo.world import World
from portal.suggestions.models import StatusChange, Suggestion, SuggestionWord
from portal.suggestions.queries import tokens


def seeded(make_app: Any) -> tuple[Any, list[Any]]:
    """A portal with 200 made-up people and their suggestions, and those as rows."""
    from tests.conftest import Database

    app = make_app(filled=False)
    app.config["SUNHOME"].instance.mkdir(parents=True, exist_ok=True)
    db = Database(app)
    today = clock.today()
    world = World(rng=random.Random(7), today=today, start=today - timedelta(days=365))
    with db():
        people.seed(world, 200)
        people.seed_accounts(world, app.config["SUNHOME"])
        suggestions.seed(world)
        world.finish()
    return db, db.rows(select(Suggestion.__table__).order_by(Suggestion.id))


def test_the_year_is_as_the_rules_leave_it(make_app: Any, at: Any) -> None:
    at("2026-03-10 15:00")
    db, rows = seeded(make_app)
    assert len(rows) > 80
    assert {row.status for row in rows} >= {"sent", "in_work", "adopted", "done", "declined"}
    steps = db.rows(
        select(StatusChange.suggestion_id, StatusChange.to_status, StatusChange.step).order_by(
            StatusChange.suggestion_id, StatusChange.step
        )
    )
    last = {number: (status, step) for number, status, step in steps}
    assert last == {row.id: (row.status, row.step) for row in rows}
    words = db.rows(select(SuggestionWord.suggestion_id, SuggestionWord.token))
    assert set(map(tuple, words)) == {
        (row.id, token) for row in rows for token in tokens(row.title)
    }
    paid = {f"suggestion:{row.id}:adopted" for row in rows if row.reward_coins}
    assert {key for (key,) in db.rows(select(Transfer.key))} == paid
    assert db.scalar(select(func.sum(Account.balance))) == 0
    assert db.scalar(select(func.sum(Entry.amount))) == 0


def test_the_same_seed_makes_the_same_year(make_app: Any, at: Any) -> None:
    at("2026-03-10 15:00")
    first, second = (seeded(make_app)[1] for _time in range(2))
    assert [tuple(row) for row in first] == [tuple(row) for row in second]
