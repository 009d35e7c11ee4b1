"""Bringing a month in: judged by the cell, taken over whole or not at all, undone whole."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.errors import Refused
from portal.growth import rules
from portal.growth.models import (
    MonthlyFigure,
    PerformanceSheet,
    Severity,
    SheetFinding,
    SheetMapping,
    SheetState,
)
from portal.people.queries import viewer_of_person
from tests.growth.sheets import AGENT, COLLEAGUE, NAMES, OUTSIDER, sheet, text_sheet

TOTALS = ("合计", "", "", 3754, 200, 0.9894, 93.8, 0.8968, 1, 8, 43, 1)


def upload(client: Any, content: bytes, name: str = "绩效_2026-01.xlsx", **typed: Any) -> Any:
    return client.submit("/growth/import", file=(io.BytesIO(content), name), **typed)


def snapshot(session: Any) -> list[tuple[Any, ...]]:
    """Every figure, as it stands."""
    columns = MonthlyFigure.__table__.columns
    return [tuple(row) for row in session.execute(select(*columns).order_by(MonthlyFigure.id))]


@pytest.fixture(autouse=True)
def _in_february(at: Any) -> None:
    at("2026-02-03 09:00")


def test_a_month_from_upload_to_undo(client_of: Any, cast: Any, db: Any) -> None:
    client = client_of(cast.hr)
    answer = upload(client, sheet(AGENT, COLLEAGUE, totals=TOTALS))
    assert answer.status_code == 303
    place = answer.location
    shown = client.get(place).text
    assert "2026年1月绩效表" in shown
    assert "要么全部导入，要么一行也不导入" in shown
    with db(read_only=True) as session:
        assert snapshot(session) == [], "judging takes nothing over"
    assert client.submit(place).status_code == 303
    with db(read_only=True) as session:
        figures = {row.employment_id: row for row in session.scalars(select(MonthlyFigure))}
        mine = figures[cast.agent.employment_id]
        assert (mine.month, mine.calls, mine.talk_seconds) == (date(2026, 1, 1), 1834, 203)
        assert (mine.satisfaction_share, mine.quality_score) == (0.9876, 92.5)
        assert (mine.praises, mine.attendance_days, mine.late_times) == (3, 21.0, 1)
    assert "98.8%" in client_of(cast.agent).get("/growth/").text
    assert client.submit(f"{place}/undo").status_code == 303
    with db(read_only=True) as session:
        assert snapshot(session) == []
        kept = session.scalars(select(PerformanceSheet)).one()
        assert (kept.state, kept.undone_by_id) == (SheetState.UNDONE, cast.hr.id)


def test_the_same_sheet_twice_changes_nothing(client_of: Any, cast: Any, db: Any) -> None:
    client, content = client_of(cast.hr), sheet(AGENT, COLLEAGUE, totals=TOTALS)
    place = upload(client, content).location
    client.submit(place)
    with db(read_only=True) as session:
        before = snapshot(session)
    again = upload(client, content)
    assert again.location == place
    assert "什么也没有改动" in client.get(place).text
    saved_anew = sheet(AGENT, COLLEAGUE, totals=TOTALS, title="月度绩效统计表（2026年1月）")
    other = upload(client, saved_anew).location
    assert "和现在的数据完全一样" in client.get(other).text
    with db(read_only=True) as session:
        assert snapshot(session) == before


def test_a_re_issue_is_the_second_version_and_the_first_is_kept(
    client_of: Any, cast: Any, db: Any
) -> None:
    client = client_of(cast.hr)
    client.submit(upload(client, sheet(AGENT, COLLEAGUE)).location)
    with db(read_only=True) as session:
        first = snapshot(session)
    mended = (*AGENT[:3], 1850, *AGENT[4:])
    place = upload(client, sheet(mended, COLLEAGUE)).location
    client.submit(place)
    with db(read_only=True) as session:
        current = select(MonthlyFigure.calls).where(
            MonthlyFigure.employment_id == cast.agent.employment_id,
            MonthlyFigure.recorded_to.is_(None),
        )
        assert session.scalars(current).all() == [1850]
        assert session.scalar(select(func.count(MonthlyFigure.id))) == 4
        versions = session.scalars(select(PerformanceSheet.version).order_by("id")).all()
        assert list(versions) == [1, 2]
    client.submit(f"{place}/undo")
    with db(read_only=True) as session:
        assert snapshot(session) == first, "undone, it is as it was to the last cell"


ROW = {name: number for number, name in enumerate(NAMES)}


def changed(**cells: Any) -> tuple[Any, ...]:
    """The agent's row with other cells: c3=… is the fourth column."""
    row = list(AGENT)
    for key, value in cells.items():
        row[int(key[1:])] = value
    return tuple(row)


DAMAGE = {
    "unknown number": (changed(c0="999999", c1="无此人"), "stop", "unknown", "A4"),
    "a leaver's month": (
        ("002200", "朴秀英", *AGENT[2:]), "stop", "not_in_service", "A4",
    ),
    "lost zeros": (changed(c0=3217), "ask", "lost_zeros", "A4"),
    "an exponent": (changed(c0="3.2E+03"), "stop", "exponent", "A4"),
    "no number": (changed(c0=""), "stop", "empty", "A4"),
    "another name": (changed(c1="王大明"), "ask", "name", "B4"),
    "negative calls": (changed(c3=-5), "stop", "out_of_range", "D4"),
    "half a call": (changed(c3=12.5), "stop", "not_whole", "D4"),
    "words for calls": (changed(c3="很多"), "stop", "not_a_number", "D4"),
    "a clock for a duration": (changed(c4="3:99"), "stop", "not_a_duration", "E4"),
    "an endless call": (changed(c4=99999), "stop", "out_of_range", "E4"),
    "satisfaction over all": (changed(c5="120%"), "stop", "out_of_range", "F4"),
    "quality over a hundred": (changed(c6=101), "stop", "out_of_range", "G4"),
    "no share": (changed(c7="好"), "stop", "not_a_share", "H4"),
    "formula error": (changed(c8="#N/A"), "stop", "error_value", "I4"),
    "forty days": (changed(c10=40), "stop", "out_of_range", "K4"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_is_named_by_its_cell(db: Any, cast: Any, damage: str) -> None:
    row, severity, code, address = DAMAGE[damage]
    with db():
        brought = rules.bring(None, content=sheet(row, COLLEAGUE), name="绩效.xlsx")
        found = [finding for finding in _findings(brought) if finding.severity != "note"]
        assert [(f.severity, f.code) for f in found] == [(severity, code)]
        assert f"{found[0].column_letters}{found[0].row}" == address
        with pytest.raises(Refused):
            rules.take_over(None, brought, accept=False)
    with db(read_only=True) as session:
        assert snapshot(session) == []


def _findings(brought: PerformanceSheet) -> list[SheetFinding]:
    from portal.growth.queries import findings_of

    return findings_of(brought.id)


def test_one_bad_cell_keeps_every_row_out(client_of: Any, cast: Any, db: Any) -> None:
    client = client_of(cast.hr)
    place = upload(client, sheet(changed(c3="?"), COLLEAGUE)).location
    shown = client.get(place).text
    for words in ("要改", "不是数字。", "1月绩效 · 第 4 行 · D 列", "接通量"):
        assert words in shown
    assert "导入这份表</button>" not in shown
    answer = client.act(place, request_key="0123456789")
    assert answer.status_code == 422
    with db(read_only=True) as session:
        assert snapshot(session) == []


def test_somebody_twice(db: Any, cast: Any) -> None:
    with db():
        brought = rules.bring(None, content=sheet(AGENT, COLLEAGUE, AGENT), name="x.xlsx")
        found = [f for f in _findings(brought) if f.severity == "stop"]
        assert [(f.code, f.row, f.facts) for f in found] == [("twice", 6, {"row": 4})]


def test_totals_that_do_not_match(client_of: Any, cast: Any, db: Any) -> None:
    client = client_of(cast.hr)
    wrong = (*TOTALS[:3], 3755, *TOTALS[4:])
    place = upload(client, sheet(AGENT, COLLEAGUE, totals=wrong)).location
    assert "合计和各行对不上：各行算出来是 3,754" in client.get(place).text
    refused = client.submit(place)
    assert refused.status_code == 422
    assert "有几处要你点头" in refused.text
    assert client.submit(place, accept="y").status_code == 303
    with db(read_only=True) as session:
        assert len(snapshot(session)) == 2


def test_what_an_ask_offers_is_taken_when_hr_says_yes(db: Any, cast: Any) -> None:
    with db() as session:
        row = changed(c0=3217, c4="3分23秒")
        brought = rules.bring(None, content=sheet(row), name="x.xlsx")
        rules.take_over(None, brought, accept=True)
        figure = session.scalars(select(MonthlyFigure)).one()
        assert (figure.employment_id, figure.talk_seconds) == (cast.agent.employment_id, 203)


def test_empty_quality_cells_stay_empty(db: Any, cast: Any) -> None:
    row = changed(c3=0, c4="", c5="", c6="", c7="")
    with db() as session:
        brought = rules.bring(None, content=sheet(row), name="x.xlsx")
        rules.take_over(None, brought, accept=False)
        figure = session.scalars(select(MonthlyFigure)).one()
        assert (figure.calls, figure.talk_seconds, figure.satisfaction_share) == (0, None, None)


@pytest.mark.parametrize("share", [0.9876, "98.76%", 98.76])
def test_percent_in_every_way_of_writing(db: Any, cast: Any, share: Any) -> None:
    rows = (changed(c5=share), (*COLLEAGUE[:5], share, *COLLEAGUE[6:]))
    with db() as session:
        brought = rules.bring(None, content=sheet(*rows), name="x.xlsx")
        rules.take_over(None, brought, accept=False)
        shares = set(session.scalars(select(MonthlyFigure.satisfaction_share)))
        assert shares == {0.9876}


def test_a_colleague_of_the_other_site(client_of: Any, cast: Any, db: Any) -> None:
    client = client_of(cast.hr)
    place = upload(client, sheet(AGENT, OUTSIDER)).location
    assert "这位同事不在你负责的站点" in client.get(place).text
    other = client_of(cast.hr_other)
    assert other.get(place).status_code == 404
    assert other.get(f"{place}/undo").status_code == 404
    with db():
        house = rules.bring(None, content=sheet(AGENT, OUTSIDER), name="y.xlsx")
        assert house.stop_count == 0, "the house itself imports for all sites"


@pytest.mark.parametrize("part", ["agent", "leader", "auditor", "general_manager", "administrator"])
def test_only_hr_imports(client_of: Any, cast: Any, part: str) -> None:
    client = client_of(getattr(cast, part))
    assert client.get("/growth/import").status_code == 403
    assert client.act("/growth/import").status_code == 403
    assert client.act("/growth/import/1/drop").status_code == 403


def test_the_month_is_told_or_asked(client_of: Any, cast: Any) -> None:
    client = client_of(cast.hr)
    nameless = sheet(AGENT, title="月度绩效统计表")
    refused = upload(client, nameless, "绩效.xlsx")
    assert refused.status_code == 422
    assert "看不出这是哪个月的表" in refused.text
    assert upload(client, nameless, "绩效.xlsx", month="一月").status_code == 422
    assert upload(client, nameless, "绩效.xlsx", month="2026-01").status_code == 303
    differs = upload(client, sheet(AGENT), "绩效_2025-12.xlsx")
    assert differs.status_code == 422
    assert "标题、文件名和填写的月份不一致" in differs.text


def test_a_month_to_come(db: Any, cast: Any) -> None:
    with db():
        brought = rules.bring(None, content=sheet(AGENT, title="绩效（2026年3月）"), name="x.xlsx")
        assert {f.code for f in _findings(brought)} >= {"month_range"}


def test_columns_pointed_out_once(client_of: Any, cast: Any, db: Any) -> None:
    names = ("人员", "谁", "班组", "接了多少", *NAMES[4:])
    odd = sheet(AGENT, COLLEAGUE, names=names)
    client = client_of(cast.hr)
    place = upload(client, odd).location
    shown = client.get(place).text
    assert "没有找到工号这一列" in shown
    page = client.get(f"{place}/columns").text
    assert "接了多少" in page
    answer = client.submit(
        f"{place}/columns", staff_no="人员", name="谁", calls="话务指标 / 接了多少"
    )
    assert answer.status_code == 303
    assert "没有找到" not in client.get(place).text
    assert client.submit(place).status_code == 303
    with db(read_only=True) as session:
        calls = set(session.scalars(select(MonthlyFigure.calls)))
        assert calls == {1834, 1920}
        assert session.scalar(select(func.count(SheetMapping.id))) == 1
    more = (*AGENT[:3], 1, *AGENT[4:])
    next_month = sheet(more, names=names, title="绩效（2025年12月）")
    place = upload(client, next_month, "y.xlsx").location
    assert "没有找到" not in client.get(place).text, "the same header is not asked about again"


def test_a_column_that_is_missing_is_asked_about(db: Any, cast: Any) -> None:
    short = sheet(AGENT[:11], names=NAMES[:11])
    with db():
        brought = rules.bring(None, content=short, name="x.xlsx")
        assert [(f.code, f.facts) for f in _findings(brought) if f.severity == "ask"] == [
            ("no_column", {"field": "late_times"})
        ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_the_same_rows_as_text(db: Any, cast: Any, encoding: str, separator: str) -> None:
    content = text_sheet(AGENT, COLLEAGUE, separator=separator).encode(encoding)
    with db() as session:
        brought = rules.bring(None, content=content, name="绩效_2026-01.csv")
        rules.take_over(None, brought, accept=True)
        shares = sorted(session.scalars(select(MonthlyFigure.satisfaction_share)))
        assert shares == [0.9876, 0.9912]


HOSTILE = {
    "empty": (b"", "x.xlsx", "文件是空的"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"0" * 50, "x.xlsx", "不符"),
    "a page": (b"<html><table></table></html>", "x.xlsx", "网页"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "x.xls", "旧版"),
    "a broken zip": (b"PK\x03\x04" + b"0" * 200, "x.xlsx", "损坏"),
    "a program": (b"MZ" + b"0" * 100, "x.exe", "只能读"),
    "a text of nothing": (b"a,b\r\n1,2\r\n", "2026-01.csv", "没有找到表头"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_sheet_is_refused_with_a_sentence(
    client_of: Any, cast: Any, db: Any, kind: str
) -> None:
    content, name, words = HOSTILE[kind]
    answer = upload(client_of(cast.hr), content, name)
    assert answer.status_code == 422
    assert words in answer.text
    with db(read_only=True) as session:
        assert session.scalar(select(func.count(PerformanceSheet.id))) == 0


def test_a_bomb_is_refused_fast(client_of: Any, cast: Any) -> None:
    import time
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 400_000_000)
    started = time.perf_counter()
    answer = upload(client_of(cast.hr), made.getvalue())
    assert answer.status_code == 422
    assert time.perf_counter() - started < 6


def test_markup_in_cells_and_names_is_shown_as_text(client_of: Any, cast: Any) -> None:
    row = changed(c0="999999", c1="<b onmouseover=alert(1)>x</b>")
    client = client_of(cast.hr)
    answer = upload(client, sheet(row), "<img src=x>2026-01.xlsx")
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    assert "<img src=x" not in shown
    assert "<b onmouseover" not in shown


def test_deciding_twice(client_of: Any, cast: Any, db: Any) -> None:
    with db() as session:
        viewer = viewer_of_person(cast.hr.id)
        first = rules.bring(viewer, content=sheet(AGENT), name="x.xlsx")
        rules.take_over(viewer, first, accept=False)
        for verb in (
            lambda: rules.take_over(viewer, first, accept=False),
            lambda: rules.drop(first),
        ):
            with pytest.raises(Refused) as refusal:
                verb()
            assert refusal.value.status == 409
        rules.undo(viewer, first)
        with pytest.raises(Refused):
            rules.undo(viewer, first)
        assert session.scalar(select(func.count(MonthlyFigure.id))) == 0


def test_put_aside(client_of: Any, cast: Any, db: Any) -> None:
    client = client_of(cast.hr)
    place = upload(client, sheet(AGENT)).location
    assert client.act(f"{place}/drop").status_code == 303
    with db(read_only=True) as session:
        assert session.scalars(select(PerformanceSheet.state)).all() == [SheetState.DROPPED]
    with db() as session, pytest.raises(Refused):
        rules.undo(None, session.scalars(select(PerformanceSheet)).one())


def test_nothing_is_taken_over_when_it_breaks_midway(db: Any, cast: Any, monkeypatch: Any) -> None:
    from portal.growth.rules import importing

    with db():
        brought = rules.bring(None, content=sheet(AGENT, COLLEAGUE), name="x.xlsx")
        identity = brought.id
    real = importing._store

    def breaks(*args: Any) -> None:
        real(*args)
        raise RuntimeError("the power went out")

    monkeypatch.setattr(importing, "_store", breaks)
    with pytest.raises(RuntimeError), db() as session:
        rules.take_over(None, session.get_one(PerformanceSheet, identity), accept=False)
    with db(read_only=True) as session:
        assert snapshot(session) == []
        assert session.get_one(PerformanceSheet, identity).state == SheetState.CHECKED


def test_the_severities_are_counted(db: Any, cast: Any) -> None:
    with db():
        judged = rules.judge(None, sheet(changed(c3="?"), changed(c0=3588)), "x.xlsx")
        assert judged.count(Severity.STOP) == 1
        assert judged.count(Severity.ASK) >= 1


def test_two_sheets_of_one_month_at_once(app: Any, db: Any, cast: Any) -> None:
    """Whoever comes second follows as version 2 or is refused; nobody has a month twice."""
    from threading import Barrier, Thread

    from portal.base.db import transaction

    other = (*AGENT[:3], 1, *AGENT[4:])
    with db():
        sheets = [
            rules.bring(None, content=sheet(row, COLLEAGUE), name="x.xlsx").id
            for row in (AGENT, other)
        ]
    start, said = Barrier(2), []

    def take(identity: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction() as session:
                    found = session.get_one(PerformanceSheet, identity)
                    said.append(rules.take_over(None, found, accept=True).version)
            except Refused as refusal:
                said.append(refusal.status)

    threads = [Thread(target=take, args=(identity,)) for identity in sheets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) in ([1, 2], [1, 409])
    with db(read_only=True) as session:
        current = select(MonthlyFigure.employment_id).where(MonthlyFigure.recorded_to.is_(None))
        assert sorted(session.scalars(current)) == sorted(
            [cast.agent.employment_id, cast.colleague.employment_id]
        )
