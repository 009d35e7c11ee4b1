"""Preparing and opening a drive: what must be there, who may, what then stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from portal.base import clock
from portal.base.errors import Refused
from portal.drives import rules
from portal.drives.models import Drive
from portal.people.models import Unit
from tests.drives.making import as_viewer, new_drive


def typed(**changes: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "title": "雪中送炭",
        "story": "一位同事的家里遭了灾。",
        "goal_fen": "50000",
        "opens_on": today.isoformat(),
        "closes_on": (today + timedelta(days=7)).isoformat(),
        "surplus_rule": "next_drive",
        "unit_id": "",
    } | changes


def drafted(answer: Any) -> int:
    assert answer.status_code == 303, answer.text
    return int(answer.location.rpartition("/")[2])


def test_station_prepares_and_opens(client_of: Any, cast: Any, db: Any) -> None:
    station = client_of(cast.station)
    number = drafted(station.submit("/drives/new", **typed()))
    agent = client_of(cast.agent)
    assert agent.get(f"/drives/{number}").status_code == 404
    assert "雪中送炭" not in agent.get("/drives/").text
    assert station.submit(f"/drives/{number}/edit", **typed(goal_fen="600")).status_code == 303
    assert station.submit(f"/drives/{number}/open").status_code == 303
    assert "雪中送炭" in agent.get("/drives/").text
    assert "¥600.00" in agent.get(f"/drives/{number}").text
    again = station.submit(f"/drives/{number}/open")
    assert again.status_code == 409
    assert "已经开放" in again.text


@pytest.mark.parametrize(
    "case",
    [
        ("title", "", "请填写"),
        ("title", "长" * 61, "最多 60 个字"),
        ("story", "\u200b", "请填写"),
        ("story", "字" * 2001, "最多 2000 个字"),
        ("goal_fen", "0", "0.01"),
        ("goal_fen", "-5", "请填金额"),
        ("goal_fen", "1e9", "请填金额"),
        ("goal_fen", "NaN", "请填金额"),
        ("goal_fen", "１００", "请填金额"),
        ("goal_fen", "99999999999", "之间"),
        ("goal_fen", "", "请填写"),
        ("opens_on", "", "请填写"),
        ("closes_on", "2026-02-30", "没有这一天"),
        ("closes_on", "2020-01-01", "不能早于"),
        ("closes_on", "2199-01-01", "最长一年"),
        ("surplus_rule", "", "请填写"),
        ("surplus_rule", "my_pocket", ""),
        ("unit_id", "999999", "请从列出的里面选"),
    ],
    ids=lambda case: f"{case[0]}={case[1][:12]}",
)
def test_what_is_missing_is_said_at_its_field(
    client_of: Any, cast: Any, db: Any, case: tuple[str, str, str]
) -> None:
    field, value, words = case
    answer = client_of(cast.committee).submit("/drives/new", **typed(**{field: value}))
    assert answer.status_code == 422
    assert words in answer.text
    assert db.scalar(text("SELECT count(*) FROM drive")) == 0


@pytest.mark.parametrize("part", ["agent", "leader", "hr", "auditor", "administrator"])
def test_others_open_nothing(client_of: Any, cast: Any, db: Any, part: str) -> None:
    browser = client_of(getattr(cast, part))
    assert browser.get("/drives/new").status_code == 403
    with db():
        number = new_drive(as_viewer(cast.committee)).id
    for path in ("edit", "open", "update"):
        assert browser.get(f"/drives/{number}/{path}").status_code == 403
    assert browser.get(f"/drives/{number}").status_code == 404


def test_a_drive_already_over_does_not_open(db: Any, cast: Any) -> None:
    first, last = clock.today() - timedelta(days=9), clock.today() - timedelta(days=1)
    with db():
        committee = as_viewer(cast.committee)
        over = new_drive(committee, opens_on=first, closes_on=last)
        with pytest.raises(Refused, match="已经过去"):
            rules.open_drive(committee, over)


def test_only_a_site_of_ones_own(db: Any, cast: Any) -> None:
    """A committee of one site opens drives for that site, not for the whole house."""
    from dataclasses import replace

    from portal.base.access import Grant

    with db() as session:
        sites = {unit.name: unit.id for unit in session.query(Unit) if unit.kind == "site"}
        viewer = replace(
            as_viewer(cast.committee), grants=frozenset({Grant("committee", sites["太原"])})
        )
        assert new_drive(viewer, unit_id=sites["太原"]).id
        for elsewhere in (sites["侯马"], None):
            with pytest.raises(Refused, match="自己负责的站点"):
                new_drive(viewer, unit_id=elsewhere)
        session.rollback()


@pytest.mark.parametrize(
    "change",
    [
        {"goal_fen": 1},
        {"surplus_rule": "charity"},
        {"title": "别的"},
        {"story": "别的"},
        {"opens_on": clock.today() - timedelta(days=30)},
        {"closes_on": clock.today() + timedelta(days=90)},
        {"state": "draft", "opened_at": None, "opened_by_id": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_givers_rely_on_stays(
    db: Any, drive: int, client_of: Any, cast: Any, change: dict[str, Any]
) -> None:
    """Once open: refused by the rule, and by the database itself."""
    with pytest.raises(DBAPIError, match=r"fixed|forward"), db() as session:
        session.execute(update(Drive).where(Drive.id == drive).values(**change))
    with db() as session:
        committee, row = as_viewer(cast.committee), session.get_one(Drive, drive)
        with pytest.raises(Refused, match="不能再改"):
            rules.edit_drive(
                committee, row, title="新", story="新", goal_fen=1, opens_on=row.opens_on,
                closes_on=row.closes_on, surplus_rule="charity",
            )  # fmt: skip


def test_an_opened_drive_is_not_deleted(db: Any, drive: int) -> None:
    with pytest.raises(DBAPIError, match="stay"), db() as session:
        session.execute(text("DELETE FROM drive"))


def test_updates_are_for_all(client_of: Any, cast: Any, drive: int) -> None:
    answer = client_of(cast.station).submit(f"/drives/{drive}/update", words="手术很顺利。")
    assert answer.status_code == 303
    assert "手术很顺利" in client_of(cast.outsider).get(f"/drives/{drive}").text
    assert client_of(cast.agent).get(f"/drives/{drive}/update").status_code == 403
    empty = client_of(cast.station).submit(f"/drives/{drive}/update", words=" ")
    assert empty.status_code == 422
