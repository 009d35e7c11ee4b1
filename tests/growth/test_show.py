"""The file as a page: for whom, with what on it, on which day, at what cost."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from portal.audit.models import Look
from portal.base import files
from portal.growth import rules
from portal.growth.models import (
    HonourKind,
    HonourLevel,
    MonthlyFigure,
    PerformanceSheet,
)
from portal.growth.queries.figures import back
from portal.growth.rules import Award
from portal.people import rules as people
from portal.people.models import Employment, Person, Unit
from portal.people.queries import viewer_of_person
from tests.conftest import engine_of

MARKERS = {
    "contact": ("10055512345", "marker.mail@sunhome.example"),
    "identity": ("910101199512240019",),
    "birthday": ("1995-12-24",),
    "performance": ("4,321", "97.53"),
    "honours": ("荣誉标记奖",),
    "timeline": ("标记人字第 7 号", "标记高级客服代表"),
}
READERS = {
    "agent": {"contact", "performance", "honours", "timeline"},
    "leader": {"contact", "performance", "honours", "timeline"},
    "manager": {"contact", "performance", "honours", "timeline"},
    "hr": {"contact", "performance", "honours", "timeline"},
    "general_manager": {"performance", "honours", "timeline"},
    "auditor": {"performance"},
}
OUTSIDE = (
    "colleague", "outsider", "other_leader", "hr_other", "committee", "committee2", "station",
    "administrator",
)  # fmt: skip


@contextmanager
def counted(app: Any) -> Iterator[list[str]]:
    """The statements that run in the block."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")):
            found.append(statement)

    engine = engine_of(app)
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def figures(session: Any, employment_ids: list[int], months: list[date], **values: Any) -> None:
    """The same figures for everybody in every month, as sheets would have brought them."""
    stored = files.keep(b"x", "x.csv", "text/csv")
    for month in months:
        sheet = PerformanceSheet(
            month=month, version=1, file_id=stored.id, file_name="x.csv", state="applied",
            sha256=secrets.token_hex(32), applied_at=stored.created_at,
        )  # fmt: skip
        session.add(sheet)
        session.flush()
        usual = {"calls": 1800, "talk_seconds": 203, "satisfaction_share": 0.98, "praises": 2,
                 "complaints": 0, "quality_score": 91.5, "first_resolution_share": 0.9,
                 "attendance_days": 21.0, "late_times": 0}  # fmt: skip
        session.execute(
            insert(MonthlyFigure),
            [
                {"sheet_id": sheet.id, "employment_id": each, "month": month, **usual, **values}
                for each in employment_ids
            ],
        )


@pytest.fixture
def marked(db: Any, cast: Any, at: Any) -> Any:
    """The agent's file with a marker in every group of fields."""
    at("2026-03-10 10:00")
    with db() as session:
        person = session.get_one(Person, cast.agent.id)
        person.phone, person.email = MARKERS["contact"]
        person.national_id, person.birth_date = MARKERS["identity"][0], date(1995, 12, 24)
        employment = session.get_one(Employment, cast.agent.employment_id)
        unit = session.scalars(select(Unit).where(Unit.name == "太原一班")).one()
        people.assign(
            employment, unit=unit, title="标记高级客服代表", since=date(2025, 5, 1),
            grade="四星", change="晋升", document_no="标记人字第 7 号",
        )  # fmt: skip
        # the position of today has another title, so that the marker is on the timeline alone
        people.assign(employment, unit=unit, title="质检员", since=date(2025, 9, 1), grade="四星")
        figures(
            session, [cast.agent.employment_id], [date(2026, 2, 1)],
            calls=4321, satisfaction_share=0.9753,
        )  # fmt: skip
        rules.record_honour(
            viewer_of_person(cast.hr.id),  # type: ignore[arg-type]
            kind=HonourKind.PERSONAL, level=HonourLevel.PROVINCE, name=MARKERS["honours"][0],
            issuer="省总工会", awarded_on=date(2025, 10, 1), holders=[Award("003217")],
        )  # fmt: skip
    return cast


def pages_of(client: Any, person_id: int) -> str:
    """All that the file and its further pages show to this browser."""
    shown = []
    for rest in ("", "/figures", "?before=2025-06-30", "/identity"):
        path = f"/growth/{person_id}{rest}"
        answer = client.get(path)
        if answer.status_code == 200:
            shown.append(answer.text)
    return "\n".join(shown)


@pytest.mark.parametrize("part", READERS)
def test_each_reader_sees_their_fields_and_no_others(
    marked: Any, client_of: Any, part: str
) -> None:
    text = pages_of(client_of(getattr(marked, part)), marked.agent.id)
    assert "王小明" in text
    for group, strings in MARKERS.items():
        for marker in strings:
            # an address may break before its @
            is_there = marker in text.replace("<wbr>", "")
            assert is_there == (group in READERS[part]), f"{part}: {group} ({marker})"


@pytest.mark.parametrize("part", OUTSIDE)
def test_for_everybody_else_the_file_does_not_exist(marked: Any, client_of: Any, part: str) -> None:
    client = client_of(getattr(marked, part))
    missing = client.get("/growth/99999999")
    for path in ("", "/figures", "/identity"):
        answer = client.get(f"/growth/{marked.agent.id}{path}")
        assert answer.status_code == missing.status_code == 404
        assert not any(marker in answer.text for row in MARKERS.values() for marker in row)


def test_nobody_signed_out_gets_in(client: Any, cast: Any) -> None:
    for path in ("/growth/", f"/growth/{cast.agent.id}", "/growth/files", "/growth/import"):
        assert client.get(path).status_code == 303


def test_ids_that_cannot_be(client_of: Any, cast: Any) -> None:
    client = client_of(cast.agent)
    for number in (0, 2**63, 10**30):
        assert client.get(f"/growth/{number}").status_code == 404


def test_my_own_file_tells_my_story(marked: Any, client_of: Any) -> None:
    text = client_of(marked.agent).get("/growth/").text
    for words in ("003217 · 太原 · 太原一班 · 质检员", "4 年", "1 项 · 省级 1", "97.5%", "4,321",
                  "在这里满 3 年", "晋升 · 标记高级客服代表", "入职", "•••• 0019"):  # fmt: skip
        assert words in text, words


def test_the_file_in_english(marked: Any, client_of: Any) -> None:
    client = client_of(marked.agent)
    client.act("/people/language", language="en")
    text = client.get("/growth/").text
    for words in ("Timeline", "Years of service", "4 yr", "3 years here", "Promoted",
                  "Who looked at my file", "Province: 1"):  # fmt: skip
        assert words in text, words


def test_as_of_a_past_day(marked: Any, client_of: Any) -> None:
    text = client_of(marked.agent).get("/growth/?on=2025-06-15").text
    assert "这是 2025-06-15 的档案。" in text
    assert "003217 · 太原 · 太原一班 · 标记高级客服代表" in text
    assert "荣誉标记奖" not in text, "awarded later"
    assert "4,321" not in text, "a later month"
    before = client_of(marked.agent).get("/growth/?on=2024-06-15").text
    assert "标记高级客服代表" not in before


def test_a_month_counts_from_its_end(marked: Any, client_of: Any) -> None:
    client = client_of(marked.agent)
    assert "4,321" not in client.get("/growth/?on=2026-02-27").text
    assert "4,321" in client.get("/growth/?on=2026-02-28").text


@pytest.mark.parametrize("day", ["yesterday", "2025-02-30", "0000-00-00", "%00", "9999-12-31"])
def test_a_day_that_is_none(client_of: Any, cast: Any, day: str) -> None:
    answer = client_of(cast.agent).get(f"/growth/?on={day}")
    assert answer.status_code == 422
    assert "没有这一天" in answer.text


def test_a_leaver_keeps_a_file_for_hr(client_of: Any, cast: Any) -> None:
    text = client_of(cast.hr).get(f"/growth/{cast.leaver.id}").text
    assert "已离职" in text
    assert "离职" in text


def test_a_look_is_noted_and_shown_to_the_person(marked: Any, client_of: Any, db: Any) -> None:
    for part in ("leader", "hr", "general_manager", "auditor"):
        client_of(getattr(marked, part)).get(f"/growth/{marked.agent.id}")
    client_of(marked.agent).get("/growth/")
    client_of(marked.colleague).get(f"/growth/{marked.agent.id}")
    rows = db.rows(select(Look.viewer_role, Look.part).order_by(Look.id))
    assert [tuple(row) for row in rows] == [
        ("leader", "file"), ("hr", "file"), ("general_manager", "file"),
        ("auditor", "performance"),
    ]  # fmt: skip
    shown = client_of(marked.agent).get("/growth/looks").text
    for words in ("张敏", "班长", "何文静", "人力资源", "林建国", "查正", "绩效"):
        assert words in shown
    assert "张敏" in client_of(marked.agent).get("/growth/").text


def test_the_middle_of_the_team_from_five_on(db: Any, cast: Any, client_of: Any, at: Any) -> None:
    at("2026-03-10 10:00")
    month = [date(2026, 2, 1)]
    with db() as session:
        figures(
            session, [cast.agent.employment_id, cast.colleague.employment_id,
                      cast.leader.employment_id, cast.disabled.employment_id], month,
        )  # fmt: skip
    text = client_of(cast.agent).get("/growth/").text
    assert "班组中位" not in text, "of four people no middle is shown"
    with db() as session:
        person = people.add_person(name="傅新")
        fifth = people.hire(person, staff_no="009001", since=date(2026, 1, 5))
        unit = session.scalars(select(Unit).where(Unit.name == "太原一班")).one()
        people.assign(fifth, unit=unit, title="客服代表", since=date(2026, 1, 5))
        figures(session, [fifth.id], month, satisfaction_share=0.9, calls=100)
    text = client_of(cast.agent).get("/growth/").text
    assert "班组中位 98.0%" in text


def history(session: Any, employment_id: int, years: int) -> None:
    """Years of months, positions and honours up to February 2026."""
    months = [back(date(2026, 2, 1), number) for number in range(years * 12)]
    figures(session, [employment_id], months)


def test_ten_years_cost_what_one_month_costs(
    app: Any, db: Any, cast: Any, client_of: Any, at: Any
) -> None:
    at("2026-03-10 10:00")
    with db() as session:
        history(session, cast.agent.employment_id, 10)
        history(session, cast.outsider.employment_id, 0)
    counts = {}
    for part in ("agent", "outsider"):
        client = client_of(getattr(cast, part))
        client.get("/growth/")
        with counted(app) as statements:
            assert client.get("/growth/").status_code == 200
        counts[part] = len(statements)
    assert counts["agent"] == counts["outsider"]
    assert counts["agent"] <= 12
    leader = client_of(cast.leader)
    leader.get(f"/growth/{cast.agent.id}")
    with counted(app) as statements:
        assert leader.get(f"/growth/{cast.agent.id}").status_code == 200
    assert len(statements) <= 12, statements


def test_all_months_are_paged(db: Any, cast: Any, client_of: Any, at: Any) -> None:
    at("2026-03-10 10:00")
    with db() as session:
        history(session, cast.agent.employment_id, 3)
    client = client_of(cast.agent)
    first = client.get(f"/growth/{cast.agent.id}/figures")
    assert first.text.count('<th scope="row">2') >= 24
    assert "before=2024-03-01" in first.text
    second = client.get(f"/growth/{cast.agent.id}/figures?before=2024-03-01").text
    assert "2024-02" in second
    assert "2024-03" not in second.replace("2024-03-01", "")


def test_the_timeline_goes_on_where_it_stopped(db: Any, cast: Any, client_of: Any, at: Any) -> None:
    at("2026-03-10 10:00")
    with db():
        hr = viewer_of_person(cast.hr.id)
        assert hr is not None
        for number in range(30):
            rules.record_honour(
                hr, kind=HonourKind.PERSONAL, level=HonourLevel.CENTRE, name=f"第{number:02d}号奖",
                issuer="客户服务中心", awarded_on=date(2025, 1, 1) + timedelta(days=number * 10),
                holders=[Award("003217")],
            )  # fmt: skip
    client, seen, path = client_of(cast.agent), [], "/growth/"
    for _page in range(10):
        text = client.get(path).text
        seen += [number for number in range(30) if f"第{number:02d}号奖" in text]
        if "更早的" not in text:
            break
        start = text.index('href="/growth/?before=') + len('href="')
        path = text[start : text.index("#", start)]
    assert sorted(seen) == list(range(30)), "each once"


def test_names_and_texts_are_escaped(db: Any, cast: Any, client_of: Any) -> None:
    with db() as session:
        person = session.get_one(Person, cast.agent.id)
        person.name = "<script>alert(1)</script>"
    text = client_of(cast.agent).get("/growth/").text
    assert "<script>alert(1)" not in text
