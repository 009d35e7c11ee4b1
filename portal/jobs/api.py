"""Jobs for programs: what there is, how the runs went, start one."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from flask import Response, abort
from pydantic import BaseModel, Field

from portal.base import clock
from portal.base.access import me
from portal.base.api import Api, Body, KeysetQuery
from portal.base.room import Job
from portal.jobs import queries, rules
from portal.jobs.models import JobRun
from portal.jobs.policy import may_run

api = Api("jobs", __name__)


class JobPath(BaseModel):
    name: str = Field(max_length=60, description="Name of the job, as in the list")


class RunBody(Body):
    day: date | None = Field(None, description="The day to run it for; without it, today")


class JobModel(BaseModel):
    """A job and how it is doing."""

    name: str
    title: str
    at: str | None = Field(description="Local time of day of a daily job")
    every_seconds: int | None = Field(description="Interval of a job that empties a queue")
    last_run_at: datetime | None
    next_run_at: datetime | None
    count: int | None
    seconds: float | None
    state: str | None
    error: str


class JobList(BaseModel):
    scheduler_seen_at: datetime | None
    items: list[JobModel]


class RunModel(BaseModel):
    """One run of a job for a day."""

    id: int
    name: str
    day: date
    round: int
    state: str
    attempts: int
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    count: int | None
    error: str


class RunList(BaseModel):
    items: list[RunModel]
    next: str | None


def job_json(line: queries.JobLine) -> dict[str, Any]:
    return {
        "name": line.job.name,
        "title": str(line.job.title),
        "at": line.job.at,
        "every_seconds": line.job.every,
        "last_run_at": _moment(line.last_at),
        "next_run_at": _moment(line.next_at),
        "count": line.count,
        "seconds": line.seconds,
        "state": line.state,
        "error": line.trouble,
    }


def run_json(run: JobRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "day": run.occurrence.isoformat(),
        "round": run.round,
        "state": run.state,
        "attempts": run.attempts,
        "asked_at": _moment(run.asked_at),
        "started_at": _moment(run.started_at),
        "ended_at": _moment(run.ended_at),
        "count": run.count,
        "error": run.error,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _known(name: str) -> Job:
    return queries.job(name) or abort(404)


@api.get("/", who=may_run, scope="jobs:read", responses={"200": JobList})
def list_jobs() -> Any:
    """All jobs, each with its schedule, last and next run, count and error."""
    beat = queries.last_beat()
    return {
        "scheduler_seen_at": _moment(beat.seen_at) if beat else None,
        "items": [job_json(line) for line in queries.overview(clock.now())],
    }


@api.get("/<name>/runs", who=may_run, scope="jobs:read", responses={"200": RunList})
def list_runs(path: JobPath, query: KeysetQuery) -> Any:
    """The runs of a job, newest first."""
    job = _known(path.name)
    after = query.after or ""
    before = int(after) if after.isdigit() and len(after) < 19 else None
    runs = queries.history(job.name, before, query.limit)
    shown = runs[: query.limit]
    return {
        "items": [run_json(run) for run in shown],
        "next": str(shown[-1].id) if len(runs) > query.limit else None,
    }


@api.post("/<name>/runs", who=may_run, scope="jobs:write", keyed=True, responses={"202": RunModel})
def start_run(path: JobPath, body: RunBody) -> Any:
    """Have the scheduler run a job for a day. What is done already is not done again."""
    job = _known(path.name)
    run = rules.ask(me, name=job.name, day=body.day or clock.today())
    return Response(json.dumps(run_json(run)), status=202, mimetype="application/json")
