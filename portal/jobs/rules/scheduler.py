"""The scheduler process: a clock that starts jobs. What is due is decided by rows, not by it.

APScheduler computes when; it keeps nothing. Any number of these processes may run at once.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError

from portal.base import clock
from portal.base.db import transaction
from portal.base.room import Job
from portal.jobs import queries
from portal.jobs.models import Scheduler
from portal.jobs.rules.runs import Outcome, run_due

BEAT_SECONDS = 5
LOOK_SECONDS = 5
PATIENCE_SECONDS = 0.7
"""How long a stop waits for work in hand. What is not done by then is rolled back and redone."""
LEAP_SECONDS = 5
FORGOTTEN = timedelta(days=1)
log = logging.getLogger("sunhome.jobs")
_stop = threading.Event()


def is_stopping() -> bool:
    """This process is asked to end: long loops stop at the next item."""
    return _stop.is_set()


def stop(*_signal: Any) -> None:
    """Ask the scheduler of this process to end."""
    _stop.set()


def beat(identity: str) -> None:
    """Write down that this scheduler is alive, and forget those that are long gone."""
    now = clock.now()
    with transaction() as current:
        seen = current.scalar(
            update(Scheduler)
            .where(Scheduler.id == identity)
            .values(seen_at=now)
            .returning(Scheduler.id)
            .execution_options(synchronize_session=False)
        )
        if seen is None:
            current.execute(delete(Scheduler).where(Scheduler.seen_at < now - FORGOTTEN))
            current.add(
                Scheduler(
                    id=identity,
                    host=socket.gethostname()[:100],
                    pid=os.getpid(),
                    started_at=now,
                    seen_at=now,
                )
            )


def leave(identity: str) -> None:
    """This scheduler ends: what it had begun may be taken over at once.

    The row stays, as last seen long enough ago to be dead but not long enough to raise the alarm.
    """
    with transaction() as current:
        current.execute(
            update(Scheduler)
            .where(Scheduler.id == identity)
            .values(seen_at=clock.now() - queries.SILENCE)
            .execution_options(synchronize_session=False)
        )


class Clockwork:
    """Starts each job in a thread of its own when its time comes, until told to stop."""

    def __init__(self, app: Flask, said: Callable[[Outcome], None]) -> None:
        self.app, self.said = app, said
        self.identity = secrets.token_hex(8)
        jobs: tuple[Job, ...] = app.extensions["sunhome_jobs"]
        self.jobs = jobs
        self.at_work: set[str] = set()
        self.clock = BackgroundScheduler(
            timezone=clock.HOME_ZONE,
            executors={"default": ThreadPoolExecutor(max(1, len(jobs)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for job in jobs:
            self.clock.add_job(self._work, _trigger(job), args=[job.name], id=job.name)

    def serve(self) -> None:
        """Run until `stop` is called, then end within a second. Raises when it cannot begin."""
        with self.app.app_context():
            beat(self.identity)
        self.clock.start()
        next_beat = next_look = time.monotonic()
        leap = _LeapWatch()
        while not _stop.wait(0.5):
            if leap.seen():
                self._wake(job.name for job in self.jobs)
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + BEAT_SECONDS
                self._safely(lambda: beat(self.identity))
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + LOOK_SECONDS
                self._safely(self._look)
        self._end()

    def _look(self) -> None:
        """Start daily jobs that wait: missed, asked for by hand, failed, or orphaned."""
        now = clock.now()
        with transaction(read_only=True):
            waiting = [job.name for job in self.jobs if job.at and queries.due(job, now)]
        self._wake(waiting)

    def _wake(self, names: Any) -> None:
        for name in names:
            if name not in self.at_work:
                self.clock.modify_job(name, next_run_time=clock.now())

    def _work(self, name: str) -> None:
        if _stop.is_set():
            return
        self.at_work.add(name)
        try:
            with self.app.app_context():
                run_due(only=name, owner=self.identity, said=self.said)
        except SQLAlchemyError as error:  # the database is away: the next round tries again
            log.error("%s could not start: %s", name, error)
        finally:
            self.at_work.discard(name)

    def _safely(self, act: Callable[[], None]) -> None:
        try:
            with self.app.app_context():
                act()
        except SQLAlchemyError as error:
            log.error("the database does not answer: %s", error)

    def _end(self) -> None:
        self.clock.shutdown(wait=False)
        latest = time.monotonic() + PATIENCE_SECONDS
        while self.at_work and time.monotonic() < latest:
            time.sleep(0.02)
        if not self.at_work or not self.app.config["SUNHOME"].is_sqlite:
            self._safely(lambda: leave(self.identity))


class _LeapWatch:
    """Sees that the wall clock was moved: who waits for an hour that is gone must look again."""

    def __init__(self) -> None:
        self.offset = self._measure()

    @staticmethod
    def _measure() -> float:
        return clock.now().timestamp() - time.monotonic()

    def seen(self) -> bool:
        before, self.offset = self.offset, self._measure()
        return abs(self.offset - before) > LEAP_SECONDS


def _trigger(job: Job) -> Any:
    if job.every is not None:
        return IntervalTrigger(seconds=job.every, timezone=clock.HOME_ZONE)
    at = queries.time_of(job)
    return CronTrigger(hour=at.hour, minute=at.minute, timezone=clock.HOME_ZONE)
