"""Openings to begin with, and no copy-paste: each award in words of its own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.coins import rules
from portal.coins.models import GAP, Award, Value
from portal.people.queries import viewer_of_person
from tests.client import form_of
from tests.coins.conftest import REASON

GOOD = {"amount": "5", "value": "patience"}


def awards(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Award)))


def test_an_opening_fills_the_reason(cast: Any, client_of: Any, db: Any, fund: Any) -> None:
    """Without script: the form comes back with the words in it and the rest as it was."""
    fund()
    browser = client_of(cast.leader)
    page = browser.submit("/coins/award", act="opening:care:1", people=[cast.agent.id], amount="7")
    assert page.status_code == 200
    fields = form_of(page, "/coins/award")[1]
    assert fields["reason"] == Value.CARE.openings[1]
    kept = (fields["value"], fields["amount"], fields["people"])
    assert kept == ("care", "7", str(cast.agent.id))
    other = browser.submit("/coins/award", act="opening:courage:0", reason=fields["reason"])
    assert form_of(other, "/coins/award")[1]["reason"] == Value.COURAGE.openings[0]
    mine = browser.submit("/coins/award", act="opening:care:0", reason="她陪了一整晚。")
    assert form_of(mine, "/coins/award")[1]["reason"].endswith("她陪了一整晚。")
    assert awards(db) == 0


@pytest.mark.parametrize("act", ["opening:care:9", "opening:x:0", "opening:", "opening:care:１"])
def test_an_opening_that_is_none(cast: Any, client_of: Any, act: str) -> None:
    page = client_of(cast.leader).submit("/coins/award", act=act, reason=REASON)
    assert form_of(page, "/coins/award")[1]["reason"] == REASON


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_opening_has_gaps_to_fill(app: Any, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        for value in Value:
            assert len(set(value.openings)) == 3
            for opening in value.openings:
                assert opening.count(GAP) >= 2, opening
                assert 10 <= len(opening) <= 200
                assert (language == "en") == opening.isascii(), opening


@pytest.mark.parametrize("act", ["review", "confirm"])
def test_an_untouched_opening(cast: Any, client_of: Any, db: Any, *, fund: Any, act: str) -> None:
    fund()
    answer = client_of(cast.leader).submit(
        "/coins/award", act=act, people=[cast.agent.id], reason=Value.CARE.openings[0], **GOOD
    )
    assert (answer.status_code, "还有没填的空" in answer.text) == (422, True)
    assert awards(db) == 0


@pytest.mark.parametrize("act", ["review", "confirm"])
def test_the_same_words_again(
    cast: Any, client_of: Any, db: Any, *, at: Any, fund: Any, act: str
) -> None:
    at("2026-03-10 12:00")
    fund()
    browser = client_of(cast.leader)
    first = {"people": [cast.agent.id], "reason": REASON, **GOOD}
    assert browser.submit("/coins/award", act="confirm", **first).status_code == 303
    again = browser.submit("/coins/award", **{**first, "people": [cast.colleague.id], "act": act})
    assert (again.status_code, "一字不差" in again.text) == (422, True)
    assert awards(db) == 1
    at("2026-04-10 12:01")
    fund(50)
    later = client_of(cast.leader)
    assert later.submit("/coins/award", act="confirm", **first).status_code == 303


def test_words_of_an_award_taken_back_may_be_used_again(cast: Any, db: Any, fund: Any) -> None:
    fund()
    for key, person in (("wrong", cast.agent), ("right", cast.colleague)):
        with db() as session:
            viewer = viewer_of_person(cast.leader.id)
            given = rules.award(
                viewer, people=[person.id], amount=1, reason=REASON, value="care", key=key
            )
            if key == "wrong":
                rules.withdraw(viewer, session.get(Award, given.id))
    assert awards(db) == 2
