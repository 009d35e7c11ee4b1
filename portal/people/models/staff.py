"""People, their employments and positions, and the tree of units.

A *person* is one human being, once. An *employment* is one period of service with its staff
number; its *term* says from when to when (two-dated), its *position* where and as what
(two-dated). Units form a tree whose shape is kept as paths with dates.

Ids of units, people and employments are never used again, even after an import was undone.
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.history import TwoDates, true_on


def sorted_text(length: int) -> String:
    """Text compared by code point on both databases, so that both sort and search alike."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class UnitKind(StrEnum):
    SITE = "site"
    DEPARTMENT = "department"
    TEAM = "team"


class ShiftKind(Base):
    """A shift that the house works: its name and its hours, over midnight where it ends earlier."""

    __tablename__ = "shift_kind"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 40", name="name_length"),
        UniqueConstraint("code"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(40))
    code: Mapped[str | None] = mapped_column(String(120))
    starts: Mapped[time]
    ends: Mapped[time]
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)


class Unit(Base):
    """A site, a department at a site, or a team."""

    __tablename__ = "unit"
    __table_args__ = (
        CheckConstraint("kind IN ('site', 'department', 'team')", name="kind_known"),
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
        UniqueConstraint("code"),
        Index("ix_unit_kind", "kind", "name"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    kind: Mapped[UnitKind] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(sorted_text(80), index=True)
    code: Mapped[str | None] = mapped_column(String(120))
    """What another system calls it, `system:key`; imports find it again by this."""
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)

    @property
    def place(self) -> tuple[int, ...]:
        """It and the units above it today, the nearest first."""
        current = object_session(self)
        if current is None:
            return ()
        above = select(UnitPath.ancestor_id).where(
            UnitPath.unit_id == self.id, true_on(UnitPath, clock.today())
        )
        return tuple(current.scalars(above.order_by(UnitPath.distance)))


class UnitPath(TwoDates, Base):
    """A unit lies under an ancestor for a time; distance 0 is itself, 1 its parent."""

    __tablename__ = "unit_path"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_forward"),
        CheckConstraint("distance >= 0", name="distance_not_negative"),
        CheckConstraint("(distance = 0) = (unit_id = ancestor_id)", name="self_is_zero"),
        Index("ix_unit_path_down", "ancestor_id", "unit_id"),
        Index("ix_unit_path_up", "unit_id", "distance"),
    )

    id: Mapped[Id]
    unit_id: Mapped[int] = mapped_column(Ref, ForeignKey("unit.id"))
    ancestor_id: Mapped[int] = mapped_column(Ref, ForeignKey("unit.id"))
    distance: Mapped[int]
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)


class Person(Base):
    """A human being who works or has worked here. Their working life hangs on the employments."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
        CheckConstraint("birth_calendar IN ('solar', 'lunar')", name="calendar_known"),
        Index("ix_person_sort", "sort_key", "id"),
        Index("ix_person_search_key", "search_key", "id"),
        Index("ix_person_initials", "initials", "id"),
        Index("ix_person_name", "name", "id"),
        UniqueConstraint("national_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sorted_text(80))
    sort_key: Mapped[str] = mapped_column(sorted_text(200))
    search_key: Mapped[str] = mapped_column(sorted_text(120))
    initials: Mapped[str] = mapped_column(sorted_text(40))
    gender: Mapped[str | None] = mapped_column(String(10))
    birth_date: Mapped[date | None]
    birth_calendar: Mapped[str] = mapped_column(String(5), default="solar")
    national_id: Mapped[str | None] = mapped_column(String(40))
    ethnicity: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(200))
    education: Mapped[str | None] = mapped_column(String(40))
    locale: Mapped[str | None] = mapped_column(String(2))
    theme: Mapped[str] = mapped_column(String(5), default="auto")
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    employments: Mapped[list[Employment]] = relationship(
        order_by="Employment.id", back_populates="person"
    )

    @property
    def place(self) -> tuple[int, ...]:
        """The units they are in today, the nearest first; of one who has left, the last ones."""
        today = clock.today()
        last = (
            select(Position.unit_id)
            .join(Employment, Employment.id == Position.employment_id)
            .where(
                Employment.person_id == self.id,
                Position.recorded_to.is_(None),
                Position.valid_from <= today,
            )
            .order_by(Position.valid_from.desc())
            .limit(1)
            .scalar_subquery()
        )
        return self._units(
            select(UnitPath.ancestor_id).where(UnitPath.unit_id == last, true_on(UnitPath, today))
        )

    def place_on(self, day: date) -> tuple[int, ...]:
        """The units they were in on `day`, the nearest first, as known now."""
        return self._units(
            select(UnitPath.ancestor_id)
            .join(Position, Position.unit_id == UnitPath.unit_id)
            .join(Employment, Employment.id == Position.employment_id)
            .where(Employment.person_id == self.id, true_on(Position, day), true_on(UnitPath, day))
        )

    def _units(self, statement: Select[int]) -> tuple[int, ...]:
        current = object_session(self)
        if current is None:
            return ()
        return tuple(current.scalars(statement.order_by(UnitPath.distance)))

    @property
    def in_service(self) -> bool:
        """Works here today."""
        current = object_session(self)
        if current is None:
            return False
        statement = (
            select(Term.id)
            .join(Employment, Employment.id == Term.employment_id)
            .where(Employment.person_id == self.id, true_on(Term, clock.today()))
            .limit(1)
        )
        return current.scalar(statement) is not None


class Employment(Base):
    """One period of working here, under one staff number. Coming back makes a second one."""

    __tablename__ = "employment"
    __table_args__ = (
        CheckConstraint("length(staff_no) BETWEEN 1 AND 30", name="staff_no_length"),
        UniqueConstraint("staff_no"),
        Index("ix_employment_person", "person_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    staff_no: Mapped[str] = mapped_column(sorted_text(30))
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)

    person: Mapped[Person] = relationship(back_populates="employments")


class Term(TwoDates, Base):
    """In service from valid_from to the day before valid_to, by one kind of contract."""

    __tablename__ = "term"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_forward"),
        Index("ix_term_employment", "employment_id", "valid_from"),
        Index("ix_term_from", "valid_from"),
    )

    id: Mapped[Id]
    employment_id: Mapped[int] = mapped_column(Ref, ForeignKey("employment.id"))
    contract: Mapped[str | None] = mapped_column(String(40))
    on_leave: Mapped[bool] = mapped_column(default=False)
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)


class Position(TwoDates, Base):
    """Where and as what somebody works for a time: unit, title, grade, shift, superior."""

    __tablename__ = "position"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_forward"),
        Index("ix_position_employment", "employment_id", "valid_from"),
        Index(
            "ix_position_unit",
            "unit_id",
            "employment_id",
            sqlite_where=text("recorded_to IS NULL"),
            postgresql_where=text("recorded_to IS NULL"),
        ),
        Index("ix_position_superior", "superior_id"),
    )

    id: Mapped[Id]
    employment_id: Mapped[int] = mapped_column(Ref, ForeignKey("employment.id"))
    unit_id: Mapped[int] = mapped_column(Ref, ForeignKey("unit.id"))
    title: Mapped[str] = mapped_column(String(80))
    grade: Mapped[str | None] = mapped_column(String(20))
    shift: Mapped[str | None] = mapped_column(String(40))
    superior_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("employment.id"))
    change: Mapped[str | None] = mapped_column(String(20))
    document_no: Mapped[str | None] = mapped_column(String(80))
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)
