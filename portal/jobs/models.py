"""What jobs have run and are to run, and which schedulers are alive."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref


class RunState(StrEnum):
    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobRun(Base):
    """One job for one day, claimed by this row before anything is done, so that it is done once.

    round 0 is the clock's; what somebody asks for by hand afterwards counts on from there. The
    work and its `done` are one transaction: a row that is not done has left nothing behind.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("name", "occurrence", "round"),
        CheckConstraint("state IN ('asked', 'running', 'done', 'failed')", name="state_known"),
        CheckConstraint("(state = 'running') = (token IS NOT NULL)", name="running_has_token"),
        CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name="running_has_lease"
        ),
        CheckConstraint("(state = 'done') = (count IS NOT NULL)", name="done_has_count"),
        CheckConstraint("count >= 0", name="count_not_negative"),
        CheckConstraint("round >= 0", name="round_not_negative"),
        Index("ix_job_run_state", "state", "name"),
        Index("ix_job_run_recent", "name", "id"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60))
    occurrence: Mapped[date]
    round: Mapped[int] = mapped_column(default=0)
    state: Mapped[RunState] = mapped_column(String(10))
    token: Mapped[str | None] = mapped_column(String(40))
    owner: Mapped[str] = mapped_column(String(40), default="")
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    count: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(500), default="")
    by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))

    @property
    def seconds(self) -> float | None:
        """How long the last attempt took."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


class QueueJob(Base):
    """How a job that empties a queue is doing: its last round, and since when it fails."""

    __tablename__ = "queue_job"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures_not_negative"),)

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last_run_at: Mapped[datetime]
    last_count: Mapped[int] = mapped_column(default=0)
    last_worked_at: Mapped[datetime | None]
    milliseconds: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(500), default="")


class Scheduler(Base):
    """A scheduler process and when it was last alive."""

    __tablename__ = "scheduler"
    __table_args__ = (Index("ix_scheduler_seen", "seen_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    host: Mapped[str] = mapped_column(String(100))
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
