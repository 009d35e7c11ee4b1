"""What waits for a second pair of eyes: large awards, and taking an award back late."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import (
    CheckConstraint,
    Constraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, object_session, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.kept import keep_columns, keep_rows
from portal.coins.models.awards import Award, place_of
from portal.coins.models.kinds import Value
from portal.coins.models.ledger import Hold

LONGEST_ANSWER = 300


class RequestState(StrEnum):
    """Where a request stands: a closed list."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    RECALLED = "recalled"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        """The state in the reader's words."""
        return str(
            {
                "waiting": _("等复核"),
                "approved": _("已同意"),
                "refused": _("已退回"),
                "recalled": _("已收回"),
                "lapsed": _("已过期"),
            }[self.value]
        )


class Asked:
    """Mixin: somebody asked, somebody else decides, once. `version` grows with each change."""

    id: Mapped[Id]
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[RequestState] = mapped_column(String(8), default=RequestState.WAITING)
    version: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(LONGEST_ANSWER), default="")

    @declared_attr
    @classmethod
    def by_id(cls) -> Mapped[int]:
        """Who asked."""
        return mapped_column(Ref, ForeignKey("person.id"))

    @declared_attr
    @classmethod
    def decided_by_id(cls) -> Mapped[int | None]:
        """Who decided; None for what was recalled, or lapsed."""
        return mapped_column(Ref, ForeignKey("person.id"))

    @property
    def is_waiting(self) -> bool:
        return self.state == RequestState.WAITING


def _decided_once(*more: Constraint | Index) -> tuple[Constraint | Index, ...]:
    return (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("length(reason) BETWEEN 10 AND 300", name="reason_length"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_when_decided"),
        CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by_id IS NOT NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> by_id", name="decided_by_another"
        ),
        CheckConstraint("state <> 'refused' OR length(answer) > 0", name="refused_in_words"),
        *more,
    )


class AwardRequest(Asked, Base):
    """An award above what a leader gives alone: its coins are held until somebody else decides.

    What was asked is never changed: not the people, not the amount. `by_id` gives it.
    """

    __tablename__ = "award_request"
    __table_args__ = _decided_once(
        UniqueConstraint("hold_id"),
        UniqueConstraint("award_id"),
        CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'recalled', 'lapsed')", name="state_known"
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("head_count > 0", name="somebody"),
        CheckConstraint(
            "value IN ('patience', 'care', 'teamwork', 'improvement', 'excellence', 'courage')",
            name="value_known",
        ),
        CheckConstraint("(state = 'approved') = (award_id IS NOT NULL)", name="awarded_if_so"),
        Index("ix_award_request_asker", "by_id", "unit_id", "id"),
        Index(
            "ix_award_request_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    unit_id: Mapped[int] = mapped_column(Ref, ForeignKey("unit.id"))
    value: Mapped[Value] = mapped_column(String(12))
    amount: Mapped[int]
    head_count: Mapped[int]
    happened_on: Mapped[date]
    lapses_at: Mapped[datetime]
    hold_id: Mapped[int] = mapped_column(Ref, ForeignKey("hold.id"))
    award_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("award.id"))

    hold: Mapped[Hold] = relationship()

    @property
    def giver_id(self) -> int:
        return self.by_id

    @property
    def total(self) -> int:
        return self.amount * self.head_count

    @property
    def people(self) -> tuple[int, ...]:
        """Who is to receive it."""
        current = object_session(self)
        if current is None:
            return ()
        mine = AwardRequestPerson.request_id == self.id
        return tuple(current.scalars(select(AwardRequestPerson.person_id).where(mine)))

    @property
    def place(self) -> tuple[int, ...]:
        """The unit whose budget it comes from and those above it today, the nearest first."""
        return place_of(self, self.unit_id)


class AwardRequestPerson(Base):
    """Somebody who is to receive an award that waits."""

    __tablename__ = "award_request_person"
    __table_args__ = (Index("ix_award_request_person_person_id", "person_id"),)

    request_id: Mapped[int] = mapped_column(Ref, ForeignKey("award_request.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"), primary_key=True)


class WithdrawalRequest(Asked, Base):
    """Somebody asks that an award be taken back, with a reason; somebody else decides."""

    __tablename__ = "withdrawal_request"
    __table_args__ = _decided_once(
        CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'recalled')", name="state_known"
        ),
        Index("ix_withdrawal_request_award_id", "award_id", "id"),
        Index(
            "uq_withdrawal_request_waiting",
            "award_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    award_id: Mapped[int] = mapped_column(Ref, ForeignKey("award.id"))

    award: Mapped[Award] = relationship()

    @property
    def giver_id(self) -> int:
        return self.award.by_id

    @property
    def people(self) -> tuple[int, ...]:
        return self.award.people

    @property
    def place(self) -> tuple[int, ...]:
        return self.award.place


FIXED = ("by_id", "unit_id", "value", "amount", "head_count", "happened_on", "hold_id")
keep_columns("award_request", FIXED)
keep_rows("award_request_person", "(request_id, person_id) = (NEW.request_id, NEW.person_id)")
keep_columns("withdrawal_request", ("by_id", "award_id"))
