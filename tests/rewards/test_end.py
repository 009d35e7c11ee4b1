"""An order ends: cancelled by its person, handed over by its code, refunded by HR."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from portal.base import throttle
from portal.people.models import RoleGrant
from portal.rewards import rules
from portal.rewards.models import Order
from tests.rewards.making import as_viewer, coins_for, new_item, new_order, site

# ---- cancelled ----------------------------------------------------------------------------------


def test_cancelled_before_it_is_fetched(
    cast: Any, client_of: Any, waiting: Order, books: Any
) -> None:
    answer = client_of(cast.agent).submit(f"/rewards/orders/{waiting.id}/cancel")
    assert answer.status_code == 303
    assert books.state(waiting) == "cancelled"
    assert books.pieces(waiting.reward_id) == (5, 0, 0)
    assert books.purse(cast.agent) == {"wallet": 25, "held": 0}
    assert books.is_sound()


def test_nobody_else_cancels(cast: Any, client_of: Any, books: Any, waiting: Order) -> None:
    path = f"/rewards/orders/{waiting.id}/cancel"
    for member, status in ((cast.colleague, 404), (cast.leader, 404), (cast.hr, 403)):
        assert client_of(member).act(path).status_code == status, member.name
    assert books.state(waiting) == "reserved"


def test_what_is_fetched_is_not_cancelled(
    cast: Any, client_of: Any, waiting: Order, books: Any
) -> None:
    client_of(cast.station).submit(f"/rewards/desk/{waiting.code}")
    answer = client_of(cast.agent).submit(f"/rewards/orders/{waiting.id}/cancel")
    assert answer.status_code == 409
    assert "已领取" in answer.text
    assert books.purse(cast.agent)["wallet"] == 15


# ---- handed over --------------------------------------------------------------------------------


def test_typed_at_the_desk_shown_and_confirmed(
    cast: Any, client_of: Any, waiting: Order, books: Any
) -> None:
    station = client_of(cast.station)
    found = station.submit("/rewards/desk", code=f" {waiting.code[:3]} {waiting.code[3:]} ")
    assert found.status_code == 303
    page = station.get(found.location)
    assert "保温杯" in page.text
    assert cast.agent.name in page.text
    assert books.state(waiting) == "reserved", "looking hands nothing over"
    assert station.submit(found.location).status_code == 303
    assert books.state(waiting) == "handed"
    assert books.pieces(waiting.reward_id) == (5, 0, 1)
    assert books.purse(cast.agent) == {"wallet": 15, "held": 0}
    assert books.in_store() == 10
    assert books.told("handed") == cast.agent.id
    assert books.is_sound()


def test_the_button_pressed_twice_hands_over_once(
    cast: Any, client_of: Any, waiting: Order, books: Any
) -> None:
    station = client_of(cast.station)
    sent = {"request_key": "pressed-twice", "csrf_token": station.token()}
    answers = [station.post(f"/rewards/desk/{waiting.code}", data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert books.pieces(waiting.reward_id) == (5, 0, 1)


def test_hr_of_the_site_hands_over_too(
    cast: Any, client_of: Any, books: Any, waiting: Order
) -> None:
    assert client_of(cast.hr).submit(f"/rewards/desk/{waiting.code}").status_code == 303
    assert books.state(waiting) == "handed"


def test_a_wrong_code_and_another_sites_code_look_alike(
    cast: Any, client_of: Any, waiting: Order
) -> None:
    wrong = f"{(int(waiting.code) + 1) % 10**6:06d}"
    station, other = client_of(cast.station), client_of(cast.hr_other)
    for browser, code in ((station, wrong), (other, waiting.code), (station, "12")):
        answer = browser.submit("/rewards/desk", code=code)
        assert answer.status_code == 404
        assert "没有等着领取的订单" in answer.text
        assert browser.get(f"/rewards/desk/{code}").status_code == 404


@pytest.mark.parametrize("part", ["agent", "colleague", "leader", "auditor", "committee"])
def test_the_desk_is_shut_to_others(cast: Any, client_of: Any, waiting: Order, part: str) -> None:
    browser = client_of(getattr(cast, part))
    assert browser.get("/rewards/desk").status_code == 403
    assert browser.get(f"/rewards/desk/{waiting.code}").status_code == 403


def test_codes_cannot_be_tried_out(cast: Any, client_of: Any, db: Any, waiting: Order) -> None:
    station = client_of(cast.station)
    for _number in range(20):
        station.get("/rewards/desk/000000" if waiting.code != "000000" else "/rewards/desk/1")
    answer = station.get(f"/rewards/desk/{waiting.code}")
    assert answer.status_code == 429
    assert "歇一歇" in answer.text
    with db():
        throttle.forgive("reward-code", str(cast.station.id))
    assert station.get(f"/rewards/desk/{waiting.code}").status_code == 200


def test_ones_own_is_handed_over_by_another(cast: Any, client_of: Any, db: Any) -> None:
    with db():
        coins_for(cast.station, 10)
        order = new_order(cast.station, new_item(cast.hr))
        code = order.code
    station = client_of(cast.station)
    page = station.get(f"/rewards/desk/{code}")
    assert "请另一位同事" in page.text
    answer = station.act(f"/rewards/desk/{code}", request_key="by-hand-of-my-own")
    assert answer.status_code == 409
    assert client_of(cast.hr).submit(f"/rewards/desk/{code}").status_code == 303


def test_after_its_last_day_it_is_not_handed_over(
    cast: Any, client_of: Any, db: Any, at: Any
) -> None:
    at("2026-03-02 09:00")
    with db():
        coins_for(cast.agent, 10)
        order = new_order(cast.agent, new_item(cast.hr))
        code, last = order.code, order.fetch_by
    assert last.isoformat() == "2026-03-16"
    at("2026-03-17 00:01")
    answer = client_of(cast.station).submit(f"/rewards/desk/{code}")
    assert answer.status_code == 409
    assert "过了领取的日子" in answer.text


# ---- refunded -----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_back", [True, False])
def test_refunded_with_a_reason_after_it_was_fetched(
    cast: Any, client_of: Any, waiting: Order, is_back: bool, books: Any
) -> None:
    client_of(cast.station).submit(f"/rewards/desk/{waiting.code}")
    hr = client_of(cast.hr)
    typed = {"is_back": "y"} if is_back else {}
    answer = hr.submit(f"/rewards/orders/{waiting.id}/refund", reason="杯盖是裂的", **typed)
    assert answer.status_code == 303
    assert books.state(waiting) == "refunded"
    assert books.pieces(waiting.reward_id) == (5, 0, 0 if is_back else 1)
    assert books.purse(cast.agent) == {"wallet": 25, "held": 0}
    assert books.in_store() == 0
    assert books.told("refunded") == cast.agent.id
    assert "杯盖是裂的" in client_of(cast.agent).get(f"/rewards/orders/{waiting.id}").text
    assert books.is_sound()
    again = hr.act(
        f"/rewards/orders/{waiting.id}/refund", request_key="once-more-please", reason="x"
    )
    assert again.status_code == 409


def test_refunded_before_it_was_fetched(
    cast: Any, client_of: Any, waiting: Order, books: Any
) -> None:
    hr = client_of(cast.hr)
    assert hr.submit(f"/rewards/orders/{waiting.id}/refund", reason="").status_code == 422
    answer = hr.submit(f"/rewards/orders/{waiting.id}/refund", reason="供应商断货了")
    assert answer.status_code == 303
    assert books.pieces(waiting.reward_id) == (5, 0, 0)
    assert books.purse(cast.agent) == {"wallet": 25, "held": 0}
    assert books.is_sound()


def test_only_hr_of_the_site_refunds(cast: Any, client_of: Any, books: Any, waiting: Order) -> None:
    path = f"/rewards/orders/{waiting.id}/refund"
    expected = {"agent": 403, "colleague": 403, "leader": 403, "station": 403, "hr_other": 404}
    for part, status in expected.items():
        assert client_of(getattr(cast, part)).get(path).status_code == status, part
    assert books.state(waiting) == "reserved"


def test_nobody_refunds_themself(cast: Any, client_of: Any, db: Any) -> None:
    with db():
        coins_for(cast.hr, 10)
        order = new_order(cast.hr, new_item(cast.hr)).id
    assert client_of(cast.hr).get(f"/rewards/orders/{order}/refund").status_code == 403


# ---- the second wall ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"state": "handed"},
        {"state": "cancelled"},
        {"state": "lapsed"},
        {"state": "refunded"},
        {"state": "lost"},
        {"is_returned": True},
        {"code": "12345"},
    ],
)
def test_a_state_without_its_facts_is_refused_by_the_database(
    db: Any, waiting: Order, values: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), db() as session:
        session.execute(update(Order).where(Order.id == waiting.id).values(**values))


def test_an_ended_order_does_not_come_back(cast: Any, db: Any, waiting: Order) -> None:
    with db() as session:
        rules.cancel(as_viewer(cast.agent), session.get_one(Order, waiting.id))
    values = {"state": "reserved", "cancelled_at": None}
    with pytest.raises(IntegrityError, match="only goes forward"), db() as session:
        session.execute(update(Order).where(Order.id == waiting.id).values(**values))


def test_a_station_of_one_site_hands_over_there_only(
    cast: Any, client_of: Any, db: Any, waiting: Order
) -> None:
    with db() as session:
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id == cast.station.id)
            .values(unit_id=site("侯马"))
        )
    answer = client_of(cast.station).get(f"/rewards/desk/{waiting.code}")
    assert answer.status_code == 404
