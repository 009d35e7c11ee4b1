"""The tree of units on any day; moving a whole team on a date."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.people import queries
from portal.people.models import Person, Unit


def unit_id(db, name: str) -> int:
    return db.scalar(select(Unit.id).where(Unit.name == name))


def heads(db, day: date) -> dict[str, int]:
    with db():
        return {branch.name: branch.heads for branch in queries.branches(day)}


def test_head_counts_add_up(db, cast) -> None:
    found = heads(db, date(2026, 1, 1))
    assert found["太原一班"] == 4
    assert found["太原"] + found["侯马"] == 15
    assert heads(db, date(2025, 6, 30))["太原一班"] == 5, "the leaver's last day"
    assert heads(db, date(2020, 1, 1))["太原"] == 0


def test_everybody_sees_the_tree(client_of, cast) -> None:
    for part in ("agent", "hr", "administrator"):
        text = client_of(getattr(cast, part)).get("/people/units").text
        assert "客户服务一部" in text
        assert "太原二班" in text


@pytest.mark.parametrize("on", ["2012-01-01", "2011-12-31", "x", "0001-01-01", "9999-99-99"])
def test_any_day_can_be_asked_for(client_of, cast, on) -> None:
    answer = client_of(cast.hr).get("/people/units", query_string={"on": on})
    assert answer.status_code == 200
    assert ("太原一班" in answer.text) == (on != "2011-12-31")


def test_a_team_moves_with_its_people_on_a_day(client_of, cast, db, at) -> None:
    at("2026-06-01 10:00")
    team, target = unit_id(db, "太原一班"), unit_id(db, "综合管理部")
    moved = {"parent": "综合管理部", "on": "2026-07-01"}
    assert client_of(cast.hr).submit(f"/people/units/{team}/move", **moved).status_code == 303
    with db() as session:
        agent = session.get_one(Person, cast.agent.id)
        assert target not in agent.place_on(date(2026, 6, 30))
        assert agent.place_on(date(2026, 7, 1))[:2] == (team, target)
    assert heads(db, date(2026, 6, 30))["综合管理部"] == 3
    assert heads(db, date(2026, 7, 1))["综合管理部"] == 7


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("太原一班", {"parent": "侯马"}),
        ("太原一班", {"parent": "太原二班"}),
        ("太原一班", {"parent": "客户服务一部"}),
        ("客户服务一部", {"parent": "太原一班"}),
        ("客户服务一部", {"parent": "客户服务一部"}),
        ("太原一班", {"parent": "综合管理部", "on": "2011-01-01"}),
    ],
)
def test_a_wrong_move_is_refused(client_of, cast, db, name, wrong) -> None:
    before = heads(db, date(2026, 7, 1))
    url = f"/people/units/{unit_id(db, name)}/move"
    answer = client_of(cast.hr).submit(url, **({"on": "2026-07-01"} | wrong))
    assert answer.status_code == 422
    assert heads(db, date(2026, 7, 1)) == before


def test_founding(client_of, cast, db) -> None:
    made = {"kind": "team", "name": "太原三班", "parent": "客户服务一部", "since": "2026-01-01"}
    assert client_of(cast.hr).submit("/people/units/new", **made).status_code == 303
    assert heads(db, date(2026, 1, 1))["太原三班"] == 0
    assert "太原三班" not in heads(db, date(2025, 12, 31))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "site", "parent": ""}, {"parent": ""}, {"kind": "cave"}, {"name": ""},
        {"parent": "侯马"}, {"kind": "department", "parent": "客户服务一部"},
    ],
)  # fmt: skip
def test_founding_is_refused(client_of, cast, db, wrong) -> None:
    made = {"kind": "team", "name": "太原三班", "parent": "客户服务一部", "since": "2026-01-01"}
    assert client_of(cast.hr).submit("/people/units/new", **(made | wrong)).status_code == 422
    assert "太原三班" not in heads(db, date(2026, 1, 1))


def test_only_hr_of_the_site(client_of, cast, db) -> None:
    team = unit_id(db, "太原一班")
    for part, status in (("agent", 403), ("leader", 403), ("hr_other", 403), ("hr", 200)):
        answer = client_of(getattr(cast, part)).get(f"/people/units/{team}/move")
        assert answer.status_code == status
    assert client_of(cast.hr).get("/people/units/99999/move").status_code == 404


def test_a_unit_has_a_page(client_of, cast, db) -> None:
    text = client_of(cast.agent).get(f"/people/units/{unit_id(db, '太原一班')}").text
    assert "张敏" in text
    assert "/move" not in text
    text = client_of(cast.agent).get(f"/people/units/{unit_id(db, '客户服务一部')}").text
    assert "太原二班" in text


def test_the_unit_picker(client_of, cast) -> None:
    text = client_of(cast.agent).get("/people/units/pick?q=一班").text
    assert "太原 / 客户服务一部 / 太原一班" in text
    assert 'role="option"' not in client_of(cast.agent).get("/people/units/pick?q=%25").text
