"""The queue of imports: rehearsing, applying and undoing, one batch at a time."""

from __future__ import annotations

from datetime import date

from flask_babel import force_locale, gettext

from portal.base import clock
from portal.base.db import session, transaction
from portal.base.errors import Refused
from portal.people.imports import batches
from portal.people.imports.findings import Findings
from portal.people.imports.mapping import parse
from portal.people.imports.reading import Line
from portal.people.models import BatchState, ImportBatch, Person


def run_imports(_today: date) -> int:
    """Do what waits: answers how many batches were worked on."""
    count = 0
    while (claimed := _claim()) is not None:
        batch_id, state = claimed
        with force_locale(_language(batch_id)):
            try:
                _do(batch_id, state)
            except Refused as refusal:
                _fail(batch_id, refusal.message)
            except Exception:
                _fail(batch_id, gettext("处理时出错了，什么也没有改动。请联系管理员。"))
                raise
        count += 1
    return count


def _claim() -> tuple[int, BatchState] | None:
    with transaction():
        return batches.claim()


def _language(batch_id: int) -> str:
    with transaction(read_only=True):
        batch = session().get_one(ImportBatch, batch_id)
        person = session().get(Person, batch.by_id) if batch.by_id else None
        return (person.locale if person else None) or "zh"


def _do(batch_id: int, state: BatchState) -> None:
    if state is BatchState.UNDOING:
        with transaction():
            batches.undo(session().get_one(ImportBatch, batch_id))
        return
    lines, findings = _lines(batch_id)
    if state is BatchState.APPLYING:
        with transaction():
            batches.apply(session().get_one(ImportBatch, batch_id), lines, findings)
        return
    with transaction(read_only=True):
        batch = session().get_one(ImportBatch, batch_id)
        work = batches.plan_of(batch, lines, findings)
    with transaction():
        batches.note_rehearsal(session().get_one(ImportBatch, batch_id), work)


def _lines(batch_id: int) -> tuple[list[Line], Findings]:
    with transaction(read_only=True):
        batch = session().get_one(ImportBatch, batch_id)
        mapping, book = parse(batch.mapping), batches.book_of(batch)

    def said(done: int, total: int) -> None:
        with transaction():
            row = session().get_one(ImportBatch, batch_id)
            row.done, row.total = done, total
            row.lease_until = clock.now() + batches.LEASE

    return batches.read_lines(book, mapping, said)


def _fail(batch_id: int, why: str) -> None:
    session().rollback()
    with transaction():
        batches.fail(session().get_one(ImportBatch, batch_id), why)
