"""What the growth file shows of a person's suggestions."""

from __future__ import annotations

from typing import Any

from portal.suggestions import rules
from portal.suggestions.models import Status
from portal.suggestions.queries import file_sections
from tests.suggestions.making import answer, as_viewer, send


def test_nothing_for_who_sent_nothing(app: Any, db: Any, cast: Any) -> None:
    with db(read_only=True), app.test_request_context():
        assert file_sections(cast.agent.id, as_viewer(cast.agent)) == []


def test_sent_and_adopted(app: Any, db: Any, cast: Any) -> None:
    with db():
        answer(cast.leader, send(cast.agent, title="采纳的一条"), Status.ADOPTED)
        answer(cast.leader, send(cast.agent, title="没采纳的一条"), Status.DECLINED)
        rules.withdraw(as_viewer(cast.agent), send(cast.agent, title="撤回的"), reason="重复了")
    with db(read_only=True), app.test_request_context():
        (section,) = file_sections(cast.agent.id, as_viewer(cast.hr))
    assert section.value == "2 条，采纳 1"
    (entry,) = section.entries
    assert "采纳的一条" in entry.title
    assert "20" in entry.text
