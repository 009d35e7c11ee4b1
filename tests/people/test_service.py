"""Hiring, moving, leaving and coming back, one person at a time."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from portal.base import history
from portal.people import queries
from portal.people.models import Credential, Employment, Person, Position, Unit, WebSession

NEW = {
    "name": "陆小满", "staff_no": "030001", "since": "2026-03-02", "unit": "太原二班",
    "title": "见习客服代表", "contract": "正式",
}  # fmt: skip
AT = "2026-06-01 10:00"


@pytest.fixture(autouse=True)
def clock_stands(at):
    at(AT)


def staff(db, number: str, day: date = date(2026, 6, 1)):
    with db():
        found = queries.lines(queries.staff(day).where(Employment.staff_no == number))
        return found[0] if found else None


def test_hire(client_of, cast, db) -> None:
    answer = client_of(cast.hr).submit("/people/new", **NEW)
    assert answer.status_code == 303
    assert staff(db, "030001").unit == "太原二班"
    assert staff(db, "030001", date(2026, 3, 1)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"staff_no": "003217"}, {"staff_no": ""}, {"staff_no": "工号"}, {"staff_no": "1" * 31},
        {"name": ""}, {"name": "\u200b"}, {"name": "王" * 81},
        {"since": "2026-02-30"}, {"since": "昨天"}, {"unit": "没有的班"}, {"unit": "侯马一班"},
        {"title": ""}, {"national_id": "910101199811070021"}, {"national_id": "abc"},
    ],
)  # fmt: skip
def test_a_wrong_hire_writes_nothing(client_of, cast, db, wrong) -> None:
    before = db.scalar(select(func.count(Person.id)))
    answer = client_of(cast.hr).submit("/people/new", **(NEW | wrong))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert db.scalar(select(func.count(Person.id))) == before


def test_a_double_click_hires_once(client_of, cast, db) -> None:
    from tests.client import form_of

    browser = client_of(cast.hr)
    path, fields = form_of(browser.get("/people/new"), "/people/new")
    first = browser.post(path, data=fields | NEW)
    second = browser.post(path, data=fields | NEW)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert db.scalar(select(func.count()).where(Person.name == "陆小满")) == 1
    assert browser.post(path, data=fields | NEW | {"name": "别人"}).status_code == 409


def test_move_from_a_day_on(client_of, cast, db) -> None:
    url = f"/people/{cast.agent.id}/move"
    moved = {"unit": "太原二班", "title": "高级客服代表", "since": "2026-07-01"}
    assert client_of(cast.hr).submit(url, **moved).status_code == 303
    assert staff(db, cast.agent.staff_no).unit == "太原一班"
    later = staff(db, cast.agent.staff_no, date(2026, 7, 1))
    assert (later.unit, later.title) == ("太原二班", "高级客服代表")
    with db() as session:
        known = select(Position).where(
            Position.employment_id == cast.agent.employment_id, history.known_on(Position, None)
        )
        assert len(session.scalars(known).all()) == 3, "what was before stays"


@pytest.mark.parametrize(
    "wrong", [{"since": "2019-01-01"}, {"unit": "侯马一班"}, {"superior": "003217"}]
)
def test_a_wrong_move_is_refused(client_of, cast, db, wrong) -> None:
    url = f"/people/{cast.agent.id}/move"
    moved = {"unit": "太原二班", "title": "高级客服代表", "since": "2026-07-01"} | wrong
    assert client_of(cast.hr).submit(url, **moved).status_code == 422
    assert staff(db, cast.agent.staff_no, date(2026, 7, 2)).unit == "太原一班"


@pytest.mark.parametrize("verb", ["move", "leave", "password", "again"])
@pytest.mark.parametrize("part", ["agent", "leader", "hr_other", "general_manager"])
def test_nobody_else_may(client_of, cast, verb, part) -> None:
    target = cast.leaver if verb == "again" else cast.colleague
    answer = client_of(getattr(cast, part)).get(f"/people/{target.id}/{verb}")
    assert answer.status_code in {403, 404}


def test_leaving_today_closes_the_account_this_minute(client_of, cast, db) -> None:
    agent = client_of(cast.agent)
    assert agent.get("/people/").status_code == 200
    answer = client_of(cast.hr).submit(f"/people/{cast.agent.id}/leave", last_day="2026-06-01")
    assert answer.status_code == 303
    assert agent.get("/people/").status_code == 303, "the open browser is out"
    with db() as session:
        assert session.get_one(Credential, cast.agent.id).disabled_at is not None
        open_ones = select(func.count()).where(
            WebSession.person_id == cast.agent.id, WebSession.ended_at.is_(None)
        )
        assert session.scalar(open_ones) == 0
    assert staff(db, cast.agent.staff_no, date(2026, 6, 1)) is not None
    assert staff(db, cast.agent.staff_no, date(2026, 6, 2)) is None


def test_leaving_later_works_until_then(client_of, cast, at) -> None:
    client_of(cast.hr).submit(f"/people/{cast.agent.id}/leave", last_day="2026-06-30")
    assert client_of(cast.agent).get("/people/").status_code == 200
    at("2026-06-30 23:59")
    assert client_of(cast.agent).get("/people/").status_code == 200
    at("2026-07-01 00:01")
    assert client_of(cast.agent).get("/people/").status_code == 303


def test_a_leader_who_leaves_leads_no_more(client_of, cast, db) -> None:
    client_of(cast.hr).submit(f"/people/{cast.leader.id}/leave", last_day="2026-05-31")
    with db() as session:
        team = session.scalar(select(Unit.id).where(Unit.name == "太原一班"))
        assert queries.holders("leader", [team], date(2026, 6, 1)) == []


@pytest.mark.parametrize("day", ["2020-01-01", "", "2026-13-01"])
def test_a_wrong_last_day_is_refused(client_of, cast, db, day) -> None:
    answer = client_of(cast.hr).submit(f"/people/{cast.agent.id}/leave", last_day=day)
    assert answer.status_code == 422
    assert staff(db, cast.agent.staff_no) is not None


def test_coming_back_is_a_second_employment(client_of, cast, db) -> None:
    back = {"staff_no": "030009", "since": "2026-06-01", "unit": "太原二班", "title": "客服代表"}
    answer = client_of(cast.hr).submit(f"/people/{cast.leaver.id}/again", **back)
    assert answer.status_code == 303
    assert staff(db, "030009").id == cast.leaver.id
    with db() as session:
        assert len(session.get_one(Person, cast.leaver.id).employments) == 2


def test_who_is_here_cannot_be_hired_again(client_of, cast, db) -> None:
    back = {"staff_no": "030009", "since": "2026-06-01", "unit": "太原二班", "title": "客服代表"}
    assert client_of(cast.hr).submit(f"/people/{cast.agent.id}/again", **back).status_code == 422


def test_an_identity_number_brings_the_same_person_back(client_of, cast, db) -> None:
    from portal.base.sheets import national_id_check

    number = "91010119960203001"
    number += national_id_check(number)
    with db() as session:
        session.get_one(Person, cast.leaver.id).national_id = number
    hired = NEW | {"name": "朴秀英", "national_id": number}
    assert client_of(cast.hr).submit("/people/new", **hired).status_code == 303
    assert staff(db, "030001").id == cast.leaver.id
    other = client_of(cast.hr).submit("/people/new", **(hired | {"name": "别人", "staff_no": "1"}))
    assert other.status_code == 422
