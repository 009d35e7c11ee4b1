"""What nobody fetches: warned before, given back after, each once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.coins.rules import lapse_holds
from portal.notify.models import Notice
from portal.rewards.jobs import lapse_orders
from portal.rewards.models import Order
from tests.rewards.making import coins_for, new_item, new_order

LAST = date(2026, 3, 16)


@pytest.fixture
def ordered(cast: Any, db: Any, at: Any) -> int:
    """An order of 2 March: to be fetched until 16 March."""
    at("2026-03-02 21:30")
    with db():
        coins_for(cast.agent, 25)
        order = new_order(cast.agent, new_item(cast.hr))
        assert order.fetch_by == LAST
        return order.id


def run(db: Any, at: Any, day: date, hour: str = "00:20") -> int:
    at(f"{day.isoformat()} {hour}")
    with db():
        return lapse_orders(day)


def notices(db: Any, kind: str) -> list[Any]:
    return db.rows(
        select(Notice.person_id, Notice.not_before).where(Notice.kind == f"rewards.{kind}")
    )


def test_it_waits_until_its_last_day_is_over(
    cast: Any, db: Any, at: Any, ordered: int, books: Any
) -> None:
    assert run(db, at, LAST) == 0
    assert db.scalar(select(Order.state)) == "reserved"
    assert run(db, at, date(2026, 3, 17)) == 1
    assert db.scalar(select(Order.state)) == "lapsed"
    assert books.purse(cast.agent) == {"wallet": 25, "held": 0}
    assert books.pieces(db.scalar(select(Order.reward_id))) == (5, 0, 0)
    assert books.is_sound()


def test_the_job_twice_changes_nothing(
    cast: Any, db: Any, at: Any, ordered: int, books: Any
) -> None:
    day = date(2026, 3, 17)
    assert [run(db, at, day), run(db, at, day)] == [1, 0]
    assert books.purse(cast.agent)["wallet"] == 25
    assert len(notices(db, "lapsed")) == 1
    assert books.is_sound()


def test_the_person_is_told_before_in_the_morning_and_once(
    cast: Any, db: Any, at: Any, ordered: int
) -> None:
    run(db, at, date(2026, 3, 13))
    assert notices(db, "soon") == []
    for day in (14, 15, 16):
        run(db, at, date(2026, 3, day))
    found = notices(db, "soon")
    assert [row.person_id for row in found] == [cast.agent.id]
    assert found[0].not_before.isoformat() == "2026-03-14T01:00:00+00:00", "nine at home"
    run(db, at, date(2026, 3, 17))
    assert len(notices(db, "soon")) == 1


def test_several_at_once_and_only_those_due(
    cast: Any, db: Any, at: Any, ordered: int, books: Any
) -> None:
    at("2026-03-05 10:00")
    with db():
        coins_for(cast.colleague, 100)
        second = new_item(cast.hr, name="雨伞")
        young = new_order(cast.colleague, second).id
    at("2026-03-02 23:59")
    with db() as session:
        reward = session.get_one(Order, ordered).reward
        new_order(cast.colleague, reward)
    assert run(db, at, date(2026, 3, 17)) == 2
    assert db.scalar(select(Order.state).where(Order.id == young)) == "reserved"
    assert db.scalar(select(func.count()).where(Order.state == "lapsed")) == 2
    assert books.is_sound()


def test_a_lapsed_order_is_not_warned_of_any_more(db: Any, at: Any, ordered: int) -> None:
    run(db, at, date(2026, 3, 20))
    assert notices(db, "soon") == []


def test_where_the_ledger_was_first_the_coins_go_back_once(
    cast: Any, db: Any, at: Any, ordered: int, books: Any
) -> None:
    """Our job stood still for days, and the hold has lapsed by itself."""
    at("2026-03-20 08:00")
    with db():
        assert lapse_holds() == 1
    assert books.purse(cast.agent) == {"wallet": 25, "held": 0}
    assert run(db, at, date(2026, 3, 20), "09:00") == 1
    assert books.purse(cast.agent) == {"wallet": 25, "held": 0}
    assert books.is_sound()


def test_the_order_ends_before_its_hold_does(db: Any, at: Any, ordered: int) -> None:
    at("2026-03-17 12:00")
    with db():
        assert lapse_holds() == 0
