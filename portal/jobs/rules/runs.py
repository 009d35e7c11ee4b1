"""Running jobs so that each is done once: claim, work and `done` in one transaction.

Not the claim makes it right but the end: the work commits together with an UPDATE that demands our
token, so whoever was killed, overtaken or asleep leaves nothing behind and the next one does it.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import Base, session, transaction
from portal.base.errors import Refused
from portal.base.room import Job
from portal.jobs import queries
from portal.jobs.models import JobRun, QueueJob, RunState

LEASE = timedelta(minutes=10)
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360))
QUIET = timedelta(minutes=1)
"""A queue job that found nothing to do notes so once a minute."""
LONGEST_BACK = timedelta(days=400)
log = logging.getLogger("sunhome.jobs")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of starting a job. `error` is empty when it went well."""

    name: str
    day: date
    count: int
    seconds: float
    error: str = ""

    def __str__(self) -> str:
        result = f"failed: {self.error}" if self.error else f"done count={self.count}"
        return f"{self.name} {self.day} {result} seconds={self.seconds:.3f}"


class _Overtaken(Exception):
    """Somebody else has taken this run over: what we did must not stand."""


Said = Callable[[Outcome], None]
Row = dict[str, Any]


def run_due(
    now: datetime | None = None,
    *,
    only: str | None = None,
    owner: str = "",
    said: Said | None = None,
) -> list[Outcome]:
    """Run all that is due at `now` (and not being done by somebody else), job by job.

    A job that fails is noted and stands in nobody's way. Answers what was done.
    """
    outcomes: list[Outcome] = []
    for job in queries.jobs():
        if only is not None and job.name != only:
            continue
        for outcome in _run_due_of(job, now or clock.now(), owner):
            outcomes.append(outcome)
            if said is not None:
                said(outcome)
    return outcomes


def _run_due_of(job: Job, now: datetime, owner: str) -> list[Outcome]:
    if job.every is not None:
        done = _run_queue(job, now)
        return [] if done is None else [done]
    with transaction(read_only=True):
        waiting = queries.due(job, now)
    found = (_run_once(job, day, round_, now, owner=owner) for day, round_ in waiting)
    return [outcome for outcome in found if outcome is not None]


def run(name: str, day: date) -> Outcome:
    """Run a job now, for a day, by hand. Raises Refused when it cannot be.

    A day that is done already gets another round: jobs are harmless to repeat.
    """
    job = known_job(name)
    if job.every is not None:
        return _run_queue(job, clock.now(), anyway=True) or Outcome(name, day, 0, 0.0)
    with transaction(read_only=True):
        round_ = _round_for(job, day)
    outcome = _run_once(job, day, round_, clock.now(), by_hand=True)
    if outcome is None:
        raise Refused(_("另一个进程正在运行这项任务。"), status=409)
    return outcome


def known_job(name: str) -> Job:
    """The job of this name. Raises Refused (404)."""
    job = queries.job(name)
    if job is None:
        raise Refused(_("没有叫“%(name)s”的任务。", name=name[:60]), status=404)
    return job


def ask(by: Viewer, *, name: str, day: date) -> JobRun:
    """Have the scheduler run a daily job for `day` as soon as it can. Raises Refused."""
    job = known_job(name)
    if job.every is not None:
        raise Refused(_("这项任务一直在运行，不需要手动启动。"), "day")
    asked = {"state": RunState.ASKED.value, "by_id": by.id, "asked_at": clock.now()}
    free = {"token": None, "lease_until": None, "retry_at": None}
    row_id = _take(job.name, day, _round_for(job, day), clock.now(), asked | free, by_hand=True)
    if row_id is None:
        raise Refused(_("这一天的任务正在运行，请稍后再看结果。"), "day", status=409)
    return session().get_one(JobRun, row_id, populate_existing=True)


def _round_for(job: Job, day: date) -> int:
    """Which round of that day a run by hand is. Raises Refused for a day that makes no sense."""
    today = clock.today()
    if day > today:
        raise Refused(_("这一天还没到。"), "day")
    if day < today - LONGEST_BACK:
        raise Refused(_("这一天太久以前了。"), "day")
    last = queries.latest_round(job.name, day)
    if last is None:
        return 0
    return last.round + 1 if last.state == RunState.DONE else last.round


# ---- one run --------------------------------------------------------------------------------


def _run_once(
    job: Job, day: date, round_: int, now: datetime, *, owner: str = "", by_hand: bool = False
) -> Outcome | None:
    """Claim one run and do it; None when it was somebody else's."""
    token, moment = secrets.token_hex(16), clock.now()
    claim = {
        "state": RunState.RUNNING.value,
        "token": token,
        "owner": owner,
        "lease_until": moment + LEASE,
        "started_at": moment,
        "ended_at": None,
        "retry_at": None,
    }
    with transaction():
        run_id = _take(job.name, day, round_, now, claim, by_hand=by_hand)
    if run_id is None:
        return None
    started = perf_counter()
    try:
        with transaction():
            count = job.run(day)
            _finish(run_id, token, count)
    except _Overtaken:
        log.warning("%s %s was overtaken: nothing of it was kept", job.name, day)
        return None
    except Exception as error:
        log.exception("%s %s failed", job.name, day)
        with transaction():
            _fail(run_id, token, error)
        return Outcome(job.name, day, 0, perf_counter() - started, _told(error))
    return Outcome(job.name, day, count, perf_counter() - started)


def _take(
    name: str, day: date, round_: int, now: datetime, values: Row, *, by_hand: bool
) -> int | None:
    """Make the row of this run ours, new or free to be taken; answers its id, or None."""
    attempt = 0 if values["state"] == RunState.ASKED else 1
    new = session().scalar(
        _insert(JobRun)
        .values(
            {"asked_at": clock.now(), "name": name, "occurrence": day, "round": round_}
            | {"attempts": attempt, "owner": "", "error": ""}
            | values
        )
        .on_conflict_do_nothing(index_elements=["name", "occurrence", "round"])
        .returning(JobRun.id)
    )
    if new is not None:
        return int(new)
    free = queries.can_be_taken(now)
    found: int | None = session().scalar(
        update(JobRun)
        .where(
            JobRun.name == name,
            JobRun.occurrence == day,
            JobRun.round == round_,
            or_(free, JobRun.state == RunState.FAILED) if by_hand else free,
        )
        .values({"attempts": JobRun.attempts + attempt} | values)
        .returning(JobRun.id)
        .execution_options(synchronize_session=False)
    )
    return found


def _insert(model: type[Base]) -> Any:
    """INSERT in the dialect of this database, for ON CONFLICT."""
    make = sqlite.insert if session().get_bind().dialect.name == "sqlite" else postgresql.insert
    return make(model)


def _finish(run_id: int, token: str, count: int) -> None:
    """Write `done` in the transaction of the work. Raises _Overtaken when the run is not ours."""
    ours = session().scalar(
        update(JobRun)
        .where(JobRun.id == run_id, JobRun.token == token)
        .values(
            state=RunState.DONE,
            count=count,
            ended_at=clock.now(),
            token=None,
            lease_until=None,
            error="",
        )
        .returning(JobRun.id)
        .execution_options(synchronize_session=False)
    )
    if ours is None:
        raise _Overtaken


def _fail(run_id: int, token: str, error: Exception) -> None:
    row = session().get(JobRun, run_id, populate_existing=True)
    if row is None or row.token != token:
        return
    pause = BACK_OFF[min(row.attempts, len(BACK_OFF)) - 1]
    row.state, row.token, row.lease_until = RunState.FAILED, None, None
    row.ended_at, row.retry_at, row.error = clock.now(), clock.now() + pause, _told(error)
    session().flush()


def _told(error: Exception) -> str:
    """The error in one line that both databases can keep."""
    lines = str(error).strip().splitlines() or [""]
    text = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", lines[0])
    return f"{type(error).__name__}: {text}"[:500]


# ---- queues ---------------------------------------------------------------------------------


def _run_queue(job: Job, now: datetime, *, anyway: bool = False) -> Outcome | None:
    """Empty a queue once; None while it pauses after failures. Its items are claimed one by one."""
    with transaction(read_only=True):
        row = queries.queue(job.name)
        failures = row.failures if row else 0
        last = row.last_run_at if row else None
    if failures and last is not None and not anyway:
        pause = timedelta(seconds=min(300, (job.every or 1) * 2 ** min(failures, 10)))
        if last <= now < last + pause:
            return None
    started = perf_counter()
    count, error = 0, ""
    try:
        count = job.run(clock.today())
    except Exception as raised:
        log.exception("%s failed", job.name)
        session().rollback()
        error = _told(raised)
    seconds = perf_counter() - started
    is_news = bool(count or error or failures or last is None)
    if is_news or (last is not None and not last <= now < last + QUIET):
        with transaction():
            _note_queue(job.name, now, count, seconds, error)
    return Outcome(job.name, clock.local(now).date(), count, seconds, error)


def _note_queue(name: str, now: datetime, count: int, seconds: float, error: str) -> None:
    row = session().get(QueueJob, name, populate_existing=True)
    if row is None:
        make = sqlite.insert if session().get_bind().dialect.name == "sqlite" else postgresql.insert
        session().execute(
            make(QueueJob)
            .values(name=name, last_run_at=now, last_error="")
            .on_conflict_do_nothing()
        )
        row = session().get_one(QueueJob, name)
    row.last_run_at = now
    row.milliseconds = round(seconds * 1000)
    if error:
        row.failures += 1
        row.failing_since = row.failing_since or now
        row.last_error = error
    else:
        row.failures, row.failing_since = 0, None
        row.last_count = count
        row.last_worked_at = now if count else row.last_worked_at
    session().flush()
