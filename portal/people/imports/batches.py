"""The verbs of an import: receive a file, choose its columns, rehearse, apply, undo."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from portal.base import clock, files, sheets
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.people import queries
from portal.people.imports import carry
from portal.people.imports.findings import Findings
from portal.people.imports.histories import HistoryPlan, ManagersPlan
from portal.people.imports.lists import ShiftsPlan, UnitsPlan
from portal.people.imports.mapping import Kind, Mapping, fitting, parse, remembered, signature
from portal.people.imports.people import PeoplePlan
from portal.people.imports.reading import Line, Reader, Sheet, sheet_of
from portal.people.imports.work import Work
from portal.people.models import BatchState, ImportBatch, ImportFinding, ImportMapping

PLANNERS: dict[Kind, Callable[[Work], Any]] = {
    Kind.PEOPLE: PeoplePlan,
    Kind.UNITS: UnitsPlan,
    Kind.UNIT_HISTORY: HistoryPlan,
    Kind.TITLE_HISTORY: HistoryPlan,
    Kind.MANAGERS: ManagersPlan,
    Kind.SHIFTS: ShiftsPlan,
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPERATORS = sheets.Limits(
    file_bytes=256 * 2**20, inflated_bytes=2**30, rows=1_000_000, cells=25_000_000, seconds=600
)
"""What the operator may bring in by command; the page keeps to smaller files."""
LEASE = timedelta(minutes=10)
PREVIEW = 3
STEP = 5000
AT_WORK = (BatchState.READING, BatchState.APPLYING, BatchState.UNDOING)


# ---- a plan from a file ---------------------------------------------------------------------


def read_lines(
    book: sheets.Book, mapping: Mapping, said: Callable[[int, int], None] | None = None
) -> tuple[list[Line], Findings]:
    """All rows of a file, and what is doubtful in them; asks nothing of the database.

    said: told (rows read, rows in all) now and then. Raises Refused.
    """
    sheet, findings = sheet_of(book, mapping), Findings()
    reader = Reader(sheet, mapping, findings).lines()
    lines: list[Line] = []
    while part := list(islice(reader, STEP)):
        lines += part
        if said is not None:
            said(len(lines), max(len(lines), len(sheet.table.rows)))
    if not lines:
        raise Refused(_("表头下面没有一行内容。"), "file")
    return lines, findings


def planned(
    lines: list[Line],
    findings: Findings,
    mapping: Mapping,
    as_of: date,
    *,
    scope: frozenset[int] | None = None,
    by_id: int | None = None,
) -> Work:
    """What bringing these rows in would do. Reads only. Raises Refused beyond the scope."""
    if scope is not None and mapping.kind is not Kind.PEOPLE:
        raise Refused(_("部门、班次和历年记录要由负责全中心的人力资源来导入。"))
    work = Work(mapping, as_of, scope, by_id, findings)
    PLANNERS[mapping.kind](work).make(lines)
    work.plan.counts["rows"] = len(lines)
    work.plan.counts["rows_left_out"] = len(findings.fatal_rows)
    return work


# ---- a batch, step by step ------------------------------------------------------------------


def scope_of(batch: ImportBatch) -> frozenset[int] | None:
    """The units that whoever brought the batch in may write to now. Raises Refused for nobody's."""
    if batch.by_id is None:
        return None
    viewer = queries.viewer_of_person(batch.by_id)
    units = viewer.units_as("hr") if viewer is not None else frozenset()
    return None if units is None else frozenset(queries.units_below(units, clock.today()))


def plan_of(batch: ImportBatch, lines: list[Line], findings: Findings) -> Work:
    """What a batch would do, within what its maker may do. Reads only. Raises Refused."""
    mapping, scope = parse(batch.mapping), scope_of(batch)
    return planned(lines, findings, mapping, batch.as_of, scope=scope, by_id=batch.by_id)


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file as it was understood: to be looked at before anything is read."""

    names: tuple[str, ...]
    rows: list[list[str]]
    encoding: str
    row_count: int


def receive(by: Viewer, *, content: bytes, name: str) -> ImportBatch:
    """Take a file in; its columns are chosen next. Raises Refused when it is no table."""
    book = sheets.read(content, name)
    guess = guessed(book)
    stored = files.keep(content, name, XLSX if name.lower().endswith(".xlsx") else "text/csv")
    batch = ImportBatch(
        state=BatchState.MAPPING,
        file_id=stored.id,
        file_name=stored.name[:200],
        sha256=stored.sha256,
        mapping=dict(guess.raw) if guess else {},
        as_of=clock.today(),
        by_id=by.id,
    )
    session().add(batch)
    session().flush()
    return batch


def guessed(book: sheets.Book) -> Mapping | None:
    """The mapping remembered for this header, else a shipped one that fits it."""
    sheet = sheet_of(book, None)
    found = remembered(sheet.names) or fitting(sheet.names)
    if found is None:
        return None
    found_here = sheet_of(book, found)
    return remembered(found_here.names) or found


def book_of(batch: ImportBatch) -> sheets.Book:
    """The batch's file, read again. Raises Refused."""
    stored = session().get(files.StoredFile, batch.file_id) if batch.file_id else None
    if stored is None:
        raise Refused(_("文件已经不在了，请重新上传。"))
    return sheets.read(files.path_of(stored), batch.file_name)


def preview(book: sheets.Book, mapping: Mapping | None) -> Preview:
    """The first rows of the sheet that would be read."""
    sheet = sheet_of(book, mapping)
    data = sheet.table.rows[sheet.header.data : sheet.header.data + PREVIEW]
    rows = [[cell.text[:80] for cell in row] for row in data]
    count = len(sheet.table.rows) - sheet.header.data
    return Preview(sheet.names, rows, book.encoding, count)


def choose(batch: ImportBatch, *, mapping: Mapping, as_of: date, by: Viewer) -> None:
    """Settle how the columns are read, remember it for this header, and ask for the rehearsal."""
    if batch.state not in {BatchState.MAPPING, BatchState.CHECKED, BatchState.FAILED}:
        raise Refused(_("这一批已经在处理了。"), status=409)
    sheet = sheet_of(book_of(batch), mapping)
    Reader(sheet, mapping, Findings())
    if mapping.has_header:
        remember(mapping, sheet, by.id)
    batch.mapping, batch.as_of, batch.error = dict(mapping.raw), as_of, None
    batch.state, batch.done, batch.total, batch.counts = BatchState.READING, 0, 0, {}


def remember(mapping: Mapping, sheet: Sheet, by_id: int | None) -> None:
    """Keep how a file with this header is read."""
    mark = signature(sheet.names)
    row = session().scalar(select(ImportMapping).where(ImportMapping.signature == mark))
    if row is None:
        name = f"{mapping.kind.value}-{mark[:8]}"
        row = ImportMapping(name=name, signature=mark, content={}, by_id=by_id)
        session().add(row)
    row.content = dict(mapping.raw) | {"name": row.name}
    row.saved_at, row.by_id = clock.now(), by_id


def confirm(batch: ImportBatch, *, leave_out: bool = False) -> None:
    """Ask for what was rehearsed to be done. Raises Refused."""
    if batch.state != BatchState.CHECKED:
        raise Refused(_("这一批还没有核对好，或者已经处理过了。"), status=409)
    if batch.counts.get("rows_left_out") and not leave_out:
        raise Refused(
            _("有些行现在还不能用。请改好文件重新上传，或勾选“跳过这些行”。"), "leave_out"
        )
    if batch.counts.get("rows_left_out") == batch.counts.get("rows"):
        raise Refused(_("没有一行可以导入。请改好文件重新上传。"))
    batch.leave_out = leave_out
    batch.state = BatchState.APPLYING


def ask_undo(batch: ImportBatch, *, by: Viewer) -> None:
    """Ask for a batch to be taken back. Raises Refused."""
    if batch.state != BatchState.APPLIED:
        raise Refused(_("这一批没有生效，或者已经撤销了。"), status=409)
    batch.state, batch.error, batch.undone_by_id = BatchState.UNDOING, None, by.id


def discard(batch: ImportBatch) -> None:
    """Forget a batch that was never applied. Raises Refused."""
    if batch.state not in {BatchState.MAPPING, BatchState.CHECKED, BatchState.FAILED}:
        raise Refused(_("这一批正在处理，或者已经生效。"), status=409)
    session().execute(delete(ImportFinding).where(ImportFinding.batch_id == batch.id))
    session().delete(batch)
    session().flush()


# ---- what the queue does --------------------------------------------------------------------


def claim() -> tuple[int, BatchState] | None:
    """Take the oldest batch that waits for work; nobody else takes it while the lease runs."""
    now = clock.now()
    free = ImportBatch.lease_until.is_(None) | (ImportBatch.lease_until < now)
    wanted = (
        select(ImportBatch.id)
        .where(ImportBatch.state.in_(AT_WORK), free)
        .order_by(ImportBatch.id)
        .limit(1)
        .scalar_subquery()
    )
    row = session().execute(
        update(ImportBatch)
        .where(ImportBatch.id == wanted, free)
        .values(lease_until=now + LEASE)
        .returning(ImportBatch.id, ImportBatch.state)
        .execution_options(synchronize_session=False)
    )
    found = row.one_or_none()
    return None if found is None else (found.id, BatchState(found.state))


def note_rehearsal(batch: ImportBatch, work: Work) -> None:
    """Keep what a rehearsal found."""
    session().execute(delete(ImportFinding).where(ImportFinding.batch_id == batch.id))
    work.findings.store(batch.id)
    batch.counts = dict(work.plan.counts) | dict(work.findings.counts())
    batch.fingerprint = work.plan.fingerprint()
    batch.total = batch.done = work.plan.counts["rows"]
    batch.state, batch.checked_at = BatchState.CHECKED, clock.now()
    batch.error, batch.lease_until = None, None


def apply(batch: ImportBatch, lines: list[Line], findings: Findings) -> None:
    """Carry a confirmed batch out. Where people were changed since the rehearsal so that the plan
    is another, nothing is written: the new rehearsal waits for another yes.
    """
    carry.alone()
    work = plan_of(batch, lines, findings)
    if work.plan.fingerprint() != batch.fingerprint:
        note_rehearsal(batch, work)
        batch.error = _("核对之后资料又有变动，请再看一遍下面的结果。")
        return
    carry.carry_out(work.plan, batch)
    batch.state, batch.applied_at, batch.lease_until = BatchState.APPLIED, clock.now(), None


def undo(batch: ImportBatch) -> None:
    """Take an applied batch back. Raises Refused when something stands on it."""
    carry.alone()
    carry.take_back(batch)
    batch.state, batch.undone_at, batch.lease_until = BatchState.UNDONE, clock.now(), None


def fail(batch: ImportBatch, why: str) -> None:
    """Something could not be done: say why; an undo that was refused leaves the batch applied."""
    was_undoing = batch.state == BatchState.UNDOING
    batch.state = BatchState.APPLIED if was_undoing else BatchState.FAILED
    batch.error, batch.lease_until = why, None


# ---- all at once, for the command -----------------------------------------------------------


def rehearsed(content: bytes, name: str, mapping: Mapping, *, as_of: date) -> Work:
    """What bringing this file in would do. Reads only. Raises Refused."""
    lines, findings = read_lines(sheets.read(content, name, limits=OPERATORS), mapping)
    return planned(lines, findings, mapping, as_of)


def import_now(
    content: bytes, name: str, mapping: Mapping, *, as_of: date, leave_out: bool = False
) -> tuple[ImportBatch, Work]:
    """Rehearse and apply in this transaction; with fatal findings (and not `leave_out`) the batch
    stays as checked. Raises Refused.
    """
    carry.alone()
    work = rehearsed(content, name, mapping, as_of=as_of)
    batch = ImportBatch(
        state=BatchState.READING,
        file_name=name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        mapping=dict(mapping.raw),
        as_of=as_of,
        leave_out=leave_out,
    )
    session().add(batch)
    session().flush()
    note_rehearsal(batch, work)
    if work.findings.fatal_rows and not leave_out:
        return batch, work
    carry.carry_out(work.plan, batch)
    batch.state, batch.applied_at = BatchState.APPLIED, clock.now()
    return batch, work
