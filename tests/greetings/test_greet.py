"""Greeting on the day: once a celebrated year, late when it was missed, and only the willing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.coins.queries import wallet
from portal.greetings.models import Greeting, GreetingRule
from portal.jobs import rules as jobs
from portal.notify.models import Notice
from portal.people import rules as people
from portal.people.models import Employment
from portal.people.queries import viewer_of_person


@pytest.fixture
def greet(app: Any) -> Any:
    """Runs the job for a day, as the scheduler does; answers how many were greeted."""

    def run(day: str) -> int:
        with app.app_context():
            outcome = jobs.run("greetings.birthdays", date.fromisoformat(day))
        assert not outcome.error, outcome.error
        return outcome.count

    return run


def greetings_of(db: Any, member: Any) -> list[Any]:
    return db.rows(
        select(Greeting.celebrated_year, Greeting.day, Greeting.late)
        .where(Greeting.person_id == member.id)
        .order_by(Greeting.id)
    )


def inbox_of(db: Any, member: Any) -> int:
    return db.scalar(
        select(func.count())
        .select_from(Notice)
        .where(Notice.person_id == member.id, Notice.kind == "greetings.birthday")
    )


def test_on_the_day_with_coins_and_only_once(*, db, cast, born, greet, at, client_of) -> None:
    born(cast.agent, "1999-03-01")
    at("2026-03-01 08:00")
    assert greet("2026-03-01") >= 1
    assert greet("2026-03-01") == 0
    assert greetings_of(db, cast.agent) == [(2026, date(2026, 3, 1), False)]
    assert inbox_of(db, cast.agent) == 1
    with db():
        assert wallet(cast.agent.id) == 10
    page = client_of(cast.agent).get("/notify/").text
    assert "王小明" in page
    assert "10 枚阳光金币" in page
    assert "1999" not in page


def test_every_text_reads_well_in_both_languages(app, cast, db, client_of) -> None:
    from flask_babel import force_locale

    from portal.notify.queries import worded

    for language in ("zh", "en"):
        seen = set()
        with app.app_context(), force_locale(language):
            for words in range(8):
                for late in (0, 1):
                    params = {
                        "name": "小明", "words": words, "late": late, "on": "2026-03-01",
                        "calendar": "lunar", "coins": 10,
                    }  # fmt: skip
                    letter = worded(Notice(kind="greetings.birthday", params=params, why=""))
                    assert letter.title
                    assert letter.why
                    assert letter.about
                    assert ("2026-03-01" in letter.text) == bool(late)
                    seen.add(letter.text.splitlines()[0])
        assert len(seen) >= 6


def test_after_some_days_it_is_late_and_says_so(*, db, cast, born, greet, at, client_of) -> None:
    born(cast.agent, "1999-03-01")
    at("2026-03-08 09:00")
    greet("2026-03-08")
    assert greetings_of(db, cast.agent) == [(2026, date(2026, 3, 1), True)]
    assert "来晚了" in client_of(cast.agent).get("/notify/").text


def test_after_more_than_seven_days_no_more(db, cast, born, greet, at) -> None:
    born(cast.agent, "1999-03-01")
    at("2026-03-09 09:00")
    greet("2026-03-09")
    assert greetings_of(db, cast.agent) == []


def test_a_day_long_ago_is_greeted_for_only_when_asked_for(db, cast, born, greet, at) -> None:
    born(cast.agent, "1999-03-01")
    born(cast.colleague, "1998-02-27")
    at("2026-05-01 09:00")
    assert greet("2026-03-01") == 1
    assert greetings_of(db, cast.agent) == [(2026, date(2026, 3, 1), True)]
    assert greetings_of(db, cast.colleague) == []


@pytest.mark.parametrize("tell", ["me", "team", "all"])
def test_whoever_is_told_the_person_is_greeted(*, db, cast, born, greet, at, tell) -> None:
    born(cast.agent, "1999-03-01", tell=tell)
    at("2026-03-01 08:00")
    greet("2026-03-01")
    assert inbox_of(db, cast.agent) == 1


def test_who_wishes_none_gets_none(db, cast, born, greet, at) -> None:
    born(cast.agent, "1999-03-01", tell="nobody")
    at("2026-03-01 08:00")
    greet("2026-03-01")
    assert inbox_of(db, cast.agent) == 0


def test_a_leaver_is_never_greeted(db, cast, born, greet, at) -> None:
    born(cast.leaver, "1999-03-01")
    born(cast.agent, "1999-03-01")
    born(cast.colleague, "1999-03-03")
    with db() as session:
        people.leave(session.get(Employment, cast.agent.employment_id), last_day=date(2026, 3, 2))
        people.leave(
            session.get(Employment, cast.colleague.employment_id), last_day=date(2026, 3, 3)
        )
    at("2026-03-03 08:00")
    greet("2026-03-03")
    assert greetings_of(db, cast.leaver) == []
    assert greetings_of(db, cast.agent) == [], "in service on the day, but gone when it is sent"
    assert inbox_of(db, cast.colleague) == 1, "the last day in service still counts"


def test_who_was_hired_after_the_day_is_not_greeted_late(db, cast, born, greet, at) -> None:
    with db():
        person = people.add_person(name="新来", birth_date=date(2000, 3, 1))
        people.hire(person, staff_no="009999", since=date(2026, 3, 2))
        new_id = person.id
    at("2026-03-03 08:00")
    greet("2026-03-03")
    assert db.scalar(select(Greeting.id).where(Greeting.person_id == new_id)) is None


@pytest.mark.parametrize("first", ["solar", "lunar"])
def test_a_change_of_calendar_in_mid_year_greets_nobody_twice(
    *, db, cast, born, greet, at, first
) -> None:
    """Born on the ninth of the last lunar month: its lunar year is the one before the solar."""
    from portal.greetings import rules

    born(cast.agent, "1999-01-25", calendar=first)
    day = {"solar": "2026-01-25", "lunar": "2026-01-27"}[first]
    at(f"{day} 08:00")
    greet(day)
    assert len(greetings_of(db, cast.agent)) == 1
    with db():
        other = {"solar": "lunar", "lunar": "solar"}[first]
        rules.choose(viewer_of_person(cast.agent.id), calendar=other, tell="team")
    for day in ("2026-01-27", "2026-01-28", "2026-02-03", "2026-03-16"):
        at(f"{day} 08:00")
        greet(day)
    assert len(greetings_of(db, cast.agent)) == 1
    following = {"solar": "2027-01-16", "lunar": "2027-01-25"}[first]
    at(f"{following} 08:00")
    greet(following)
    assert len(greetings_of(db, cast.agent)) == 2, "but the next one comes"


def test_lunar_birthdays_fall_on_their_lunar_day(db, cast, born, greet, at) -> None:
    born(cast.agent, "1999-02-15", calendar="lunar")  # the last day, a 30th, of a 12th month
    at("2026-02-16 08:00")  # the 29th, and the last
    greet("2026-02-16")
    assert [row.day for row in greetings_of(db, cast.agent)] == [date(2026, 2, 16)]


def test_coins_are_what_the_table_says(db, cast, born, greet, at) -> None:
    born(cast.agent, "1999-03-01")
    with db() as session:
        session.add(GreetingRule(kind="birthday", coins=0))
    at("2026-03-01 08:00")
    greet("2026-03-01")
    with db():
        assert wallet(cast.agent.id) == 0
    assert inbox_of(db, cast.agent) == 1


def test_a_correction_in_the_roster_moves_the_day(db, cast, born, greet, at) -> None:
    born(cast.agent, "1999-03-05", tell="me")
    with db() as session:
        from portal.people.models import Person

        session.get(Person, cast.agent.id).birth_date = date(1999, 3, 1)
    at("2026-03-01 08:00")
    greet("2026-03-01")
    assert len(greetings_of(db, cast.agent)) == 1
    at("2026-03-05 08:00")
    greet("2026-03-05")
    assert len(greetings_of(db, cast.agent)) == 1


def test_nobody_is_forgotten_when_they_are_erased(db, cast, born, greet, at) -> None:
    from portal.greetings import rules

    born(cast.agent, "1999-03-01")
    at("2026-03-01 08:00")
    greet("2026-03-01")
    with db():
        rules.forget(cast.agent.id)
    assert greetings_of(db, cast.agent) == []
