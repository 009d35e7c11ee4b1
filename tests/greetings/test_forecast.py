"""The forecast is what is then sent, day by day; and each sees only what they may."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.greetings import policy, queries, rules
from portal.greetings.models import Birthday, Greeting
from portal.jobs import rules as jobs
from portal.people.models import Person
from portal.people.queries import viewer_of_person
from tests.cast import PARTS

FIRST = date(2026, 2, 10)


@pytest.fixture
def crowd(db: Any, cast: Any) -> None:
    """Each of the cast with another day and other choices, many within a month."""
    choices = ["nobody", "me", "team", "all"]
    with db() as session:
        for number, member in enumerate(cast.members().values()):
            person = session.get(Person, member.id)
            person.birth_date = date(1996, 2, 8) + timedelta(days=number * 2)
            person.birth_calendar = "lunar" if number % 3 == 0 else "solar"
            session.flush()
            birthday = rules.keep_birthday(person)
            birthday.tell = choices[number % 4]
            birthday.leap_rule = ("first", "both", "leap")[number % 3]


def test_it_equals_what_is_sent(app, db, crowd, at) -> None:
    at(f"{FIRST} 07:00")
    with db(read_only=True):
        lines = queries.forecast(FIRST, FIRST + timedelta(days=29))
    expected = {(line.person_id, line.on) for line in lines if line.is_due}
    assert len(expected) >= 5
    for number in range(30):
        day = FIRST + timedelta(days=number)
        at(f"{day} 08:00")
        with app.app_context():
            jobs.run("greetings.birthdays", day)
    sent = db.rows(select(Greeting.person_id, Greeting.day).where(Greeting.day >= FIRST))
    assert {tuple(row) for row in sent} == expected
    with db(read_only=True):
        assert not any(line.is_due for line in queries.forecast(FIRST, FIRST + timedelta(days=29)))


def test_hr_sees_the_people_of_the_own_site(db, cast, crowd, at, client_of) -> None:
    at(f"{FIRST} 09:00")
    page = client_of(cast.hr).get("/greetings/forecast")
    other = client_of(cast.hr_other).get("/greetings/forecast")
    assert page.status_code == other.status_code == 200
    assert cast.outsider.name not in page.text
    assert "1996" not in page.text
    here = {name for name, *_rest in PARTS.values() if name in page.text}
    there = {name for name, *_rest in PARTS.values() if name in other.text}
    assert cast.hr.name not in there or cast.hr.name == cast.hr_other.name
    assert here
    assert not here & there


def test_paging_goes_on_where_it_stopped(db, crowd) -> None:
    last = FIRST + timedelta(days=60)
    with db(read_only=True):
        everything = queries.forecast(FIRST, last)
        paged, after = [], None
        while True:
            found = queries.forecast(FIRST, last, after=after, limit=2)
            paged += found[:2]
            if len(found) <= 2:
                break
            after = (found[1].on, found[1].person_id)
    assert paged == everything


@pytest.mark.parametrize("part", ["agent", "leader", "committee", "administrator", "auditor"])
def test_others_have_no_forecast(cast, client_of, part) -> None:
    assert client_of(getattr(cast, part)).get("/greetings/forecast").status_code == 403


@pytest.mark.parametrize("part", [part for part in PARTS if part not in {"leaver", "disabled"}])
def test_may_see_and_visible_to_say_the_same(db, cast, crowd, part, at) -> None:
    at(f"{FIRST} 09:00")
    with db(read_only=True) as session:
        viewer = viewer_of_person(getattr(cast, part).id)
        assert viewer is not None
        seen = set(session.scalars(queries.visible_to(viewer, FIRST)))
        for birthday in session.scalars(select(Birthday)):
            place = session.get(Person, birthday.person_id).place_on(FIRST)
            assert policy.may_see(viewer, birthday, place) == (birthday in seen)


def test_the_team_sees_only_who_lets_it_know(cast, born, at, client_of) -> None:
    born(cast.agent, "1999-03-01", tell="me")
    born(cast.leader, "1990-03-01", tell="team")
    born(cast.outsider, "1990-03-01", tell="all")
    at("2026-03-01 09:00")
    page = client_of(cast.colleague).get("/greetings/").text
    assert cast.agent.name not in page
    assert cast.leader.name in page
    assert cast.outsider.name in page, "who tells everybody is seen at the other site too"
    assert "1990" not in page
    assert "1999" not in page
    assert cast.leader.name not in client_of(cast.outsider).get("/greetings/").text


def test_a_leader_sees_the_coming_month(cast, born, at, client_of) -> None:
    born(cast.agent, "1999-03-25", tell="team")
    at("2026-03-01 09:00")
    assert cast.agent.name in client_of(cast.leader).get("/greetings/").text
    assert cast.agent.name not in client_of(cast.other_leader).get("/greetings/").text
    assert cast.agent.name not in client_of(cast.colleague).get("/greetings/").text, "not so soon"
