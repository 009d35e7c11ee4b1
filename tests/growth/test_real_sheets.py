"""The call centre's own sheets: every month's rows and totals as its README gives them."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.errors import Refused
from portal.growth import rules
from portal.growth.models import MonthlyFigure, PerformanceSheet, Severity, SheetState
from tests.growth.sheets import load_roster

pytestmark = pytest.mark.shared

# month: rows, calls, talk, satisfaction, quality, resolution, complaints, praises, days, late
README = {
    "2025-07": (1281, 2393285, 204, 0.9777, 91.0, 0.89, 415, 2147, 27246, 380),
    "2025-08": (1332, 2513306, 203, 0.9781, 91.0, 0.8901, 444, 2188, 28404, 396),
    "2025-09": (1400, 2527457, 203, 0.9779, 91.0, 0.8901, 487, 2302, 28637, 422),
    "2025-10": (1466, 2708397, 203, 0.9781, 90.9, 0.8896, 476, 2425, 30780, 364),
    "2025-11": (1535, 2736405, 204, 0.9783, 90.9, 0.8887, 557, 2467, 31210, 463),
    "2025-12": (1563, 2920306, 203, 0.978, 90.9, 0.8901, 499, 2544, 33300, 438),
}
AGAIN = (1400, 2527552, 203, 0.9779, 91.0, 0.8901, 488, 2302, 28637, 424)
CORRECTED = {
    ("001824", "calls"): (1516, 1653),
    ("003485", "calls"): (1140, 1098),
    ("003485", "talk_seconds"): (221, 232),
    ("004222", "satisfaction_share"): (0.9747, 0.9435),
    ("002722", "quality_score"): (84.2, 79.7),
    ("002901", "complaints"): (0, 1),
    ("004484", "late_times"): (0, 2),
}


def bring(folder: Path, name: str) -> PerformanceSheet:
    return rules.bring(None, content=(folder / name).read_bytes(), name=name)


def totals(session: Any, month: str) -> tuple[Any, ...]:
    """The month's current figures, added up as the sheets do it."""
    row = session.execute(
        select(
            func.count(MonthlyFigure.id),
            func.sum(MonthlyFigure.calls),
            func.sum(MonthlyFigure.talk_seconds * MonthlyFigure.calls * 1.0),
            func.sum(MonthlyFigure.calls).filter(MonthlyFigure.talk_seconds.is_not(None)),
            func.avg(MonthlyFigure.satisfaction_share),
            func.avg(MonthlyFigure.quality_score),
            func.avg(MonthlyFigure.first_resolution_share),
            func.sum(MonthlyFigure.complaints),
            func.sum(MonthlyFigure.praises),
            func.sum(MonthlyFigure.attendance_days),
            func.sum(MonthlyFigure.late_times),
        ).where(
            MonthlyFigure.month == date.fromisoformat(f"{month}-01"),
            MonthlyFigure.recorded_to.is_(None),
        )
    ).one()
    count, calls, talk, talking, satisfaction, quality, resolution, *rest = row
    shares = (round(satisfaction, 4), round(quality, 1), round(resolution, 4))
    return (count, calls, round(talk / talking), *shares, *(round(value) for value in rest))


@pytest.fixture
def roster(db: Any, shared: Path) -> Path:
    folder = shared / "data" / "call-centre"
    with db() as session:
        # the cast has staff numbers that are also on the real roster
        from portal.people.models import Employment

        for employment in session.scalars(select(Employment)):
            employment.staff_no = f"9{employment.staff_no[1:]}"
        session.flush()
        load_roster(folder / "花名册.csv")
    return folder


def test_every_month_has_its_rows_and_totals(db: Any, roster: Path) -> None:
    for month, expected in README.items():
        started = time.process_time()
        with db():
            sheet = bring(roster, f"绩效_{month}.xlsx")
            assert (sheet.stop_count, sheet.ask_count, sheet.note_count) == (0, 0, 0), month
            rules.take_over(None, sheet, accept=False)
        assert time.process_time() - started < 5, "1,500 rows take less than 5 s"
        with db(read_only=True) as session:
            assert totals(session, month) == expected


def test_the_same_sheet_twice_changes_nothing(db: Any, roster: Path) -> None:
    with db():
        first = bring(roster, "绩效_2025-12.xlsx")
        rules.take_over(None, first, accept=False)
        identity = first.id
    with db() as session:
        again = bring(roster, "绩效_2025-12.xlsx")
        assert (again.id, again.state) == (identity, SheetState.APPLIED)
        assert session.scalar(select(func.count(MonthlyFigure.id))) == 1563


def test_the_correction_of_september_changes_exactly_its_cells(db: Any, roster: Path) -> None:
    with db():
        rules.take_over(None, bring(roster, "绩效_2025-09.xlsx"), accept=False)
    with db():
        name = "绩效_2025-09_更正.xlsx"
        judged = rules.judge(None, (roster / name).read_bytes(), name)
        changes = {
            (known.row.staff_no, key): pair
            for known in judged.changed
            for key, pair in known.changes.items()
        }
        assert changes == CORRECTED
        assert judged.count(Severity.STOP) == 0
        sheet = bring(roster, name)
        rules.take_over(None, sheet, accept=True)
        assert (sheet.version, sheet.changed_count, sheet.new_count) == (2, 6, 0)
    with db(read_only=True) as session:
        assert totals(session, "2025-09") == AGAIN
        assert session.scalar(select(func.count(MonthlyFigure.id))) == 2800, "the first is kept"
    with db() as session:
        sheet = session.scalars(select(PerformanceSheet).where(PerformanceSheet.version == 2)).one()
        rules.undo(None, sheet)
    with db(read_only=True) as session:
        assert totals(session, "2025-09") == README["2025-09"]


def test_the_first_version_stays_while_the_second_stands_on_it(db: Any, roster: Path) -> None:
    with db():
        first = bring(roster, "绩效_2025-09.xlsx")
        rules.take_over(None, first, accept=False)
        rules.take_over(None, bring(roster, "绩效_2025-09_更正.xlsx"), accept=True)
        with pytest.raises(Refused):
            rules.undo(None, first)
