"""Thanks as JSON: the same rule, a token with its scope, a key for each deed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.coins import rules
from portal.coins.models import RuleName
from tests.coins.test_api import Call, call

__all__ = ["call"]
URL = "/api/v1/coins/thanks"
WORDS = "你替我接了那通最难的电话，我才喘得过气来。"


@pytest.fixture
def nine(db: Any, at: Any) -> None:
    at("2026-03-10 12:00")
    with db():
        rules.set_number(None, RuleName.ALLOWANCE, number=9, since=date(2026, 3, 1))


def test_thanks_and_replay(cast: Any, call: Call, nine: None) -> None:
    ask = call(cast.agent, "coins:write", "coins:read")
    body = {"person": cast.outsider.staff_no, "amount": 2, "reason": WORDS}
    first = ask("POST", URL, key="thanks-0001", json=body)
    assert first.status_code == 201
    assert (first.json["kind"], first.json["value"], first.json["total"]) == ("thank", None, 2)
    again = ask("POST", URL, key="thanks-0001", json=body)
    assert (again.status_code, again.data) == (201, first.data)
    assert ask("POST", URL, key="thanks-0001", json=body | {"amount": 1}).status_code == 409
    assert ask("POST", URL, json=body).status_code == 400
    assert ask("GET", "/api/v1/coins/allowance").json == {
        "period": "2026-03", "number": 9, "left": 7, "most_each": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"amount": 0}, {"amount": 4}, {"amount": "2"}, {"amount": 1.5}, {"amount": True},
     {"reason": "short"}, {"person": "nobody"}, {"person": "002200"}, {"person": "003217"},
     {"more": 1}],
)  # fmt: skip
def test_refusals(cast: Any, call: Call, nine: None, changes: Any) -> None:
    ask = call(cast.agent, "coins:write")
    body = {"person": cast.outsider.staff_no, "amount": 2, "reason": WORDS} | changes
    answer = ask("POST", URL, key="thanks-0002", json=body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_tokens_and_scopes(cast: Any, call: Call, app: Any, nine: None) -> None:
    assert app.test_client().post(URL, json={}).status_code == 401
    assert call(cast.agent, "coins:read")("POST", URL, key="thanks-3", json={}).status_code == 403
