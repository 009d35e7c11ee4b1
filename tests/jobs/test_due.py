"""What is due: each day once, missed days in order, failed ones again, dead owners' taken over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.base import clock
from portal.jobs import queries, rules
from portal.jobs.models import JobRun, QueueJob, Scheduler


@pytest.fixture
def run_due(app: Any) -> Any:
    """One look of the scheduler; answers what was run."""

    def look(owner: str = "") -> list[Any]:
        with app.app_context():
            return rules.run_due(owner=owner)

    return look


def test_once_a_day_from_its_hour_on(with_jobs, book, run_due, at) -> None:
    with_jobs(book.job())
    at("2026-03-01 07:59")
    assert [outcome.day for outcome in run_due()] == [date(2026, 2, 28)], "the first look ever"
    assert run_due() == []
    at("2026-03-01 08:00")
    assert [outcome.count for outcome in run_due()] == [3]
    assert run_due() == []
    at("2026-03-01 23:59")
    assert run_due() == []
    assert book.days == [date(2026, 2, 28), date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("since", "until", "missed"),
    [
        ("2026-03-01 08:00", "2026-03-02 09:30", 1),  # off at its hour
        ("2026-03-01 08:00", "2026-03-04 12:00", 3),  # off for three days
        ("2025-12-30 08:00", "2026-01-02 08:00", 3),  # off over new year
        ("2026-03-01 08:00", "2026-04-01 08:00", 8),  # off for a month: the last week and today
    ],
)
def test_missed_days_are_caught_up_in_order(
    *, with_jobs, book, run_due, at, since, until, missed
) -> None:
    with_jobs(book.job())
    at(since)
    run_due()
    book.days.clear()
    at(until)
    run_due()
    last = date.fromisoformat(until[:10])
    assert book.days == [last - timedelta(days=back) for back in range(missed - 1, -1, -1)]
    assert run_due() == []


def test_a_failure_is_kept_and_tried_again_later(with_jobs, book, run_due, at, db) -> None:
    other = type(book)()
    with_jobs(book.job(), other.job("tests.other"))
    at("2026-03-01 08:00")
    book.error = OSError("disk full\nsecond line")
    assert [bool(outcome.error) for outcome in run_due()] == [True, False], "blocks no other"
    run = db.rows(select(JobRun.state, JobRun.error).where(JobRun.name == "tests.book"))
    assert [tuple(row) for row in run] == [("failed", "OSError: disk full")]
    assert run_due() == []
    at("2026-03-01 08:02")
    assert len(run_due()) == 1
    at("2026-03-01 08:05")
    assert run_due() == [], "waits longer each time"
    book.error = None
    at("2026-03-01 08:10")
    assert [outcome.error for outcome in run_due()] == [""]
    assert db.scalar(select(JobRun.attempts).where(JobRun.name == "tests.book")) == 3
    assert book.days == [date(2026, 3, 1)] * 3


def test_a_failing_day_does_not_hold_up_the_next(with_jobs, book, run_due, at) -> None:
    with_jobs(book.job())
    at("2026-03-01 08:00")
    book.error = ValueError("no")
    run_due()
    at("2026-03-02 08:00")
    assert [outcome.day for outcome in run_due()] == [date(2026, 3, 1), date(2026, 3, 2)]


def begin_and_die(db: Any, at: Any, owner: str = "") -> None:
    """A run that was claimed and never ended."""
    now = clock.now()
    with db() as session:
        session.add(
            JobRun(
                name="tests.book", occurrence=date(2026, 3, 1), state="running", token="x",
                owner=owner, lease_until=now + timedelta(minutes=10), attempts=1, started_at=now,
            )
        )  # fmt: skip


def test_an_unknown_owner_has_until_the_lease_ends(with_jobs, book, run_due, at, db) -> None:
    with_jobs(book.job())
    at("2026-03-01 08:00")
    begin_and_die(db, at)
    at("2026-03-01 08:09")
    assert run_due() == []
    at("2026-03-01 08:10")
    assert len(run_due()) == 1


def test_a_dead_scheduler_is_replaced_within_thirty_seconds(
    *, with_jobs, book, run_due, at, db, app
) -> None:
    with_jobs(book.job())
    at("2026-03-01 08:00:00")
    with app.app_context():
        rules.beat("first")
    begin_and_die(db, at, owner="first")
    at("2026-03-01 08:00:29")
    assert run_due("second") == []
    at("2026-03-01 08:00:30")
    assert len(run_due("second")) == 1


def test_a_scheduler_that_left_is_replaced_at_once(
    *, with_jobs, book, run_due, at, db, app
) -> None:
    with_jobs(book.job())
    at("2026-03-01 08:00:00")
    with app.app_context():
        rules.beat("first")
        begin_and_die(db, at, owner="first")
        rules.leave("first")
    assert len(run_due("second")) == 1


def test_the_clock_may_be_moved_back(*, with_jobs, book, run_due, at, app, db) -> None:
    with_jobs(book.job())
    at("2026-06-01 08:00")
    run_due()
    with app.app_context():
        rules.beat("first")
    at("2026-03-01 08:00")
    assert [outcome.day for outcome in run_due()] == [date(2026, 3, 1)]
    assert run_due() == []
    begin_and_die_again = date(2026, 3, 1)
    assert book.days.count(begin_and_die_again) == 1


def test_whoever_was_overtaken_leaves_nothing_behind(app, with_jobs, at, db) -> None:
    """The work of a run whose token is no longer ours is rolled back."""
    from sqlalchemy import update

    from portal.base.db import session
    from portal.base.room import Job

    def work(_day: date) -> int:
        session().add(
            Scheduler(id="trace", host="x", pid=1, started_at=clock.now(), seen_at=clock.now())
        )
        session().execute(update(JobRun).values(token="another"))
        return 1

    with_jobs(Job("tests.slow", "慢", work, at="08:00"))
    at("2026-03-01 08:00")
    with app.app_context():
        assert rules.run_due() == []
    assert db.scalar(select(Scheduler.id)) is None
    assert db.scalar(select(JobRun.state)) == "running"


def test_a_queue_runs_at_every_look_and_pauses_after_failures(
    *, with_jobs, book, run_due, at, db, app
) -> None:
    with_jobs(book.job(at=None, every=5))
    at("2026-03-01 08:00:00")
    run_due()
    at("2026-03-01 08:00:05")
    run_due()
    assert len(book.days) == 2
    book.error = OSError("gone")
    at("2026-03-01 08:00:10")
    assert run_due()[0].error
    at("2026-03-01 08:00:15")
    assert run_due() == []
    at("2026-03-01 08:00:20")
    assert run_due()[0].error
    assert db.scalar(select(QueueJob.failures)) == 2
    with app.app_context():
        assert queries.jobs_succeed() == "failing: tests.book"
    book.error = None
    at("2026-03-01 08:02:00")
    run_due()
    assert db.scalar(select(QueueJob.failures)) == 0
    with app.app_context():
        assert queries.jobs_succeed() is None
