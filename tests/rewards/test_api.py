"""The shop for programs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from portal.rewards.models import Order
from tests.rewards.making import new_item


def test_items_come_in_pages_the_cheapest_first(cast: Any, call: Any, db: Any, item: int) -> None:
    with db():
        for number, price in enumerate((3, 30, 10)):
            new_item(cast.hr, name=f"第 {number} 件", price=price)
        new_item(cast.hr, name="收起来的", shelf="hidden")
    first = call(cast.agent, "get", "/rewards/?limit=2").json
    rest = call(cast.agent, "get", f"/rewards/?limit=2&after={first['next']}").json
    prices = [each["price"] for each in first["rewards"] + rest["rewards"]]
    assert prices == [3, 10, 10, 30]
    assert rest["next"] is None
    assert call(cast.outsider, "get", "/rewards/").json["rewards"] == []
    assert call(cast.agent, "get", "/rewards/?after=x").status_code == 422


def test_an_order_with_a_key_is_one_order(
    cast: Any, call: Any, db: Any, item: int, books: Any
) -> None:
    path = f"/rewards/{item}/orders"
    assert call(cast.agent, "post", path).status_code == 400, "without a key"
    answers = [call(cast.agent, "post", path, key="one-order-17") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert db.scalar(select(func.count()).select_from(Order)) == 1
    assert books.purse(cast.agent) == {"wallet": 15, "held": 10}
    mine = call(cast.agent, "get", "/rewards/orders").json["orders"]
    assert mine[0]["code"] == answers[0].json["code"]
    assert mine[0]["state"] == "reserved"
    assert call(cast.colleague, "get", "/rewards/orders").json["orders"] == []


def test_what_the_rules_refuse_is_a_problem(cast: Any, call: Any, item: int) -> None:
    path = f"/rewards/{item}/orders"
    answer = call(cast.colleague, "post", path, key="too-poor-1")
    assert answer.status_code == 422
    assert "还差 10 枚金币" in answer.json["detail"]
    assert call(cast.outsider, "post", path, key="far-away-1").status_code == 404


def test_a_token_without_the_scope_opens_nothing(cast: Any, call: Any, item: int) -> None:
    path = f"/rewards/{item}/orders"
    answer = call(cast.agent, "post", path, key="no-scope-1", scopes="rewards:read")
    assert answer.status_code == 403
