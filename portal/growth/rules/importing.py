"""Bringing a month's figures in: judged first, then taken over as a whole or not at all."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, exists, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from portal.base import clock, files
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.sheets import Limits, read
from portal.growth.models import (
    MonthlyFigure,
    PerformanceSheet,
    Severity,
    SheetFinding,
    SheetState,
)
from portal.growth.rules.checking import Check, check, chunks
from portal.growth.rules.columns import BY_KEY
from portal.growth.rules.reading import Finding

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 20_000
MOST_FINDINGS = 1000
"""Kept of one sheet, the gravest first; the counts tell of all."""


def judge(by: Viewer | None, content: bytes, name: str, *, month: date | None = None) -> Check:
    """Read and judge a sheet without keeping anything. Raises Refused for what is no sheet."""
    return check(by, read(content, name, limits=Limits(rows=MOST_ROWS)), month=month)


def bring(
    by: Viewer | None, *, content: bytes, name: str, month: date | None = None
) -> PerformanceSheet:
    """Keep a sheet with all that was found in it; no figure is taken over yet.

    A file that is already taken over comes back as the sheet it was. Raises Refused for what is no
    sheet, or names no month.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    known = session().scalar(
        select(PerformanceSheet).where(
            PerformanceSheet.sha256 == sha256,
            PerformanceSheet.state == SheetState.APPLIED.value,
        )
    )
    if known is not None:
        return known
    judged = judge(by, content, name, month=month)
    if judged.month is None:
        raise _without_month(judged)
    stored = files.keep(content, name, _media_type(name), person_id=by.id if by else None)
    sheet = PerformanceSheet(
        month=judged.month,
        file_id=stored.id,
        file_name=stored.name,
        sha256=sha256,
        imported_by_id=by.id if by else None,
    )
    session().add(sheet)
    session().flush()
    _note_findings(sheet, judged)
    return sheet


def _media_type(name: str) -> str:
    return XLSX if name.lower().endswith(".xlsx") else "text/csv"


def _without_month(judged: Check) -> Refused:
    code = next((f.code for f in judged.reading.findings if f.severity is Severity.STOP), "")
    if code == "no_header":
        return Refused(_("没有找到表头：请看看第一张表里有没有“工号”和各项指标的列名。"), "file")
    if code == "months_differ":
        return Refused(_("标题、文件名和填写的月份不一致，请核对后再传。"), "month")
    return Refused(_("看不出这是哪个月的表，请在这里写上月份，例如 2026-01。"), "month")


def _note_findings(sheet: PerformanceSheet, judged: Check) -> None:
    session().execute(delete(SheetFinding).where(SheetFinding.sheet_id == sheet.id))
    sheet.row_count = len(judged.reading.rows)
    sheet.new_count, sheet.changed_count = judged.new_count, len(judged.changed)
    sheet.stop_count = judged.count(Severity.STOP)
    sheet.ask_count = judged.count(Severity.ASK)
    sheet.note_count = judged.count(Severity.NOTE)
    order = list(Severity)
    found = sorted(judged.reading.findings, key=lambda finding: order.index(finding.severity))
    rows = [finding_row(sheet.id, finding) for finding in found[:MOST_FINDINGS]]
    if rows:
        session().execute(insert(SheetFinding), rows)
    session().flush()


def finding_row(sheet_id: int, finding: Finding) -> dict[str, Any]:
    """A finding as the columns of SheetFinding."""
    cell = finding.cell
    return {
        "sheet_id": sheet_id,
        "severity": finding.severity.value,
        "code": finding.code,
        "table_name": cell.place.sheet[:80] if cell else "",
        "row": cell.row if cell else None,
        "column_letters": cell.letters if cell else "",
        "column_name": finding.column[:120],
        "value": cell.text[:200] if cell else "",
        "facts": finding.facts,
    }


def judge_again(by: Viewer | None, sheet: PerformanceSheet) -> Check:
    """Judge a kept sheet by what the house knows now, and note what is found."""
    judged = judge_kept(by, sheet)
    _note_findings(sheet, judged)
    return judged


def judge_kept(by: Viewer | None, sheet: PerformanceSheet) -> Check:
    """Judge a kept sheet by what the house knows now; writes nothing."""
    stored = session().get_one(files.StoredFile, sheet.file_id)
    content = files.path_of(stored).read_bytes()
    return judge(by, content, sheet.file_name, month=sheet.month)


def take_over(by: Viewer | None, sheet: PerformanceSheet, *, accept: bool) -> PerformanceSheet:
    """Take the figures of a judged sheet over, all or none.

    accept: HR says yes to every reading that was asked about. Raises Refused when anything stands
    against it, when nothing would change, and (409) when the sheet was dealt with before.
    """
    claimed = session().execute(
        update(PerformanceSheet)
        .where(
            PerformanceSheet.id == sheet.id,
            PerformanceSheet.state == SheetState.CHECKED.value,
        )
        .values(state=SheetState.APPLIED.value, applied_at=clock.now(), version=1)
        .returning(PerformanceSheet.id)
    )  # fmt: skip
    if claimed.one_or_none() is None:
        raise Refused(_("这份表已经处理过了。"), status=409)
    session().refresh(sheet)
    judged = judge_kept(by, sheet)
    if judged.count(Severity.STOP) or not judged.known:
        raise Refused(_("还有要先改的地方，什么也没有导入。请改好原表再传一次。"))
    if judged.count(Severity.ASK) and not accept:
        raise Refused(_("有几处要你点头：请先看过，再勾选。"), "accept")
    if judged.changes_nothing:
        raise Refused(_("这份表和现在的数据完全一样，没有要导入的。"), status=409)
    _store(sheet, judged)
    return sheet


def _store(sheet: PerformanceSheet, judged: Check) -> None:
    moment = sheet.applied_at
    sheet.version = judged.version
    sheet.row_count = len(judged.known)
    sheet.new_count, sheet.changed_count = judged.new_count, len(judged.changed)
    old = [each.employment_id for each in judged.known if not each.is_new]
    for chunk in chunks(old):
        session().execute(
            update(MonthlyFigure)
            .where(
                MonthlyFigure.employment_id.in_(chunk),
                MonthlyFigure.month == sheet.month,
                MonthlyFigure.recorded_to.is_(None),
            )
            .values(recorded_to=moment)
        )
    empty = dict.fromkeys(BY_KEY)
    rows = [
        {
            "sheet_id": sheet.id,
            "employment_id": each.employment_id,
            "month": sheet.month,
            "recorded_from": moment,
            **empty,
            **each.row.figures,
        }
        for each in judged.known
    ]
    try:
        with session().begin_nested():
            session().execute(insert(MonthlyFigure), rows)
    except IntegrityError as error:
        raise Refused(_("同一个月的表刚刚被别人导入了，请重新打开看看。"), status=409) from error
    session().flush()


def undo(by: Viewer | None, sheet: PerformanceSheet) -> None:
    """Take a sheet's figures out again: the month is as it was before. The sheet stays in the log.

    Raises Refused when it is not in force, or a later version stands on it (409).
    """
    if sheet.state != SheetState.APPLIED:
        raise Refused(_("这份表现在没有生效，不用撤销。"), status=409)
    later = select(literal(1)).where(
        MonthlyFigure.sheet_id == sheet.id, MonthlyFigure.recorded_to.is_not(None)
    )
    if session().scalar(select(exists(later))):
        raise Refused(_("这个月后来又导入过新的一版，请先撤销那一版。"), status=409)
    gone = aliased(MonthlyFigure)
    theirs = select(gone.employment_id).where(gone.sheet_id == sheet.id)
    before = session().scalars(
        select(MonthlyFigure.id).where(
            MonthlyFigure.employment_id.in_(theirs),
            MonthlyFigure.month == sheet.month,
            MonthlyFigure.recorded_to == sheet.applied_at,
        )
    )
    reopened = list(before)
    session().execute(delete(MonthlyFigure).where(MonthlyFigure.sheet_id == sheet.id))
    for chunk in chunks(reopened):
        session().execute(
            update(MonthlyFigure).where(MonthlyFigure.id.in_(chunk)).values(recorded_to=None)
        )
    sheet.state, sheet.undone_at = SheetState.UNDONE, clock.now()
    sheet.undone_by_id = by.id if by else None
    session().flush()


def drop(sheet: PerformanceSheet) -> None:
    """Put a judged sheet aside for good. Raises Refused (409) once it was dealt with."""
    if sheet.state != SheetState.CHECKED:
        raise Refused(_("这份表已经处理过了。"), status=409)
    sheet.state = SheetState.DROPPED
    session().flush()
