"""Reading jobs: what there is, what is due, how the last runs went, is a scheduler alive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.db import session
from portal.base.room import Job
from portal.jobs.models import JobRun, QueueJob, RunState, Scheduler
from portal.people.queries import names_of

SILENCE = timedelta(seconds=30)
"""A scheduler that has not been seen for so long is dead: what it had begun is taken over."""
ALARM = timedelta(minutes=5)
"""After so long without a scheduler the portal says that it is not ready."""


def jobs() -> Sequence[Job]:
    """The jobs of all rooms, in the order of the rooms."""
    found: Sequence[Job] = current_app.extensions["sunhome_jobs"]
    return found


def job(name: str) -> Job | None:
    """The job of this name."""
    return next((each for each in jobs() if each.name == name), None)


# ---- what is due ----------------------------------------------------------------------------


def time_of(job: Job) -> time:
    """The local time of day at which a daily job starts."""
    return time.fromisoformat(job.at or "00:00")


def last_occurrence(job: Job, now: datetime) -> date:
    """The latest day whose hour has come."""
    local = clock.local(now)
    return local.date() if local.time() >= time_of(job) else local.date() - timedelta(days=1)


def next_start(job: Job, now: datetime) -> datetime:
    """When the clock starts a daily job the next time."""
    day = last_occurrence(job, now) + timedelta(days=1)
    return datetime.combine(day, time_of(job), clock.HOME_ZONE)


def can_be_taken(now: datetime) -> ColumnElement[bool]:
    """Runs that wait for somebody to (re)take them: asked for, failed long enough ago, orphaned."""
    alive = select(Scheduler.id).where(
        Scheduler.id == JobRun.owner,
        Scheduler.seen_at > now - SILENCE,
        Scheduler.seen_at < now + SILENCE,  # the clock may have been moved back since
    )
    is_orphan = or_(
        JobRun.lease_until <= now, and_(JobRun.owner != "", ~alive.correlate(JobRun).exists())
    )
    return or_(
        JobRun.state == RunState.ASKED,
        and_(JobRun.state == RunState.FAILED, JobRun.retry_at <= now),
        and_(JobRun.state == RunState.RUNNING, is_orphan),
    )


def due(job: Job, now: datetime) -> list[tuple[date, int]]:
    """The (day, round) pairs of a daily job that are to be run now, oldest day first.

    The clock's own: every day from the first one known, at most `catch_up` days back. A job never
    seen before begins with the latest day whose hour has come.
    """
    latest = last_occurrence(job, now)
    earliest = latest - timedelta(days=job.catch_up)
    waiting = session().execute(
        select(JobRun.occurrence, JobRun.round).where(
            JobRun.name == job.name,
            JobRun.state != RunState.DONE,
            can_be_taken(now),
            or_(
                JobRun.occurrence >= earliest,
                JobRun.asked_at >= now - timedelta(days=job.catch_up),
            ),
        )
    )
    found = {(row.occurrence, row.round) for row in waiting}
    found |= {(day, 0) for day in _missed(job, earliest, latest)}
    return sorted(found)


def _missed(job: Job, earliest: date, latest: date) -> list[date]:
    first = session().scalar(
        select(func.min(JobRun.occurrence)).where(JobRun.name == job.name, JobRun.round == 0)
    )
    if first is None or first > latest:
        return [latest]
    known = set(
        session().scalars(
            select(JobRun.occurrence).where(
                JobRun.name == job.name, JobRun.round == 0, JobRun.occurrence >= earliest
            )
        )
    )
    start = max(first, earliest)
    days = [start + timedelta(days=number) for number in range((latest - start).days + 1)]
    return [day for day in days if day not in known]


def queue(name: str) -> QueueJob | None:
    """How a queue job is doing."""
    return session().get(QueueJob, name)


# ---- how it went ----------------------------------------------------------------------------


def history(name: str, after: int | None = None, limit: int = 25) -> list[JobRun]:
    """The runs of a job, newest first, keyset-paged: `limit` rows and one more."""
    statement = select(JobRun).where(JobRun.name == name).order_by(JobRun.id.desc())
    if after is not None:
        statement = statement.where(JobRun.id < after)
    return list(session().scalars(statement.limit(limit + 1)))


def names_of_askers(runs: Sequence[JobRun]) -> dict[int, str]:
    """The names of those who asked for these runs by hand."""
    return names_of(run.by_id for run in runs if run.by_id is not None)


def latest_round(name: str, day: date) -> JobRun | None:
    """The newest run of a job for a day."""
    return session().scalar(
        select(JobRun)
        .where(JobRun.name == name, JobRun.occurrence == day)
        .order_by(JobRun.round.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job with how it is doing. `trouble`: the error that stands at present."""

    job: Job
    last_at: datetime | None
    next_at: datetime | None
    count: int | None
    seconds: float | None
    state: str | None
    trouble: str

    @property
    def is_failing(self) -> bool:
        return bool(self.trouble)


def overview(now: datetime) -> list[JobLine]:
    """Every job with its last run: three queries, however many runs there were."""
    names = [each.name for each in jobs()]
    newest = (
        select(func.max(JobRun.id).label("id"))
        .where(JobRun.name.in_(names), JobRun.state != RunState.ASKED)
        .group_by(JobRun.name)
        .subquery()
    )
    last = {
        run.name: run
        for run in session().scalars(select(JobRun).join(newest, newest.c.id == JobRun.id))
    }
    troubles = failing_days(now)
    queues = {row.name: row for row in session().scalars(select(QueueJob))}
    return [
        _queue_line(each, queues.get(each.name))
        if each.every
        else _daily_line(each, last.get(each.name), troubles.get(each.name, ""), now)
        for each in jobs()
    ]


def _queue_line(job: Job, row: QueueJob | None) -> JobLine:
    if row is None:
        return JobLine(job, None, None, None, None, None, "")
    trouble = row.last_error if row.failures else ""
    seconds = row.milliseconds / 1000
    state = RunState.FAILED if row.failures else RunState.DONE
    return JobLine(job, row.last_run_at, None, row.last_count, seconds, state, trouble)


def _daily_line(job: Job, run: JobRun | None, trouble: str, now: datetime) -> JobLine:
    upcoming = next_start(job, now)
    if run is None:
        return JobLine(job, None, upcoming, None, None, None, trouble)
    at = run.ended_at or run.started_at
    return JobLine(job, at, upcoming, run.count, run.seconds, run.state, trouble)


def failing_days(now: datetime) -> dict[str, str]:
    """Daily jobs with a day of the last week that failed and was not done since: their error."""
    later = aliased(JobRun)
    mended = select(later.id).where(
        later.name == JobRun.name,
        later.occurrence == JobRun.occurrence,
        later.round > JobRun.round,
        later.state == RunState.DONE,
    )
    rows: Any = session().execute(
        select(JobRun.name, JobRun.error)
        .where(
            JobRun.state == RunState.FAILED,
            JobRun.occurrence >= clock.local(now).date() - timedelta(days=7),
            ~mended.exists(),
        )
        .order_by(JobRun.id)
    )
    return {name: error for name, error in rows.all()}  # noqa: C416


# ---- is it alive ----------------------------------------------------------------------------


def last_beat() -> Scheduler | None:
    """The scheduler seen last."""
    return session().scalar(select(Scheduler).order_by(Scheduler.seen_at.desc()).limit(1))


def scheduler_alive() -> str | None:
    """For /readyz: None, or what is wrong. A portal that never had a scheduler is just starting."""
    beat = last_beat()
    if beat is not None and beat.seen_at < clock.now() - ALARM:
        return f"no scheduler since {beat.seen_at:%Y-%m-%d %H:%M} UTC (last: {beat.host})"
    return None


def jobs_succeed() -> str | None:
    """For /readyz: None, or which jobs fail."""
    now = clock.now()
    wrong = set(failing_days(now))
    wrong |= set(session().scalars(select(QueueJob.name).where(QueueJob.failures >= 2)))
    known = {each.name for each in jobs()}
    return f"failing: {', '.join(sorted(wrong & known))}" if wrong & known else None
