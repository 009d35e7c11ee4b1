"""Suggestions for programs: the same rules, scopes, problems in words, and once per key."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.coins.queries import wallet
from portal.suggestions.models import Suggestion
from tests.suggestions.making import FAULT, IDEA

FAULT_BODY = {"kind": "woodpecker", **FAULT}
IDEA_BODY = {"kind": "golden_finger", **IDEA}
ANSWER = {"status": "adopted", "reason": "后勤今晚换热水器。"}


def count(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Suggestion)))


def test_send_read_list_answer(db: Any, cast: Any, call: Any) -> None:
    sent = call(cast.agent, "post", "/", json=IDEA_BODY, key="send-0001")
    assert sent.status_code == 201
    made = sent.get_json()
    assert (made["owner"], made["status"], made["topic"]) == ("张敏", "sent", "knowledge")
    assert [step["to_status"] for step in made["history"]] == ["sent"]
    lines = call(cast.outsider, "get", "/?which=open&q=资费").get_json()
    assert [line["id"] for line in lines["suggestions"]] == [made["id"]]
    assert lines["next"] is None
    answered = call(
        cast.leader, "post", f"/{made['id']}/answers", json={**ANSWER, "step": 1}, key="answer-01"
    )
    assert answered.status_code == 201
    whole = call(cast.agent, "get", f"/{made['id']}").get_json()
    assert (whole["status"], whole["reward_coins"]) == ("adopted", 20)
    assert answered.get_json() == whole


def test_the_same_key_answers_alike_and_does_it_once(db: Any, cast: Any, call: Any) -> None:
    first, again = (
        call(cast.agent, "post", "/", json=FAULT_BODY, key="send-0001") for _time in range(2)
    )
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = call(cast.agent, "post", "/", json={**FAULT_BODY, "title": "别的"}, key="send-0001")
    assert other.status_code == 409
    assert count(db) == 1
    path = f"/{first.get_json()['id']}/answers"
    for _time in range(2):
        assert call(cast.leader, "post", path, json=ANSWER, key="answer-01").status_code == 201
    with db(read_only=True):
        assert wallet(cast.agent.id) == 20


def test_a_key_is_demanded(cast: Any, call: Any) -> None:
    assert call(cast.agent, "post", "/", json=FAULT_BODY).status_code == 400


def test_without_token_and_without_scope(app: Any, cast: Any, call: Any, fault: int) -> None:
    stranger = app.test_client()
    for path in ("/api/v1/suggestions/", f"/api/v1/suggestions/{fault}"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert call(cast.agent, "get", "/", scopes="coins:read").status_code == 403
    for path, body in (("/", FAULT_BODY), (f"/{fault}/answers", ANSWER)):
        sent = call(cast.leader, "post", path, json=body, key="k" * 9, scopes="suggestions:read")
        assert sent.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {}, [], "x", None, {**FAULT_BODY, "title": ""}, {**FAULT_BODY, "title": " \u200b"},
        {**FAULT_BODY, "title": "热" * 61}, {**FAULT_BODY, "title": "热\0水"},
        {**FAULT_BODY, "title": 5}, {**FAULT_BODY, "title": None}, {**FAULT_BODY, "kind": "x"},
        {**FAULT_BODY, "what": "水" * 2001}, {**FAULT_BODY, "what": "\ud800"},
        {**FAULT_BODY, "spot": None}, {**FAULT_BODY, "effect": "好"}, {**FAULT_BODY, "topic": "x"},
        {**IDEA_BODY, "effect": ""}, {**IDEA_BODY, "spot": "三楼"}, {**IDEA_BODY, "effect": 1.5},
        {**FAULT_BODY, "owner_id": 1}, {**FAULT_BODY, "status": "adopted"},
    ],
)  # fmt: skip
def test_bad_bodies(db: Any, cast: Any, call: Any, body: Any) -> None:
    sent = call(cast.agent, "post", "/", json=body, key="send-0001")
    assert sent.status_code in {400, 422}
    assert sent.mimetype == "application/problem+json"
    assert count(db) == 0


@pytest.mark.parametrize(
    "body",
    [
        {}, {"status": "adopted"}, {"status": "withdrawn", "reason": "x"},
        {"status": "sent", "reason": "x"}, {"status": "declined", "reason": " "},
        {"status": "declined", "reason": "因" * 501}, {**ANSWER, "step": "1"},
        {**ANSWER, "step": 0}, {**ANSWER, "step": 2**70}, {**ANSWER, "reward_coins": 500},
    ],
)  # fmt: skip
def test_bad_answers(db: Any, cast: Any, call: Any, fault: int, body: Any) -> None:
    sent = call(cast.leader, "post", f"/{fault}/answers", json=body, key="answer-01")
    assert sent.status_code == 422
    assert sent.mimetype == "application/problem+json"
    assert db.scalar(select(Suggestion.status)) == "sent"


def test_an_answer_after_another_is_a_conflict(cast: Any, call: Any, fault: int) -> None:
    first = {"status": "answered", "reason": "看到了。", "step": 1}
    assert (
        call(cast.leader, "post", f"/{fault}/answers", json=first, key="a" * 8).status_code == 201
    )
    late = {"status": "declined", "reason": "不做。", "step": 1}
    assert call(cast.hr, "post", f"/{fault}/answers", json=late, key="b" * 8).status_code == 409


@pytest.mark.parametrize("part", ["agent", "colleague", "hr_other", "auditor", "administrator"])
def test_who_may_not_answer(db: Any, cast: Any, call: Any, fault: int, part: str) -> None:
    sent = call(getattr(cast, part), "post", f"/{fault}/answers", json=ANSWER, key="answer-01")
    assert sent.status_code == 403
    assert db.scalar(select(Suggestion.status)) == "sent"


def test_withdrawn_and_missing_look_alike(db: Any, cast: Any, call: Any, fault: int) -> None:
    from portal.suggestions import rules
    from tests.suggestions.making import as_viewer

    with db() as session:
        rules.withdraw(as_viewer(cast.agent), session.get(Suggestion, fault), reason="重复了")
    gone, missing = (call(cast.leader, "get", f"/{number}") for number in (fault, fault + 99))
    assert (gone.status_code, gone.data) == (missing.status_code, missing.data)
    assert gone.status_code == 404
    assert call(cast.agent, "get", f"/{fault}").status_code == 200


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "which=nothing", "q=" + "x" * 101])
def test_bad_queries(cast: Any, call: Any, query: str) -> None:
    assert call(cast.agent, "get", f"/?{query}").status_code == 422
