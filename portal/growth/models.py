"""The growth file: monthly figures as they came in on sheets, and honours with their holders.

Positions and periods of service are facts of `people`; coins and suggestions come from the cards
of their rooms. What is kept here is what HR brings in: figures a month, and honours.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref

STILL_KNOWN = text("recorded_to IS NULL")
FIRST_OF_MONTH = "CAST(month AS VARCHAR(10)) LIKE '____-__-01'"


class SheetState(StrEnum):
    """checked: read and judged, nothing taken over. The original file is kept in every state."""

    CHECKED = "checked"
    APPLIED = "applied"
    UNDONE = "undone"
    DROPPED = "dropped"


class Severity(StrEnum):
    """stop: the sheet cannot be taken over. ask: only if HR says yes. note: good to know."""

    STOP = "stop"
    ASK = "ask"
    NOTE = "note"


class HonourKind(StrEnum):
    PERSONAL = "personal"
    COLLECTIVE = "collective"


class HonourLevel(StrEnum):
    """Who gave it, from the house upwards."""

    CENTRE = "centre"
    CITY = "city"
    GROUP = "group"
    PROVINCE = "province"
    NATION = "nation"


LEVELS: dict[str, Any] = {
    HonourLevel.CENTRE: _l("中心级"),
    HonourLevel.CITY: _l("市级"),
    HonourLevel.GROUP: _l("集团级"),
    HonourLevel.PROVINCE: _l("省级"),
    HonourLevel.NATION: _l("国家级"),
}
KINDS: dict[str, Any] = {
    HonourKind.PERSONAL: _l("个人荣誉"),
    HonourKind.COLLECTIVE: _l("集体荣誉"),
}
FIGURES: dict[str, Any] = {
    "calls": _l("接通量"),
    "talk_seconds": _l("平均通话时长"),
    "satisfaction_share": _l("满意度"),
    "quality_score": _l("质检分"),
    "first_resolution_share": _l("一次解决率"),
    "complaints": _l("投诉"),
    "praises": _l("客户表扬"),
    "attendance_days": _l("出勤天数"),
    "late_times": _l("迟到次数"),
}
"""The figures of a month in the order in which they are shown, with their names."""


class PerformanceSheet(Base):
    """A month's figures as a file brought them in, in one version; a re-issue is the next one."""

    __tablename__ = "performance_sheet"
    __table_args__ = (
        CheckConstraint("state IN ('checked', 'applied', 'undone', 'dropped')", name="state_known"),
        CheckConstraint(FIRST_OF_MONTH, name="month_begins"),
        CheckConstraint(
            "(version > 0) = (state IN ('applied', 'undone'))", name="version_when_applied"
        ),
        CheckConstraint(
            "(applied_at IS NULL) = (state IN ('checked', 'dropped'))", name="applied_has_time"
        ),
        CheckConstraint("(undone_at IS NULL) = (state <> 'undone')", name="undone_has_time"),
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
        Index(
            "uq_performance_sheet_applied_once",
            "sha256",
            unique=True,
            sqlite_where=text("state = 'applied'"),
            postgresql_where=text("state = 'applied'"),
        ),
        Index("ix_performance_sheet_imported_by", "imported_by_id", "id"),
        Index("ix_performance_sheet_month", "month", "version"),
    )

    id: Mapped[Id]
    month: Mapped[date]
    version: Mapped[int] = mapped_column(default=0)
    file_id: Mapped[int] = mapped_column(Ref, ForeignKey("stored_file.id"))
    file_name: Mapped[str] = mapped_column(String(150))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[SheetState] = mapped_column(String(10), default=SheetState.CHECKED)
    row_count: Mapped[int] = mapped_column(default=0)
    new_count: Mapped[int] = mapped_column(default=0)
    changed_count: Mapped[int] = mapped_column(default=0)
    stop_count: Mapped[int] = mapped_column(default=0)
    ask_count: Mapped[int] = mapped_column(default=0)
    note_count: Mapped[int] = mapped_column(default=0)
    imported_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))


class SheetFinding(Base):
    """What was found in one cell of a sheet: where, what it says, and why that is in doubt."""

    __tablename__ = "sheet_finding"
    __table_args__ = (
        CheckConstraint("severity IN ('stop', 'ask', 'note')", name="severity_known"),
        Index("ix_sheet_finding_sheet", "sheet_id", "id"),
    )

    id: Mapped[Id]
    sheet_id: Mapped[int] = mapped_column(Ref, ForeignKey("performance_sheet.id"))
    severity: Mapped[Severity] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(30))
    table_name: Mapped[str] = mapped_column(String(80), default="")
    row: Mapped[int | None]
    column_letters: Mapped[str] = mapped_column(String(3), default="")
    column_name: Mapped[str] = mapped_column(String(120), default="")
    value: Mapped[str] = mapped_column(String(200), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SheetMapping(Base):
    """Which column means what under one header, as HR once said; asked for no second time."""

    __tablename__ = "sheet_mapping"
    __table_args__ = (UniqueConstraint("signature"),)

    id: Mapped[Id]
    signature: Mapped[str] = mapped_column(String(64))
    columns: Mapped[dict[str, Any]]
    saved_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)


class MonthlyFigure(Base):
    """The figures of one employment for one month, as one version of a sheet said them.

    recorded_to: since when a later version says otherwise; empty for what the house knows now.
    talk_seconds: mean length of a call. Shares are from 0 to 1. Empty where the sheet was empty.
    """

    __tablename__ = "monthly_figure"
    __table_args__ = (
        CheckConstraint(FIRST_OF_MONTH, name="month_begins"),
        CheckConstraint("calls >= 0", name="calls_not_negative"),
        CheckConstraint("talk_seconds BETWEEN 0 AND 36000", name="talk_in_range"),
        CheckConstraint("satisfaction_share BETWEEN 0 AND 1", name="satisfaction_is_share"),
        CheckConstraint("quality_score BETWEEN 0 AND 100", name="quality_in_range"),
        CheckConstraint("first_resolution_share BETWEEN 0 AND 1", name="resolution_is_share"),
        CheckConstraint("complaints >= 0", name="complaints_not_negative"),
        CheckConstraint("praises >= 0", name="praises_not_negative"),
        CheckConstraint("attendance_days BETWEEN 0 AND 31", name="attendance_in_range"),
        CheckConstraint("late_times >= 0", name="late_not_negative"),
        CheckConstraint(
            "recorded_to IS NULL OR recorded_to >= recorded_from", name="recorded_forward"
        ),
        UniqueConstraint("sheet_id", "employment_id"),
        Index(
            "uq_monthly_figure_current",
            "employment_id",
            "month",
            unique=True,
            sqlite_where=STILL_KNOWN,
            postgresql_where=STILL_KNOWN,
        ),
        Index("ix_monthly_figure_history", "employment_id", "month", "recorded_from"),
    )

    id: Mapped[Id]
    sheet_id: Mapped[int] = mapped_column(Ref, ForeignKey("performance_sheet.id"))
    employment_id: Mapped[int] = mapped_column(Ref, ForeignKey("employment.id"))
    month: Mapped[date]
    calls: Mapped[int | None]
    talk_seconds: Mapped[int | None]
    satisfaction_share: Mapped[float | None]
    quality_score: Mapped[float | None]
    first_resolution_share: Mapped[float | None]
    complaints: Mapped[int | None]
    praises: Mapped[int | None]
    attendance_days: Mapped[float | None]
    late_times: Mapped[int | None]
    recorded_from: Mapped[datetime] = mapped_column(default=clock.now)
    recorded_to: Mapped[datetime | None]


class Honour(Base):
    """An honour given by somebody on a day, to people or to a unit as a whole.

    recorded_to: since when it is withdrawn as entered wrongly, with the reason; never deleted.
    """

    __tablename__ = "honour"
    __table_args__ = (
        CheckConstraint("kind IN ('personal', 'collective')", name="kind_known"),
        CheckConstraint(
            "level IN ('centre', 'city', 'group', 'province', 'nation')", name="level_known"
        ),
        CheckConstraint("kind = 'personal' OR unit_id IS NOT NULL", name="collective_has_unit"),
        CheckConstraint("length(name) BETWEEN 1 AND 120", name="name_length"),
        CheckConstraint(
            "(recorded_to IS NULL) = (withdrawn_because IS NULL)", name="withdrawn_with_reason"
        ),
        Index("ix_honour_awarded", "awarded_on", "id"),
        Index("ix_honour_unit", "unit_id", "awarded_on"),
    )

    id: Mapped[Id]
    kind: Mapped[HonourKind] = mapped_column(String(10))
    level: Mapped[HonourLevel] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    issuer: Mapped[str] = mapped_column(String(120))
    awarded_on: Mapped[date]
    document_no: Mapped[str | None] = mapped_column(String(80))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    recorded_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    recorded_from: Mapped[datetime] = mapped_column(default=clock.now)
    recorded_to: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    withdrawn_because: Mapped[str | None] = mapped_column(String(200))

    @property
    def is_withdrawn(self) -> bool:
        return self.recorded_to is not None


class HonourHolder(Base):
    """One employment that holds an honour, with the number on their certificate."""

    __tablename__ = "honour_holder"
    __table_args__ = (
        UniqueConstraint("honour_id", "employment_id"),
        Index("ix_honour_holder_employment", "employment_id"),
    )

    id: Mapped[Id]
    honour_id: Mapped[int] = mapped_column(Ref, ForeignKey("honour.id"))
    employment_id: Mapped[int] = mapped_column(Ref, ForeignKey("employment.id"))
    certificate_no: Mapped[str | None] = mapped_column(String(80))
