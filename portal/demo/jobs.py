"""The run log of the past year: every morning's jobs, now and then one that needed two tries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from portal.base import clock
from portal.base.db import session
from portal.base.room import Job
from portal.demo.world import World
from portal.greetings.models import Greeting
from portal.jobs import queries
from portal.jobs.models import JobRun

GREETS = "greetings.birthdays"


def seed(world: World) -> None:
    """A run for each daily job and each of its days until now."""
    days = session().execute(
        select(Greeting.day, func.count().label("number")).group_by(Greeting.day)
    )
    greeted = Counter({row.day: row.number for row in days})
    now = clock.now()
    world.insert(
        JobRun,
        (
            row
            for number in range((world.today - world.start).days + 1)
            for job in queries.jobs()
            if job.at
            for row in _runs(world, job, world.start + timedelta(days=number), greeted, now)
        ),
    )


def _runs(
    world: World, job: Job, day: date, greeted: Counter[date], now: datetime
) -> Iterator[dict[str, Any]]:
    at = datetime.combine(day, queries.time_of(job), clock.HOME_ZONE)
    if at > now:
        return
    attempts = 2 if world.rng.random() < 0.01 else 1
    started = min(at + timedelta(milliseconds=world.rng.randrange(80, 900)), now)
    if attempts > 1:
        started = min(started + timedelta(minutes=1), now)
    count = greeted[day] if job.name == GREETS else world.rng.randrange(4)
    yield {
        "name": job.name,
        "occurrence": day,
        "round": 0,
        "state": "done",
        "owner": "",
        "attempts": attempts,
        "asked_at": min(at, now),
        "started_at": started,
        "ended_at": min(started + timedelta(milliseconds=120 + 9 * count), now),
        "count": count,
        "error": "",
    }
