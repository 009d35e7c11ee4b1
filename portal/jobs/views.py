"""The administrator's page of jobs, and the commands."""

from __future__ import annotations

import logging
import os
import signal
import sys
from datetime import datetime

import click
from flask import abort, current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError

from portal.base import clock, words
from portal.base.access import Pages, me
from portal.base.db import transaction
from portal.base.errors import Refused
from portal.base.pages import Answer, done, page
from portal.base.room import Job
from portal.jobs import queries, rules
from portal.jobs.forms import RunForm
from portal.jobs.policy import may_run

PER_PAGE = 25
pages = Pages("jobs", __name__, url_prefix="/jobs", cli_group="jobs")


def schedule_of(job: Job) -> str:
    """When a job runs, in words."""
    if job.every is None:
        return str(_("每天 %(time)s", time=job.at))
    if job.every % 60 == 0:
        return str(ngettext("每 %(num)s 分钟", "每 %(num)s 分钟", job.every // 60))
    return str(ngettext("每 %(num)s 秒", "每 %(num)s 秒", job.every))


@pages.route("/", who=may_run)
def index() -> Answer:
    """All jobs: what they do, when, how the last run went."""
    now = clock.now()
    return page(
        "jobs/index.html",
        lines=queries.overview(now),
        schedule_of=schedule_of,
        beat=queries.last_beat(),
        silent=queries.scheduler_alive() is not None,
    )


@pages.route("/<name>", methods=["GET", "POST"], who=may_run)
def show(name: str) -> Answer:
    """One job: its runs, and a form to run it for a date by hand."""
    job = queries.job(name) or abort(404)
    form = RunForm()
    if form.accepted():
        run = rules.ask(me, name=name, **form.values())
        said = _("已交给调度程序，几秒后就能看到 %(day)s 的结果。", day=words.day(run.occurrence))
        return done(said, url_for("jobs.show", name=name), tone="sky")
    after = request.args.get("after", "")
    runs = queries.history(name, int(after) if after.isdigit() and len(after) < 19 else None)
    line = next(each for each in queries.overview(clock.now()) if each.job is job)
    more = len(runs) > PER_PAGE
    return page(
        "jobs/show.html",
        job=job,
        line=line,
        form=form,
        runs=runs[:PER_PAGE],
        next_url=url_for("jobs.show", name=name, after=runs[PER_PAGE - 1].id) if more else None,
        schedule=schedule_of(job),
        people=queries.names_of_askers(runs),
    )


# ---- commands -------------------------------------------------------------------------------


@pages.cli.command("schedule")
def schedule() -> None:
    """Run the scheduler until it is stopped (SIGTERM or Ctrl-C)."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, rules.stop)
    clockwork = rules.Clockwork(current_app._get_current_object(), _say)  # type: ignore[attr-defined]
    try:
        clockwork.serve()
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database cannot be used: {_first_line(error)}") from error
    sys.stdout.flush()
    sys.stderr.flush()
    # Work still in hand is abandoned: its transaction ends with the process, the claim with it.
    os._exit(0)


def _say(outcome: rules.Outcome) -> None:
    """One line a run; queues that found nothing to do are not worth one."""
    job = queries.job(outcome.name)
    if outcome.count or outcome.error or (job is not None and job.every is None):
        click.echo(f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S} {outcome}")


def _first_line(error: Exception) -> str:
    return (str(getattr(error, "orig", error)).strip().splitlines() or ["?"])[0]


@pages.cli.command("list")
def list_command() -> None:
    """Show all jobs: schedule, last and next run, count, error."""
    with transaction(read_only=True):
        lines = queries.overview(clock.now())
        alive = queries.scheduler_alive()
    click.echo(f"{'NAME':<28} {'SCHEDULE':<12} {'LAST RUN':<17} {'NEXT':<17} {'COUNT':>6}  STATE")
    for line in lines:
        at = line.job.at or f"every {line.job.every} s"
        click.echo(
            f"{line.job.name:<28} {at:<12} {_moment(line.last_at):<17} {_moment(line.next_at):<17} "
            f"{'-' if line.count is None else line.count:>6}  {line.trouble or line.state or '-'}"
        )
    if alive:
        click.echo(f"Warning: {alive}.", err=True)


def _moment(moment: datetime | None) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M}" if moment else "-"


@pages.cli.command("run")
@click.argument("name")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day to run it for; else today."
)
def run_command(name: str, day: datetime | None) -> None:
    """Run the job NAME now. What is done already is not done again."""
    try:
        outcome = rules.run(name, day.date() if day else clock.today())
    except Refused as refusal:
        known = ", ".join(job.name for job in queries.jobs())
        hint = f" ({known})" if refusal.status == 404 else ""
        raise click.ClickException(f"{refusal.message}{hint}") from refusal
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database cannot be used: {_first_line(error)}") from error
    click.echo(str(outcome))
    if outcome.error:
        sys.exit(1)
