"""Roles by scope: given, ended, and lost with the assignment."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.people import queries, rules
from portal.people.models import Employment, RoleGrant, Unit


def grants_of(db, member) -> set[tuple[str, int | None]]:
    with db():
        viewer = queries.viewer_of_person(member.id)
        return {(str(grant.role), grant.unit_id) for grant in viewer.grants} if viewer else set()


def unit_id(db, name: str) -> int:
    return db.scalar(select(Unit.id).where(Unit.name == name))


def test_hr_gives_a_role_at_their_site(client_of, cast, db) -> None:
    given = {"person": cast.agent.staff_no, "role": "leader", "unit": "太原一班", "bound": "y"}
    assert client_of(cast.hr).submit("/people/roles/new", **given).status_code == 303
    assert grants_of(db, cast.agent) == {("leader", unit_id(db, "太原一班"))}
    assert "王小明" in client_of(cast.hr).get("/people/roles?role=leader").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "administrator"}, {"role": "auditor"}, {"role": "general_manager"},
        {"role": "hr", "unit": ""}, {"role": "hr", "unit": "侯马"}, {"role": "leader", "unit": ""},
        {"role": "leader", "unit": "太原"}, {"role": "king"}, {"person": "不认识"},
        {"until": "2020-01-01"}, {"person": "000208"},
    ],
)  # fmt: skip
def test_beyond_what_hr_holds(client_of, cast, db, wrong) -> None:
    given = {"person": cast.agent.staff_no, "role": "leader", "unit": "太原一班"} | wrong
    before = db.rows(select(RoleGrant.id))
    assert client_of(cast.hr).submit("/people/roles/new", **given).status_code == 422
    assert db.rows(select(RoleGrant.id)) == before


def test_nobody_gives_themself_a_role(client_of, cast, db) -> None:
    given = {"person": cast.administrator.staff_no, "role": "hr"}
    assert client_of(cast.administrator).submit("/people/roles/new", **given).status_code == 422


def test_a_role_is_taken_back_at_once(client_of, cast, db) -> None:
    grant = db.scalar(select(RoleGrant.id).where(RoleGrant.person_id == cast.leader.id))
    assert client_of(cast.hr).submit(f"/people/roles/{grant}/end").status_code == 303
    assert grants_of(db, cast.leader) == set()


def test_other_sites_roles_are_unseen(client_of, cast, db) -> None:
    grant = db.scalar(select(RoleGrant.id).where(RoleGrant.person_id == cast.other_leader.id))
    assert client_of(cast.hr).get(f"/people/roles/{grant}/end").status_code == 404
    assert "单丽" not in client_of(cast.hr).get("/people/roles").text
    assert "单丽" in client_of(cast.administrator).get("/people/roles").text


@pytest.mark.parametrize("part", ["agent", "leader", "auditor", "general_manager", "committee"])
def test_the_others_stay_outside(client_of, cast, part) -> None:
    browser = client_of(getattr(cast, part))
    assert browser.get("/people/roles").status_code == 403
    assert browser.get("/people/roles/new").status_code == 403


def test_a_bound_role_ends_with_the_assignment(db, cast) -> None:
    assert grants_of(db, cast.leader)
    with db() as session:
        employment = session.get_one(Employment, cast.leader.employment_id)
        team = session.scalar(select(Unit).where(Unit.name == "太原二班"))
        rules.assign(employment, unit=team, title="客服代表", since=date(2024, 1, 1))
    assert grants_of(db, cast.leader) == set()
    with db():
        assert queries.holders("leader", [unit_id(db, "太原一班")], date(2026, 1, 1)) == []


def test_a_role_ends_with_its_date(db, cast, client_of, at) -> None:
    at("2026-06-01 09:00")
    given = {"person": cast.agent.staff_no, "role": "station", "until": "2026-06-10"}
    assert client_of(cast.administrator).submit("/people/roles/new", **given).status_code == 303
    assert grants_of(db, cast.agent) == {("station", None)}
    at("2026-06-10 00:01")
    assert grants_of(db, cast.agent) == set()
