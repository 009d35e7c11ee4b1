"""Joining in with somebody else's award: coins of one's own, the name below it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal.coins import queries, rules
from portal.coins.models import Award, RuleName
from portal.notify.models import Notice


def wallet(db: Any, person: Any) -> int:
    with db(read_only=True):
        return queries.wallet(person.id)


@pytest.fixture
def given(at: Any, db: Any, fund: Any, give: Any, cast: Any) -> int:
    """An award of five to two people, and nine coins a month for everybody to thank with."""
    at("2026-03-10 12:00")
    fund(100)
    with db():
        rules.set_number(None, RuleName.ALLOWANCE, number=9, since=date(2026, 3, 1))
    award_id: int = give(5, people=[cast.agent, cast.colleague])
    return award_id


def test_to_all_or_to_one(cast: Any, client_of: Any, db: Any, is_sound: Any, given: int) -> None:
    browser = client_of(cast.manager)
    assert "我也要谢谢" in browser.get(f"/coins/awards/{given}").text
    done = browser.submit(f"/coins/awards/{given}/join", amount="2", person="all")
    assert (done.status_code, done.location) == (303, f"/coins/awards/{given}")
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (7, 7)
    one = browser.submit(f"/coins/awards/{given}/join", amount="1", person=str(cast.agent.id))
    assert one.status_code == 303
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (8, 7)
    assert cast.manager.name in client_of(cast.agent).get(f"/coins/awards/{given}").text
    told = db.rows(select(Notice.person_id).where(Notice.kind == "coins.thanked_too"))
    assert len(told) == 3
    with db(read_only=True):
        assert [each.total for each in queries.joined(given, 9)] == [4, 1]
    too_much = browser.submit(f"/coins/awards/{given}/join", amount="3", person=str(cast.agent.id))
    assert too_much.status_code == 422, "a third to one person, however it is given"
    assert is_sound()


def test_who_received_it_thanks_the_other(cast: Any, client_of: Any, db: Any, given: int) -> None:
    browser = client_of(cast.agent)
    page = browser.get(f"/coins/awards/{given}/join").text
    assert cast.colleague.name in page
    forged = browser.submit(f"/coins/awards/{given}/join", amount="1", person=str(cast.agent.id))
    assert forged.status_code == 422
    done = browser.submit(f"/coins/awards/{given}/join", amount="1", person=str(cast.colleague.id))
    assert done.status_code == 303
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (5, 6)


def test_taken_back(cast: Any, client_of: Any, db: Any, at: Any, given: int) -> None:
    browser = client_of(cast.manager)
    browser.submit(f"/coins/awards/{given}/join", amount="2", person="all")
    added = db.scalar(select(Award.id).where(Award.adds_to_id == given))
    assert f"/coins/awards/{added}" in browser.get(f"/coins/awards/{given}").text
    at("2026-03-10 12:10")
    assert browser.submit(f"/coins/awards/{added}/withdraw").status_code == 303
    assert wallet(db, cast.agent) == 5
    with db(read_only=True):
        assert queries.joined(given, 9) == []
        assert queries.allowance(cast.manager.id).left == 9
    assert browser.get(f"/coins/awards/{added}/join").status_code in {403, 404}


def test_not_where_it_was_taken_back(cast: Any, client_of: Any, given: int) -> None:
    assert client_of(cast.leader).submit(f"/coins/awards/{given}/withdraw").status_code == 303
    browser = client_of(cast.manager)
    assert "我也要谢谢" not in browser.get(f"/coins/awards/{given}").text
    answer = browser.submit(f"/coins/awards/{given}/join", amount="1", person="all")
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("who", "status"),
    [("leader", 403), ("outsider", 404), ("hr_other", 404), ("administrator", 404), ("hr", 200)],
)
def test_who_may(cast: Any, client_of: Any, given: int, who: str, status: int) -> None:
    browser = client_of(getattr(cast, who))
    assert browser.get(f"/coins/awards/{given}/join").status_code == status
    assert browser.get("/coins/awards/99999/join").status_code == 404
    if status != 200:
        acted = browser.act(f"/coins/awards/{given}/join", amount=1, person="all")
        assert acted.status_code == status
