"""Looks at sensitive parts of a person's file."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref


class Look(Base):
    """One person opened a part of another's file on a day; further opens that day count up."""

    __tablename__ = "look"
    __table_args__ = (
        CheckConstraint("viewer_id <> person_id", name="not_oneself"),
        CheckConstraint("times > 0", name="times_positive"),
        UniqueConstraint("person_id", "viewer_id", "part", "purpose", "day"),
        Index("ix_look_person_last", "person_id", "last_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    viewer_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    viewer_role: Mapped[str] = mapped_column(String(20))
    part: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(200), default="")
    day: Mapped[date]
    first_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_at: Mapped[datetime] = mapped_column(default=clock.now)
    times: Mapped[int] = mapped_column(default=1)
