"""Makes performance sheets as the call centre keeps them, and rosters to go with the real ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import insert

from portal.base.db import session
from portal.people.models import Employment, Person, Position, Term, Unit, UnitPath

GROUPS = ((3, 4, "话务指标"), (5, 7, "服务质量"), (8, 9, "客户评价"), (10, 11, "考勤"))
NAMES = ("工号", "姓名", "班组", "接通量", "平均通话时长(秒)", "满意度%", "质检分", "一次解决率",
         "投诉数", "表扬数", "出勤天数", "迟到次数")  # fmt: skip
Row = Sequence[Any]
AGENT: Row = ("003217", "王小明", "太原一班", 1834, 203, 0.9876, 92.5, 0.8912, 0, 3, 21, 1)
COLLEAGUE: Row = ("003588", "曾雨", "太原一班", 1920, 198, 0.9912, 95.1, 0.9023, 1, 5, 22, 0)
OUTSIDER: Row = ("004410", "李静", "侯马一班", 1700, 210, 0.9655, 90.0, 0.8800, 0, 1, 20, 0)


def sheet(
    *rows: Row,
    title: str = "客户服务中心话务员月度绩效统计表（2026年1月）",
    names: Sequence[str] = NAMES,
    totals: Row | None = None,
) -> bytes:
    """An .xlsx with a title, a merged double header and a row of totals."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    page = book.add_worksheet("1月绩效")
    last = len(names) - 1
    page.merge_range(0, 0, 0, last, title)
    for column in range(min(3, len(names))):
        page.merge_range(1, column, 2, column, names[column])
    for first, end, group in GROUPS:
        if end <= last:
            page.merge_range(1, first, 1, end, group)
    for column, name in enumerate(names[3:], start=3):
        page.write(2, column, name)
    for number, row in enumerate(rows, start=3):
        page.write_row(number, 0, row)
    if totals is not None:
        page.write_row(3 + len(rows), 0, totals)
    notes = book.add_worksheet("备注")
    notes.write(0, 0, "填表说明")
    book.close()
    return made.getvalue()


def text_sheet(*rows: Row, separator: str = ",") -> str:
    """The same rows as text with one header."""
    lines = [NAMES, *rows]
    return "\r\n".join(separator.join(str(cell) for cell in line) for line in lines) + "\r\n"


def load_roster(path: Path) -> None:
    """The real roster, set-based and without checks: people, terms, teams. For tests of the sheets
    only; the true import is the room `people`'s."""
    with path.open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    units = _units(rows)
    people, employments, terms, positions = [], [], [], []
    for number, row in enumerate(rows, start=100_001):
        name = row["姓名"]
        since = date.fromisoformat(row["入职日期"])
        left = row["离职日期"]
        until = date.fromisoformat(left) + timedelta(days=1) if left else None
        keys = {"sort_key": name, "search_key": name, "initials": name[:1]}
        people.append(
            {"id": number, "name": name, **keys, "birth_calendar": "solar", "theme": "auto"}
        )
        employments.append({"id": number, "person_id": number, "staff_no": row["工号"]})
        dates = {"employment_id": number, "valid_from": since, "valid_to": until}
        terms.append(dates)
        unit = units[row["班组"] or row["站点"]]
        positions.append({**dates, "unit_id": unit, "title": row["岗位"]})
    for model, values in (
        (Person, people), (Employment, employments), (Term, terms), (Position, positions),
    ):  # fmt: skip
        session().execute(insert(model), values)


def _units(rows: list[dict[str, str]]) -> dict[str, int]:
    names = sorted({row["站点"] for row in rows} | {row["班组"] for row in rows if row["班组"]})
    units = {name: number for number, name in enumerate(names, start=100_001)}
    kinds = {row["站点"]: "site" for row in rows}
    session().execute(
        insert(Unit),
        [{"id": i, "kind": kinds.get(name, "team"), "name": name} for name, i in units.items()],
    )
    paths = [
        {"unit_id": i, "ancestor_id": i, "distance": 0, "valid_from": date(2000, 1, 1)}
        for i in units.values()
    ]
    above = {row["班组"]: row["站点"] for row in rows if row["班组"]}
    paths += [
        {"unit_id": units[team], "ancestor_id": units[site], "distance": 1,
         "valid_from": date(2000, 1, 1)}
        for team, site in above.items()
    ]  # fmt: skip
    session().execute(insert(UnitPath), paths)
    return units
