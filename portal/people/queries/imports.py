"""Reading imports: the batches, and what was found in each."""

from __future__ import annotations

from sqlalchemy import case, func, select

from portal.base.access import Viewer
from portal.base.db import session
from portal.people.models import ImportBatch, ImportFinding, Severity

ORDER = {severity.value: place for place, severity in enumerate(Severity)}


def batches_of(viewer: Viewer, *, before: int | None, limit: int) -> list[ImportBatch]:
    """The batches this viewer may see, the newest first: `limit` and one more."""
    statement = select(ImportBatch).order_by(ImportBatch.id.desc()).limit(limit + 1)
    if viewer.units_as("hr") is not None:
        statement = statement.where(ImportBatch.by_id == viewer.id)
    if before:
        statement = statement.where(ImportBatch.id < before)
    return list(session().scalars(statement))


def finding_kinds(batch_id: int) -> list[tuple[str, str, int]]:
    """How many findings of which kind, the gravest first: (severity, reason, how many)."""
    rows = session().execute(
        select(ImportFinding.severity, ImportFinding.code, func.count())
        .where(ImportFinding.batch_id == batch_id)
        .group_by(ImportFinding.severity, ImportFinding.code)
        .order_by(case(ORDER, value=ImportFinding.severity), ImportFinding.code)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def findings(
    batch_id: int, severity: str, code: str, *, after: int, limit: int
) -> list[ImportFinding]:
    """The findings of one kind in the order of the file: `limit` and one more."""
    return list(
        session().scalars(
            select(ImportFinding)
            .where(
                ImportFinding.batch_id == batch_id,
                ImportFinding.severity == severity,
                ImportFinding.code == code,
                ImportFinding.id > after,
            )
            .order_by(ImportFinding.id)
            .limit(limit + 1)
        )
    )
