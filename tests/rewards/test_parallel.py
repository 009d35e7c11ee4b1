"""Processes with threads at one shelf: the last piece goes once, an order ends once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base import clock
from portal.rewards.models import Order, Reward
from tests.coins.worker import at_once
from tests.rewards import worker
from tests.rewards.making import coins_for, new_item, new_order


@pytest.fixture
def where(app: Any) -> tuple[str, str]:
    settings = app.config["SUNHOME"]
    return settings.database_url, str(settings.instance)


def many(cast: Any) -> list[Any]:
    """Ten of Taiyuan, each with coins for ten pieces."""
    parts = (
        "agent", "colleague", "leader", "manager", "hr", "committee", "committee2", "station",
        "general_manager", "auditor",
    )  # fmt: skip
    people = [getattr(cast, part) for part in parts]
    for person in people:
        coins_for(person, 100)
    return people


def test_fifty_at_the_last_piece(cast: Any, db: Any, where: tuple[str, str], books: Any) -> None:
    with db():
        people = many(cast)
        item = new_item(cast.hr, stock=1).id
    rows = [(where, people[number % 10].id, item) for number in range(50)]
    answers = Counter(at_once(worker.order_one, rows))
    assert answers.pop("done") == 1
    assert sum(answers.values()) == 49
    assert all("被换完了" in words for words in answers), answers
    assert books.pieces(item) == (1, 1, 0)
    assert db.scalar(select(func.count()).select_from(Order)) == 1
    assert books.is_sound()


def test_one_person_twenty_times_at_a_limit_of_two(
    cast: Any, db: Any, where: tuple[str, str], books: Any
) -> None:
    with db():
        coins_for(cast.agent, 1000)
        item = new_item(cast.hr, stock=40, per_person=2).id
    answers = Counter(at_once(worker.order_one, [(where, cast.agent.id, item)] * 20))
    assert answers.pop("done") == 2, answers
    assert all("每人只能换 2 件" in words for words in answers), answers
    assert books.pieces(item) == (40, 2, 0)
    assert books.purse(cast.agent) == {"wallet": 980, "held": 20}
    assert books.is_sound()


def test_twenty_orders_with_coins_for_three(
    cast: Any, db: Any, where: tuple[str, str], books: Any
) -> None:
    with db():
        coins_for(cast.agent, 35)
        items = [new_item(cast.hr, stock=40, name=f"第 {number} 件").id for number in range(5)]
    rows = [(where, cast.agent.id, items[number % 5]) for number in range(20)]
    answers = Counter(at_once(worker.order_one, rows))
    assert answers.pop("done") == 3, answers
    assert set(answers) == {"还差 5 枚金币。再攒一攒，它会等你。"}
    assert books.purse(cast.agent) == {"wallet": 5, "held": 30}
    assert sum(books.pieces(item)[1] for item in items) == 3
    assert books.is_sound()


def test_an_order_ends_once_whoever_comes_first(
    cast: Any, db: Any, where: tuple[str, str], books: Any
) -> None:
    with db():
        coins_for(cast.agent, 50)
        reward = new_item(cast.hr)
        item, order = reward.id, new_order(cast.agent, reward).id
    ways = (
        ("cancel", cast.agent.id), ("hand over", cast.station.id), ("refund", cast.hr.id)
    )  # fmt: skip
    answers = Counter(at_once(worker.end_one, [(where, *ways[n % 3], order) for n in range(15)]))
    done = answers.pop("done")
    assert 1 <= done <= 2, answers  # a refund may follow the hand-over
    assert all("状态已经变了" in words for words in answers), answers
    _stock, reserved, handed = books.pieces(item)
    assert reserved == 0
    assert books.purse(cast.agent) == {"wallet": 50 - 10 * handed, "held": 0}
    assert books.is_sound()


def test_the_night_job_beside_people(
    cast: Any, db: Any, where: tuple[str, str], at: Any, books: Any
) -> None:
    """Two runs of the job, and people who cancel and order meanwhile: no deadlock, nothing lost."""
    now = clock.now()
    at(now - timedelta(days=20))
    with db():
        people = many(cast)[:5]
        rewards = [new_item(cast.hr, stock=40, name=f"第 {number} 件") for number in range(4)]
        orders = [
            (person.id, new_order(person, reward).id) for person in people for reward in rewards
        ]
        items = [reward.id for reward in rewards]
    at(now, tick=True)
    rows = [("end", "cancel", *each) for each in orders]
    rows += [("order", person.id, items[n % 4]) for n, person in enumerate(people * 2)]
    rows += [("lapse", clock.today())] * 2
    answers = at_once(worker.mixed, [(where, *row) for row in rows])
    told = Counter(answer if "ERROR" in answer else answer[:8] for answer in answers)
    assert not [words for words in told if "ERROR" in words], told
    left = db.scalar(
        select(func.count()).where(Order.state == "reserved", Order.lapses_at <= clock.now())
    )
    assert left == 0
    assert db.scalar(select(func.sum(Reward.reserved))) == 10
    assert books.is_sound()
