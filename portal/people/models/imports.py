"""What an import leaves behind: the batch, what was found in the file, what it changed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.files import StoredFile


class BatchState(StrEnum):
    """mapping: waits for its columns. checked: rehearsed, waits for a yes. The -ing are at work."""

    MAPPING = "mapping"
    READING = "reading"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"


class Severity(StrEnum):
    """fatal: the row cannot be used. doubt: the cell is not taken over as it stands. change: what
    would be different afterwards. note: good to know."""

    FATAL = "fatal"
    DOUBT = "doubt"
    CHANGE = "change"
    NOTE = "note"


class ImportMapping(Base):
    """How the columns of one kind of file are read, remembered for files with the same header."""

    __tablename__ = "import_mapping"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
        UniqueConstraint("name"),
        UniqueConstraint("signature"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    signature: Mapped[str | None] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)


class ImportBatch(Base):
    """One file brought in, from the upload to the undoing.

    as_of: the day on which the file says how things are. counts: what is (or would be) done, by
    name. digests: the rows as they were written, so that undoing sees whether anything stands on
    them. fingerprint: the plan as rehearsed; another one is not carried out unseen.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        CheckConstraint(
            "state IN ('mapping', 'reading', 'checked', 'applying', 'applied', 'undoing',"
            " 'undone', 'failed')",
            name="state_known",
        ),
        CheckConstraint("done >= 0 AND done <= total", name="progress_in_range"),
        Index("ix_import_batch_state", "state", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    state: Mapped[BatchState] = mapped_column(String(12))
    file_id: Mapped[int | None] = mapped_column(Ref, ForeignKey(StoredFile.id))
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]]
    as_of: Mapped[date]
    leave_out: Mapped[bool] = mapped_column(default=False)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digests: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    checked_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))


class ImportFinding(Base):
    """Something seen while a file was rehearsed, with the address of its cell.

    text: the reason in both languages. before, after: for a change.
    """

    __tablename__ = "import_finding"
    __table_args__ = (
        CheckConstraint("severity IN ('fatal', 'doubt', 'change', 'note')", name="severity_known"),
        Index("ix_import_finding_batch", "batch_id", "severity", "code", "id"),
    )

    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(Ref, ForeignKey("import_batch.id"))
    severity: Mapped[Severity] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(40))
    sheet: Mapped[str] = mapped_column(String(80), default="")
    row: Mapped[int | None]
    letters: Mapped[str | None] = mapped_column(String(4))
    field: Mapped[str | None] = mapped_column(String(30))
    label: Mapped[str] = mapped_column(String(120), default="")
    value: Mapped[str | None] = mapped_column(Text)
    text: Mapped[dict[str, Any]]
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)


class ImportChange(Base):
    """A row that stood before an import and that it changed: the columns before and after.

    Rows that an import added carry its number themselves (`batch_id`) and are not listed here.
    """

    __tablename__ = "import_change"
    __table_args__ = (Index("ix_import_change_batch", "batch_id", "id"),)

    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(Ref, ForeignKey("import_batch.id"))
    table_name: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[int] = mapped_column(Ref)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
