"""Ordering: the piece and the coins are set aside, or nothing happens and one is told why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.base import clock
from portal.notify.models import Notice
from portal.rewards.models import Order, Reward
from tests.rewards.making import coins_for, new_item, new_order


def change(db: Any, item: int, **values: Any) -> None:
    with db() as session:
        session.execute(update(Reward).where(Reward.id == item).values(**values))


def orders(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Order)))


def test_an_order_sets_piece_and_coins_aside(
    cast: Any, client_of: Any, db: Any, item: int, books: Any
) -> None:
    agent = client_of(cast.agent)
    shown = agent.get(f"/rewards/{item}/order")
    assert "15 枚金币" in shown.text, "what is left afterwards is shown before"
    answer = agent.submit(f"/rewards/{item}/order")
    assert answer.status_code == 303
    page = agent.get(answer.location)
    order = db.rows(select(Order.code, Order.state))[0]
    assert f"{order.code[:3]} {order.code[3:]}" in page.text
    assert order.state == "reserved"
    assert books.pieces(item) == (5, 1, 0)
    assert books.purse(cast.agent) == {"wallet": 15, "held": 10}
    assert db.scalar(select(Notice.person_id).where(Notice.kind == "rewards.ready")) == (
        cast.agent.id
    )
    assert books.is_sound()


def test_the_same_form_twice_is_one_order(
    cast: Any, client_of: Any, db: Any, item: int, books: Any
) -> None:
    agent = client_of(cast.agent)
    sent = {"request_key": "one-and-the-same", "csrf_token": agent.token()}
    first = agent.post(f"/rewards/{item}/order", data=sent)
    second = agent.post(f"/rewards/{item}/order", data=sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert orders(db) == 1
    assert books.purse(cast.agent)["held"] == 10


def test_too_few_coins_says_how_many_are_missing(
    cast: Any, client_of: Any, db: Any, item: int, books: Any
) -> None:
    change(db, item, price=32)
    agent = client_of(cast.agent)
    assert "还差 7 枚" in agent.get(f"/rewards/{item}").text
    answer = agent.submit(f"/rewards/{item}/order")
    assert answer.status_code == 422
    assert "还差 7 枚金币" in answer.text
    assert books.pieces(item) == (5, 0, 0)
    assert books.purse(cast.agent)["wallet"] == 25


def test_without_any_coin_the_whole_price_is_missing(cast: Any, client_of: Any, item: int) -> None:
    answer = client_of(cast.colleague).submit(f"/rewards/{item}/order")
    assert "还差 10 枚金币" in answer.text


@pytest.mark.parametrize(
    "case",
    [
        ({"stock": 0}, "换完了"),
        ({"opens_on": clock.today() + timedelta(days=3)}, "还没有开始"),
        ({"opens_on": clock.today() - timedelta(days=9),
          "closes_on": clock.today() - timedelta(days=1)}, "不能兑换"),
    ],
)  # fmt: skip
def test_what_is_not_to_be_had_is_refused(
    cast: Any, client_of: Any, db: Any, item: int, case: tuple[dict[str, Any], str]
) -> None:
    values, words = case
    change(db, item, **values)
    agent = client_of(cast.agent)
    answer = agent.submit(f"/rewards/{item}/order")
    assert answer.status_code == 409
    assert words in answer.text
    assert orders(db) == 0


def test_a_limit_per_person_counts_what_one_has_or_is_about_to_have(
    cast: Any, client_of: Any, db: Any, item: int
) -> None:
    change(db, item, per_person=1)
    agent = client_of(cast.agent)
    first = agent.submit(f"/rewards/{item}/order")
    again = agent.submit(f"/rewards/{item}/order")
    assert again.status_code == 409
    assert "每人只能换 1 件" in again.text
    assert "换到限量" in agent.get(f"/rewards/{item}").text
    agent.submit(f"{first.location}/cancel")
    assert agent.submit(f"/rewards/{item}/order").status_code == 303, "a cancelled one is free"


def test_a_limit_per_month_ends_with_the_month(cast: Any, client_of: Any, db: Any, at: Any) -> None:
    at("2026-03-31 20:00")
    with db():
        coins_for(cast.agent, 100)
        item = new_item(cast.hr, per_month=1).id
    agent = client_of(cast.agent)
    assert agent.submit(f"/rewards/{item}/order").status_code == 303
    answer = agent.submit(f"/rewards/{item}/order")
    assert "每月只能换 1 件" in answer.text
    at("2026-04-01 00:10")
    assert client_of(cast.agent).submit(f"/rewards/{item}/order").status_code == 303


def test_another_site_finds_no_such_item(cast: Any, client_of: Any, item: int) -> None:
    browser = client_of(cast.outsider)
    assert browser.get(f"/rewards/{item}").status_code == 404
    assert browser.act(f"/rewards/{item}/order").status_code == 404
    assert "保温杯" not in browser.get("/rewards/").text


@pytest.mark.parametrize("shelf", ["hidden", "withdrawn"])
def test_what_is_off_the_shelf_is_there_for_its_keeper_only(
    cast: Any, client_of: Any, db: Any, item: int, shelf: str
) -> None:
    change(db, item, shelf=shelf)
    assert client_of(cast.agent).get(f"/rewards/{item}").status_code == 404
    assert client_of(cast.agent).act(f"/rewards/{item}/order").status_code == 404
    keeper = client_of(cast.hr)
    assert keeper.get(f"/rewards/{item}").status_code == 200
    assert keeper.act(f"/rewards/{item}/order").status_code == 403
    assert client_of(cast.hr_other).get(f"/rewards/{item}").status_code == 404


def test_orders_go_on_at_their_price(
    cast: Any, client_of: Any, db: Any, waiting: Order, books: Any
) -> None:
    change(db, waiting.reward_id, price=99)
    client_of(cast.agent).submit(f"/rewards/orders/{waiting.id}/cancel")
    assert books.purse(cast.agent) == {"wallet": 25, "held": 0}


def test_no_two_waiting_orders_have_one_code(cast: Any, db: Any, item: int) -> None:
    with db() as session:
        coins_for(cast.agent, 1000)
        reward = session.get_one(Reward, item)
        reward.stock = 90
        codes = {new_order(cast.agent, reward).code for _number in range(60)}
    assert len(codes) == 60
