"""The morning reminder: owners once a day, the next level when three days have gone by."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.notify.models import Notice
from portal.people.models import RoleGrant
from portal.suggestions import jobs
from portal.suggestions.models import Status, Suggestion
from tests.suggestions.making import answer, send

TODAY = date(2026, 3, 10)
KINDS = ("suggestions.remind", "suggestions.escalated")


@pytest.fixture(autouse=True)
def _morning(at: Any) -> None:
    at("2026-03-10 09:00")


def make(db: Any, member: Any, due: int, **changes: Any) -> int:
    """A suggestion whose first answer is due `due` days from today."""
    with db() as session:
        suggestion = send(member, **changes)
        suggestion.answer_due_on = TODAY + timedelta(days=due)
        session.flush()
        return suggestion.id


def run(db: Any, day: date = TODAY) -> int:
    with db():
        return jobs.remind(day)


def told(db: Any) -> set[tuple[int, str, int]]:
    rows = db.rows(
        select(Notice.person_id, Notice.kind, Notice.params).where(Notice.kind.in_(KINDS))
    )
    return {(person, kind, params["late"]) for person, kind, params in rows}


def test_owners_hear_of_what_is_late_and_due(db: Any, cast: Any) -> None:
    for due in (-2, -1, 0, 1, 2):
        make(db, cast.agent, due)
    assert run(db) == 1
    notice = db.rows(select(Notice.person_id, Notice.params, Notice.link).where(
        Notice.kind == "suggestions.remind"))[0]  # fmt: skip
    assert notice.person_id == cast.leader.id
    assert (notice.params["late"], notice.params["soon"]) == (2, 2)
    assert notice.link == "/suggestions/queue"


def test_twice_is_once(db: Any, cast: Any) -> None:
    make(db, cast.agent, -4)
    assert run(db) == 2
    assert run(db) == 0
    assert told(db) == {
        (cast.leader.id, "suggestions.remind", 1),
        (cast.manager.id, "suggestions.escalated", 1),
    }


def test_every_morning_again_but_up_only_once(db: Any, cast: Any, at: Any) -> None:
    make(db, cast.agent, -4)
    run(db)
    at("2026-03-11 09:00")
    assert run(db, TODAY + timedelta(days=1)) == 1
    assert db.scalar(select(Suggestion.escalated_on)) == TODAY


def test_what_is_answered_or_over_is_left_alone(db: Any, cast: Any) -> None:
    for status in (Status.ANSWERED, Status.DECLINED):
        number = make(db, cast.agent, -9)
        with db() as session:
            answer(cast.leader, session.get(Suggestion, number), status)
    make(db, cast.agent, 2)
    assert run(db) == 0


def test_a_missed_morning_is_not_made_up_for(db: Any, cast: Any) -> None:
    make(db, cast.agent, -4)
    assert run(db, TODAY - timedelta(days=1)) == 0
    assert told(db) == set()


@pytest.mark.parametrize(
    ("author", "topic", "owner", "superior"),
    [
        ("agent", "workplace", "leader", "manager"),
        ("leader", "workplace", "manager", "general_manager"),
        ("agent", "shifts", "hr", "general_manager"),
        ("outsider", "workplace", "other_leader", "general_manager"),
        ("agent", "culture", "station", "manager"),
    ],
)
def test_who_is_next_up(
    db: Any, cast: Any, *, author: str, topic: str, owner: str, superior: str
) -> None:
    make(db, getattr(cast, author), -3, topic=topic)
    run(db)
    assert told(db) == {
        (getattr(cast, owner).id, "suggestions.remind", 1),
        (getattr(cast, superior).id, "suggestions.escalated", 1),
    }


def test_two_days_late_stays_with_the_owner(db: Any, cast: Any) -> None:
    make(db, cast.agent, -2)
    run(db)
    assert {kind for _person, kind, _late in told(db)} == {"suggestions.remind"}
    assert db.scalar(select(Suggestion.escalated_on)) is None


def test_one_superior_hears_of_all_at_once(db: Any, cast: Any) -> None:
    make(db, cast.agent, -5)
    make(db, cast.colleague, -6)
    make(db, cast.station, -4, topic="culture")
    run(db)
    assert {one for one in told(db) if one[1] == "suggestions.escalated"} == {
        (cast.manager.id, "suggestions.escalated", 2),
        (cast.general_manager.id, "suggestions.escalated", 1),
    }
    assert db.scalar(select(Suggestion.id).where(Suggestion.escalated_on.is_(None))) is None


def test_a_leader_who_lost_the_team_is_not_asked(db: Any, cast: Any) -> None:
    make(db, cast.agent, -3)
    with db() as session:
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id == cast.manager.id)
            .values(valid_to=TODAY - timedelta(days=1))
        )
    run(db)
    assert (cast.general_manager.id, "suggestions.escalated", 1) in told(db)


def test_with_nobody_above_it_stays_open_to_be_told(db: Any, cast: Any) -> None:
    make(db, cast.agent, -3)
    with db() as session:
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id.in_((cast.manager.id, cast.general_manager.id)))
            .values(valid_to=TODAY - timedelta(days=1))
        )
    run(db)
    assert {kind for _person, kind, _late in told(db)} == {"suggestions.remind"}
    assert db.scalar(select(Suggestion.escalated_on)) is None


def test_the_statements_do_not_grow_with_the_owners(app: Any, db: Any, cast: Any) -> None:
    from tests.suggestions.test_scale import watched

    make(db, cast.agent, -3)
    with watched(app) as few:
        run(db)
    for member in (cast.outsider, cast.colleague, cast.station, cast.committee):
        for topic in ("workplace", "shifts", "culture"):
            make(db, member, -3, topic=topic)
    with watched(app) as many:
        run(db, TODAY)
    assert len(many) <= len(few)
