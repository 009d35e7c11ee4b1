"""Budgets put right within the month: people come and go, and what is spent is spent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.coins import jobs, queries, rules
from portal.coins.models import Award, Reason, Transfer
from portal.people import rules as people
from portal.people.models import Employment, Unit
from portal.people.queries import viewer_of_person

MARCH = date(2026, 3, 1)


@pytest.fixture
def funded(db: Any, at: Any) -> dict[str, int]:
    """Five coins a head on 1 March: unit ids by name."""
    at("2026-03-01 00:10")
    with db() as session:
        rules.set_rate(None, rate=5, since=MARCH)
        jobs.fund_budgets(MARCH)
        units = {unit.name: unit.id for unit in session.scalars(select(Unit))}
    at("2026-03-05 12:00")
    return units


def move(db: Any, member: Any, unit_id: int, day: date) -> None:
    with db() as session:
        employment = session.get_one(Employment, member.employment_id)
        unit = session.get_one(Unit, unit_id)
        people.assign(employment, unit=unit, title="客服代表", since=day)


def left(db: Any, units: dict[str, int], name: str) -> int:
    with db(read_only=True):
        return queries.budget(units[name], date(2026, 3, 5)).left


def correct(db: Any, day: date) -> int:
    with db():
        return jobs.correct_budgets(day)


def test_the_difference_moves_with_the_person(
    cast: Any, db: Any, client_of: Any, *, funded: dict[str, int], is_sound: Any
) -> None:
    assert correct(db, date(2026, 3, 5)) == 0
    move(db, cast.colleague, funded["侯马一班"], date(2026, 3, 5))
    assert correct(db, date(2026, 3, 5)) == 2
    assert correct(db, date(2026, 3, 5)) == 0
    assert correct(db, date(2026, 3, 6)) == 0
    assert (left(db, funded, "太原一班"), left(db, funded, "侯马一班")) == (15, 15)
    with db(read_only=True):
        found = queries.budget(funded["太原一班"], date(2026, 3, 5))
        assert (found.funded, found.given) == (15, 0)
    text = client_of(cast.leader).get("/coins/budget").text
    assert "有人调动，按人数更正" in text
    assert "-5" in text
    assert is_sound()


def test_no_more_than_is_unspent(
    cast: Any, db: Any, at: Any, *, funded: dict[str, int], give: Any, is_sound: Any
) -> None:
    give(18)
    move(db, cast.colleague, funded["侯马一班"], date(2026, 3, 5))
    assert correct(db, date(2026, 3, 5)) == 2
    assert left(db, funded, "太原一班") == 0, "two were left to take"
    at("2026-03-05 12:10")
    with db() as session:
        viewer = viewer_of_person(cast.leader.id)
        assert viewer is not None
        rules.withdraw(viewer, session.scalars(select(Award)).one())
    assert correct(db, date(2026, 3, 6)) == 1, "the rest when something comes back"
    assert left(db, funded, "太原一班") == 15
    with db(read_only=True):
        assert queries.budget(funded["太原一班"], date(2026, 3, 6)).funded == 15
    assert is_sound()


def test_by_hand_and_by_a_new_rate_stay(db: Any, funded: dict[str, int]) -> None:
    with db():
        rules.fund(None, unit_id=funded["太原一班"], amount=30, key="festival")
        rules.set_rate(None, rate=9, since=date(2026, 3, 5))
    assert correct(db, date(2026, 3, 6)) == 0
    assert left(db, funded, "太原一班") == 50


def test_a_month_that_is_over_stays(cast: Any, db: Any, at: Any, funded: dict[str, int]) -> None:
    at("2026-04-02 00:20")
    move(db, cast.colleague, funded["侯马一班"], date(2026, 4, 1))
    assert correct(db, date(2026, 3, 31)) == 0
    assert correct(db, date(2026, 4, 2)) == 0, "April was not funded by this rule yet"


def test_what_was_not_given_is_shown_as_lapsed(
    cast: Any, db: Any, at: Any, client_of: Any, *, funded: dict[str, int]
) -> None:
    at("2026-04-01 06:20")
    day = date(2026, 4, 1)
    with db():
        assert jobs.lapse_unused(day) == 3
    with db():
        assert jobs.lapse_unused(day + timedelta(days=1)) == 0
    assert "过了月没用完，到期" in client_of(cast.leader).get("/coins/budget").text
    reasons = db.rows(select(Transfer.reason).where(Transfer.key.like("unused:%")))
    assert {row.reason for row in reasons} == {Reason.EXPIRE}
    with db(read_only=True):
        assert queries.budget(funded["太原一班"], day).left == 0
