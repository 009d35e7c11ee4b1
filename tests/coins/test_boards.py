"""Boards: who is on them, what is kept, who is too few to be shown; a team's goal."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal.base import clock
from portal.coins import jobs, queries, rules
from portal.coins.models import GroupTotal, OffBoards, TeamTotal
from portal.coins.queries import Span
from portal.people.models import Person, Unit
from portal.people.queries import viewer_of_person
from portal.people.rules import add_person, assign, hire
from portal.people.rules.keys import make_token

CSV, API = "/coins/boards.csv?show=mates", "/api/v1/coins/boards?show=mates"


@pytest.fixture
def crowd(db: Any, cast: Any, fund: Any, give: Any) -> list[Any]:
    """太原一班 with three more people, all of whom but the leader received coins."""
    with db() as session:
        unit = session.scalars(select(Unit).where(Unit.name == "太原一班")).one()
        for n in range(3):
            person = add_person(name=f"新人{n}")
            job = hire(person, staff_no=f"0070{n:02d}", since=date(2024, 1, 1))
            assign(job, unit=unit, title="客服代表", since=date(2024, 1, 1), shift="夜班")
    fund(200)
    give(6, key="one")
    give(4, key="two", people=[cast.colleague])
    with db():
        rules.keep_boards(clock.today())
    return [cast.agent, cast.colleague]


def viewer(member: Any) -> Any:
    found = viewer_of_person(member.id)
    assert found is not None
    return found


def asks(db: Any, app: Any, member: Any) -> Callable[[str], Any]:
    """The API as this member."""
    with db():
        _row, secret = make_token(
            viewer(member), name="boards", scopes=["coins:read"],
            expires_on=date(clock.today().year + 1, 1, 1),
        )  # fmt: skip
    client = app.test_client()
    return lambda url: client.get(url, headers={"Authorization": f"Bearer {secret}"})


def team_total(db: Any) -> Any:
    month = queries.period_of(clock.today(), Span.MONTH).key
    [row] = db.rows(
        select(TeamTotal.heads, TeamTotal.coins, TeamTotal.per_head, TeamTotal.shown)
        .join(Unit, Unit.id == TeamTotal.unit_id)
        .where(TeamTotal.period == month, Unit.name == "太原一班")
    )
    return row


def test_who_leaves_is_on_no_board_at_once(
    cast: Any, client_of: Any, db: Any, app: Any, crowd: Any
) -> None:
    browser, ask = client_of(cast.colleague), asks(db, app, cast.colleague)
    name = cast.agent.name
    page = browser.get("/coins/boards?show=mates")
    assert name in page.text
    assert name in browser.get(CSV).text
    assert name in json.dumps(ask(API).json, ensure_ascii=False)
    assert team_total(db) == (7, 10, 143, True)
    own = client_of(cast.agent)
    assert own.submit("/coins/boards/choose", on="no").status_code == 303
    assert own.submit("/coins/boards/choose", on="no").status_code == 303
    assert db.scalar(select(func.count()).select_from(OffBoards)) == 1
    for text in (
        browser.get("/coins/boards?show=mates").text,
        browser.get(CSV).text,
        json.dumps(ask(API).json, ensure_ascii=False),
        own.get(CSV).text,
    ):
        assert name not in text.split("<main")[-1]
    assert cast.colleague.name in browser.get(CSV).text
    assert team_total(db) == (6, 4, 67, True), "the rest gives the one who left away no more"
    assert "不在任何榜上" in own.get("/coins/").text
    own.submit("/coins/boards/choose", on="yes")
    assert name in browser.get(CSV).text
    assert team_total(db) == (7, 10, 143, True)


def test_only_the_own_team_is_listed(cast: Any, client_of: Any, crowd: Any) -> None:
    page = client_of(cast.outsider).get("/coins/boards?show=mates")
    assert cast.agent.name not in page.text
    assert client_of(cast.agent).get("/coins/boards").status_code == 200


def test_teams_by_head(cast: Any, client_of: Any, db: Any, app: Any, crowd: Any) -> None:
    page = client_of(cast.outsider).get("/coins/boards?show=teams")
    assert "太原一班" in page.text
    assert "1.43" in page.text
    assert "太原二班" not in page.text, "two people are too few"
    [line] = asks(db, app, cast.outsider)("/api/v1/coins/boards?show=teams&span=quarter").json[
        "lines"
    ]
    assert line == {"name": "太原 / 客户服务一部 / 太原一班", "amount": 1.43}
    assert "1.43" in client_of(cast.agent).get("/coins/boards.csv?show=teams").text
    values = asks(db, app, cast.agent)("/api/v1/coins/boards?show=values").json
    assert values["lines"] == [{"name": "patience", "amount": 2.0}]


@pytest.mark.parametrize(
    "url",
    ["?show=people", "?span=year", "?before=2", "?show=teams&after=x", "?show=teams&after=1",
     "?show=teams&after=1.2.3", "?show=teams&after=-1.2", f"?show=teams&after={'9' * 30}.1"],
)  # fmt: skip
def test_what_no_page_ever_said(cast: Any, client_of: Any, url: str) -> None:
    assert client_of(cast.agent).get(f"/coins/boards{url}").status_code == 404


def test_every_board_and_its_export(cast: Any, client_of: Any, crowd: Any) -> None:
    browser = client_of(cast.agent)
    for show in ("own", "mates", "teams", "values"):
        for rest in ("", "&span=quarter", "&before=1", "&span=quarter&before=1"):
            assert browser.get(f"/coins/boards?show={show}{rest}").status_code == 200
            export = browser.get(f"/coins/boards.csv?show={show}{rest}")
            assert (export.status_code, export.mimetype) == (200, "text/csv")


def test_pages_of_teams_join_without_gap(db: Any, cast: Any, crowd: Any) -> None:
    period = queries.period_of(clock.today(), Span.MONTH)
    with db() as session:
        ids = list(session.scalars(select(Unit.id).order_by(Unit.id)))
        known = set(
            session.scalars(select(TeamTotal.unit_id).where(TeamTotal.period == period.key))
        )
        session.add_all(
            TeamTotal(period=period.key, unit_id=each, heads=9, people=1, coins=9,
                      per_head=100 + n // 3, shown=True)
            for n, each in enumerate(ids) if each not in known
        )  # fmt: skip
        session.flush()
        whole = queries.teams(period, limit=100)
        seen: list[Any] = []
        after: tuple[int, int] | None = None
        while True:
            page = queries.teams(period, after, 2)
            seen += page[:2]
            if len(page) < 3:
                break
            after = (page[1].per_head, page[1].unit_id)
    assert seen == whole
    assert [line.per_head for line in whole] == sorted((w.per_head for w in whole), reverse=True)


def test_the_night_may_come_twice(db: Any, crowd: Any) -> None:
    def kept() -> list[Any]:
        return db.rows(select(GroupTotal).order_by(GroupTotal.period, GroupTotal.unit_id))  # type: ignore[no-any-return]

    with db():
        count = jobs.keep_boards(clock.today())
    before = len(kept())
    with db():
        assert jobs.keep_boards(clock.today()) == count
    assert len(kept()) == before


def test_shifts_of_a_few_are_not_shown(db: Any, crowd: Any) -> None:
    rows = db.rows(
        select(GroupTotal.shift, GroupTotal.heads, GroupTotal.shown)
        .join(Unit, Unit.id == GroupTotal.unit_id)
        .where(Unit.name == "太原一班", GroupTotal.period.like("%Q%"))
    )
    assert ("夜班", 3, False) in [tuple(row) for row in rows]
    assert ("", 7, True) in [tuple(row) for row in rows]


@given(st.dictionaries(st.integers(), st.integers(1, 12), max_size=8), st.integers(0, 8))
def test_nothing_smaller_than_five_can_be_worked_out(heads: dict[int, int], rest: int) -> None:
    shown = queries.large_enough(heads, rest)
    assert all(heads[each] >= 5 for each in shown)
    hidden = rest + sum(count for each, count in heads.items() if each not in shown)
    assert not shown or hidden == 0 or hidden >= 5


def test_a_goal_shows_how_far_and_nobody(cast: Any, client_of: Any, db: Any, crowd: Any) -> None:
    leader = client_of(cast.leader)
    assert leader.submit("/coins/goal", kind="everybody").status_code == 303
    page = client_of(cast.agent).get("/coins/boards")
    assert "每个人都至少被感谢过一次" in page.text
    assert 'max="7"' in page.text
    assert "新人0" not in page.text
    leader.submit("/coins/goal", kind="values")
    page = client_of(cast.agent).get("/coins/boards")
    assert "六种闪光点" in page.text
    assert 'max="6"' in page.text
    assert client_of(cast.agent).get("/coins/goal").status_code == 403
    other = client_of(cast.other_leader)
    unit_id = db.scalar(select(Unit.id).where(Unit.name == "太原一班"))
    assert other.get(f"/coins/goal?unit={unit_id}").status_code == 404
    assert other.submit("/coins/goal", kind="rank").status_code == 422


def test_a_handful_gets_no_number(cast: Any, client_of: Any, db: Any) -> None:
    with db():
        boss = viewer(cast.other_leader)
        rules.set_goal(boss, unit_id=boss.place[0], kind="everybody")
    page = client_of(cast.outsider).get("/coins/boards")
    assert "在路上" in page.text
    assert "<progress" not in page.text


def test_beside_an_award(cast: Any, client_of: Any, db: Any, crowd: Any, give: Any) -> None:
    page = client_of(cast.leader).get("/coins/award")
    aside = page.text.split("<aside")[1]
    assert "新人0" in aside, "nobody thanked them for 60 days"
    assert "同样三位同事" not in aside, "two receivers say nothing"
    newcomers = db.rows(select(Person.id).where(Person.name.in_(["新人0", "新人1"])))
    for n, person in enumerate(newcomers):
        give(5, key=f"more{n}", people=[person])
    aside = client_of(cast.leader).get("/coins/award").text.split("<aside")[1]
    assert "80%" in aside, "16 of 20"


def test_the_team_at_a_glance(cast: Any, client_of: Any, crowd: Any) -> None:
    page = client_of(cast.leader).get("/coins/team")
    assert "5 位同事还没有收到过" in page.text
    assert "一共发出 10 枚" in page.text
    assert client_of(cast.agent).get("/coins/team").status_code == 403
    small = client_of(cast.other_leader).get("/coins/team")
    assert "不到五个人" in small.text
