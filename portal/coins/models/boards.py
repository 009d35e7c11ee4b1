"""Boards: who is on none, and the totals that are kept so that no board adds up on view."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.coins.models.kinds import Value


class OffBoards(Base):
    """Somebody who is on no board, from the moment they said so."""

    __tablename__ = "off_boards"

    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(default=clock.now)


class GroupTotal(Base):
    """What the people of a unit (of one shift, or of all) received in a month or a quarter.

    Kept once a night; all people count. `shift` is empty for the whole unit. `shown`: neither the
    group nor what others leave over of the whole is smaller than five.
    """

    __tablename__ = "group_total"
    __table_args__ = (
        CheckConstraint("heads > 0 AND people BETWEEN 0 AND heads", name="people_within_heads"),
    )

    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    unit_id: Mapped[int] = mapped_column(Ref, ForeignKey("unit.id"), primary_key=True)
    shift: Mapped[str] = mapped_column(String(40), primary_key=True, default="")
    heads: Mapped[int]
    people: Mapped[int]
    coins: Mapped[int] = mapped_column(BigInteger)
    shown: Mapped[bool]


class TeamTotal(Base):
    """A team's line of the boards: those of its people who are on boards, in a month or quarter.

    Kept once a night, and at once for the team of somebody who leaves the boards or comes back.
    `per_head`: hundredths of a coin. `shown` as in GroupTotal.
    """

    __tablename__ = "team_total"
    __table_args__ = (
        CheckConstraint("heads >= 0 AND people BETWEEN 0 AND heads", name="people_within_heads"),
        CheckConstraint("NOT shown OR heads >= 5", name="shown_from_five"),
        Index(
            "ix_team_total_board",
            "period",
            "per_head",
            "unit_id",
            sqlite_where=text("shown"),
            postgresql_where=text("shown"),
        ),
    )

    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    unit_id: Mapped[int] = mapped_column(Ref, ForeignKey("unit.id"), primary_key=True)
    heads: Mapped[int]
    people: Mapped[int]
    coins: Mapped[int] = mapped_column(BigInteger)
    per_head: Mapped[int] = mapped_column(BigInteger)
    shown: Mapped[bool]


class ValueTotal(Base):
    """How often a value was recognised in the whole house in a month or a quarter; kept nightly."""

    __tablename__ = "value_total"
    __table_args__ = (
        CheckConstraint(
            "value IN ('patience', 'care', 'teamwork', 'improvement', 'excellence', 'courage')",
            name="value_known",
        ),
        CheckConstraint("awards > 0", name="some"),
    )

    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    value: Mapped[Value] = mapped_column(String(12), primary_key=True)
    awards: Mapped[int]


class GoalKind(StrEnum):
    """What a team may wish for together: a closed list, and none of it a race."""

    EVERYBODY = "everybody"
    VALUES = "values"

    @property
    def label(self) -> str:
        """The goal in the reader's words."""
        return str(
            {
                "everybody": _("这个月，每个人都至少被感谢过一次"),
                "values": _("这个月，六种闪光点都被看见过"),
            }[self.value]
        )


class TeamGoal(Base):
    """What a team set itself for one month, chosen by its leader."""

    __tablename__ = "team_goal"
    __table_args__ = (
        UniqueConstraint("unit_id", "month"),
        CheckConstraint("kind IN ('everybody', 'values')", name="kind_known"),
        CheckConstraint("month LIKE '____-__'", name="month_form"),
    )

    id: Mapped[Id]
    unit_id: Mapped[int] = mapped_column(Ref, ForeignKey("unit.id"))
    month: Mapped[str] = mapped_column(String(7))
    kind: Mapped[GoalKind] = mapped_column(String(12))
    set_by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
