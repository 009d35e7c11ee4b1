"""Coins as JSON: the same rules, tokens with scopes, keys on every deed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.base import clock
from portal.people import rules as people
from portal.people.queries import viewer_of_person
from tests.coins.conftest import REASON

Call = Callable[..., Any]
URL = "/api/v1/coins/awards"


@pytest.fixture
def call(app: Any, db: Any) -> Call:
    """Calls as one of the cast, with a token of these scopes."""

    def make(member: Any, *scopes: str) -> Call:
        with db():
            viewer = viewer_of_person(member.id)
            assert viewer is not None
            _row, token = people.make_token(
                viewer, name="test", scopes=list(scopes),
                expires_on=clock.today() + timedelta(days=30),
            )  # fmt: skip
        client = app.test_client()

        def ask(method: str, url: str, *, key: str | None = None, json: Any = None) -> Any:
            headers = {"Authorization": f"Bearer {token}"}
            if key:
                headers["Idempotency-Key"] = key
            return client.open(url, method=method, headers=headers, json=json)

        return ask

    return make


def body(*members: Any, **changes: Any) -> dict[str, Any]:
    return {
        "people": [member.staff_no for member in members],
        "amount": 5,
        "value": "care",
        "reason": REASON,
    } | changes


def test_award_and_replay(cast: Any, call: Call, fund: Any, db: Any) -> None:
    fund(100)
    ask = call(cast.leader, "coins:write", "coins:read")
    first = ask("POST", URL, key="order-0001", json=body(cast.agent, cast.colleague))
    assert first.status_code == 201
    assert first.json["total"] == 10
    again = ask("POST", URL, key="order-0001", json=body(cast.agent, cast.colleague))
    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ask("POST", URL, key="order-0001", json=body(cast.agent, amount=6))
    assert other.status_code == 409
    assert other.mimetype == "application/problem+json"
    assert ask("POST", URL, json=body(cast.agent)).status_code == 400
    assert ask("POST", URL, key="x" * 201, json=body(cast.agent)).status_code == 400
    assert (
        ask("POST", URL, key="k" * 200, json=body(cast.agent, reason=REASON + "！")).status_code
        == 201
    )
    budget = ask("GET", "/api/v1/coins/budget").json
    assert (budget["funded"], budget["given"], budget["left"]) == (100, 15, 85)


def test_the_statement(cast: Any, call: Call, fund: Any, give: Any) -> None:
    fund()
    for n in range(3):
        give(1, key=str(n))
    ask = call(cast.agent, "coins:read")
    page = ask("GET", "/api/v1/coins/statement?limit=2").json
    assert page["balance"] == 3
    assert [entry["balance_after"] for entry in page["entries"]] == [3, 2]
    rest = ask("GET", f"/api/v1/coins/statement?limit=2&after={page['next']}").json
    assert [entry["balance_before"] for entry in rest["entries"]] == [0]
    assert rest["next"] is None
    award = page["entries"][0]["award_id"]
    assert ask("GET", f"{URL}/{award}").json["reason"].startswith(REASON)
    empty = call(cast.outsider, "coins:read")
    assert empty("GET", "/api/v1/coins/statement").json == {
        "balance": 0, "entries": [], "next": None,
    }  # fmt: skip
    assert empty("GET", f"{URL}/{award}").status_code == 404
    assert empty("GET", f"{URL}/999999").status_code == 404


def test_doors(cast: Any, app: Any, call: Call, fund: Any) -> None:
    fund()
    anonymous = app.test_client()
    for url in (URL + "/1", "/api/v1/coins/statement", "/api/v1/coins/budget"):
        assert anonymous.get(url).status_code == 401
    assert anonymous.post(URL, json={}).status_code == 401
    reads = call(cast.leader, "coins:read")
    assert reads("POST", URL, key="order-0001", json=body(cast.agent)).status_code == 403
    writes = call(cast.agent, "coins:write", "coins:read")
    assert writes("POST", URL, key="order-0001", json=body(cast.colleague)).status_code == 403
    assert writes("GET", "/api/v1/coins/budget").status_code == 403
    other = call(cast.other_leader, "coins:read", "coins:write")
    unit = reads("GET", "/api/v1/coins/budget").json["unit_id"]
    assert other("GET", f"/api/v1/coins/budget?unit_id={unit}").status_code == 404
    answer = other("POST", URL, key="order-0002", json=body(cast.agent, unit_id=unit))
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": "5"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 10**30}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 101}, "amount"),
        ({"people": []}, "people"),
        ({"people": ["nobody"]}, "people"),
        ({"people": ["\x00"]}, "people"),
        ({"people": [5]}, "people"),
        ({"people": ["002200"]}, "people"),
        ({"people": ["001102"]}, "people"),
        ({"people": ["003217", "003217"]}, "people"),
        ({"people": ["x" * 31]}, "people"),
        ({"reason": "短"}, "reason"),
        ({"reason": "\u200b" * 40}, "reason"),
        ({"reason": "一二三四五六七八九十\x00"}, "reason"),
        ({"reason": "长" * 301}, "reason"),
        ({"value": "gold"}, "value"),
        ({"happened_on": "2199-01-01"}, "happened_on"),
        ({"happened_on": "gestern"}, "happened_on"),
        ({"unit_id": 2**70}, "unit_id"),
        ({"extra": 1}, "extra"),
    ],
)
def test_bad_bodies(
    cast: Any, call: Call, fund: Any, db: Any, *, changes: dict[str, Any], field: str
) -> None:
    fund(100)
    ask = call(cast.leader, "coins:write")
    answer = ask("POST", URL, key="order-0001", json=body(cast.agent, **changes))
    assert answer.status_code == 422, answer.data
    assert answer.mimetype == "application/problem+json"
    assert any(error["field"].startswith(field) for error in answer.json["errors"])
    good = ask("POST", URL, key="order-0001", json=body(cast.agent))
    assert good.status_code == 201, "a refused request leaves its key free"


def test_not_json(cast: Any, call: Call, app: Any, fund: Any) -> None:
    fund()
    ask = call(cast.leader, "coins:write")
    assert ask("POST", URL, key="order-0001", json=[1]).status_code in {400, 422}
    assert ask("POST", URL, key="order-0001").status_code in {400, 415, 422}


def test_above_the_number_it_waits(
    cast: Any, call: Call, client_of: Any, *, fund: Any, numbers: Any
) -> None:
    numbers(review=20)
    fund(100)
    ask = call(cast.leader, "coins:write", "coins:read")
    sent = body(cast.agent, cast.colleague, amount=15, happened_on="2026-03-02")
    first = ask("POST", URL, key="order-0001", json=sent)
    assert first.status_code == 202
    assert (first.json["state"], first.json["total"], first.json["award_id"]) == (
        "waiting", 30, None,
    )  # fmt: skip
    again = ask("POST", URL, key="order-0001", json=sent)
    assert (again.status_code, again.data) == (202, first.data)
    here = f"/api/v1/coins/requests/{first.json['request_id']}"
    assert ask("GET", here).json["state"] == "waiting"
    assert call(cast.agent, "coins:read")("GET", here).status_code == 404
    client_of(cast.manager).submit(f"/coins/requests/{first.json['request_id']}")
    decided = ask("GET", here).json
    assert (decided["state"], decided["decided_by"]) == ("approved", cast.manager.name)
    given = ask("GET", f"{URL}/{decided['award_id']}").json
    assert (given["state"], given["happened_on"]) == ("given", "2026-03-02")
