"""Withdrawing: the author alone, before the first answer; then nobody else sees it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.notify.models import Notice
from portal.suggestions.models import Status, Suggestion
from tests.suggestions.making import FAULT, answer

REASON = "已经修好了。"


def url(number: int) -> str:
    return f"/suggestions/{number}/withdraw"


def test_the_author_takes_it_back(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    sent = client_of(cast.agent).submit(url(fault), reason=REASON)
    assert (sent.status_code, sent.location) == (303, "/suggestions/mine")
    assert db.scalar(select(Suggestion.status)) == "withdrawn"
    assert client_of(cast.agent).get(f"/suggestions/{fault}").status_code == 200
    for other in (cast.colleague, cast.leader, cast.hr, cast.general_manager, cast.auditor):
        browser = client_of(other)
        assert browser.get(f"/suggestions/{fault}").status_code == 404
        assert FAULT["title"] not in browser.get("/suggestions/").text
    told = db.rows(select(Notice.kind, Notice.link).where(Notice.kind == "suggestions.withdrawn"))
    assert told == [("suggestions.withdrawn", None)]


def test_nobody_else_can(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    for other in (cast.colleague, cast.leader, cast.hr, cast.administrator):
        assert client_of(other).get(url(fault)).status_code == 403
        assert client_of(other).act(url(fault), reason=REASON).status_code == 403
    assert db.scalar(select(Suggestion.status)) == "sent"


def test_not_after_the_first_answer(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    with db() as session:
        answer(cast.leader, session.get(Suggestion, fault), Status.ANSWERED)
    sent = client_of(cast.agent).submit(url(fault), reason=REASON)
    assert sent.status_code == 409
    assert "不能再撤回" in sent.text
    assert db.scalar(select(Suggestion.status)) == "answered"


def test_not_without_a_reason(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    assert client_of(cast.agent).submit(url(fault), reason="").status_code == 422
    assert db.scalar(select(Suggestion.status)) == "sent"
