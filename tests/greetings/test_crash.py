"""The greeting job killed at each of its steps: afterwards each is greeted once, coins and all."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base import clock
from portal.coins.models import Account, Transfer
from portal.greetings import rules as greetings
from portal.greetings.models import Greeting
from portal.jobs import rules as jobs
from portal.jobs.models import JobRun, Scheduler
from portal.notify.models import Notice
from portal.people.models import Person
from tests.conftest import ROOT, engine_of
from tests.jobs.crash import run_and_kill

JOB = "greetings.birthdays"


def all_born_on(db: Any, cast: Any, day: date) -> int:
    """Everybody of the cast has the birthday on `day`; answers how many are to be greeted."""
    members = [each for name, each in cast.members().items() if name != "leaver"]
    with db() as session:
        for member in members:
            session.get(Person, member.id).birth_date = date(1996, day.month, day.day)
        session.flush()
        greetings.keep_birthdays()
    return len(members)


def assert_each_once(db: Any, number: int) -> None:
    with db(read_only=True) as session:
        for table in (Greeting, Notice, Transfer):
            found = session.scalar(select(func.count()).select_from(table))
            assert found == number, table.__tablename__
        assert session.scalar(
            select(func.sum(Account.balance)).where(Account.kind == "wallet")
        ) == (number * 10)
        assert session.scalar(select(func.sum(Account.balance))) == 0
        states = set(session.scalars(select(JobRun.state).where(JobRun.name == JOB)))
        assert states == {"done"}


def sweep(*, app: Any, db: Any, renew: Any, cast: Any, at: Any, steps: Any) -> int:
    """Kill at each of `steps`; answers the first step that came after the end."""
    for step in steps:
        renew()
        at("2026-03-01 08:00")
        number = all_born_on(db, cast, date(2026, 3, 1))
        lived = run_and_kill(app, engine_of(app), step, lambda: jobs.run_due(only=JOB))
        at("2026-03-01 08:15")
        with app.app_context():
            outcomes = jobs.run_due(only=JOB)
        assert not any(outcome.error for outcome in outcomes), step
        assert_each_once(db, number)
        if lived:
            return int(step)
    return 0


@pytest.fixture
def renew(app: Any, databases: Any, _house: Any) -> Callable[[], None]:
    """Puts the database back to how it was at the start of the test."""

    def again() -> None:
        engine_of(app).dispose()
        databases.copy(_house[2])

    return again


def test_killed_at_some_steps(*, app, db, cast, at, renew) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201
    some = sorted(random.Random(seed).sample(range(1, 70), 12))
    sweep(app=app, db=db, renew=renew, cast=cast, at=at, steps=[*some, 10_000])


@pytest.mark.long
def test_killed_at_every_step(*, app, db, cast, at, renew) -> None:
    last = sweep(app=app, db=db, renew=renew, cast=cast, at=at, steps=range(1, 10_000))
    assert last > 30, "the job has more steps than that"


# ---- real processes -------------------------------------------------------------------------


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", *words]


def surroundings(app: Any) -> dict[str, str]:
    settings = app.config["SUNHOME"]
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "SUNHOME_INSTANCE": str(settings.instance),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def schedule(app: Any) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a scheduler process; none of them outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen(
                command("jobs", "schedule"), env=surroundings(app), cwd=ROOT,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
        )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def wait_for(what: Callable[[], Any], seconds: float = 20) -> bool:
    latest = time.monotonic() + seconds
    while time.monotonic() < latest:
        if what():
            return True
        time.sleep(0.05)
    return False


def test_two_schedulers_and_kills_in_the_middle(*, app, db, cast, schedule) -> None:
    """Yesterday's birthdays: due whatever time it is now. The clock is the real one."""
    number = all_born_on(db, cast, clock.today() - timedelta(days=1))
    engine_of(app).dispose()
    rng = random.Random()
    for _round in range(2):
        pair = [schedule(), schedule()]
        wait_for(lambda: db.scalar(select(Scheduler.id).limit(1)), 10)
        time.sleep(rng.random() * 0.3)
        for process in pair:
            process.kill()
            process.wait()
        with db() as session:  # as if half a minute had passed: their owners are seen to be dead
            session.query(Scheduler).update({"seen_at": clock.now() - timedelta(seconds=31)})
    pair = [schedule(), schedule()]
    done = select(JobRun.id).where(JobRun.name == JOB, JobRun.state == "done")
    finished = wait_for(lambda: db.scalar(done), 60)
    started = time.monotonic()
    for process in pair:
        process.terminate()
    for process in pair:
        assert process.wait(timeout=5) == 0
    assert time.monotonic() - started < 1.5, "a stop takes a second at most"
    said = b"".join(process.communicate()[0] for process in pair).decode()
    assert finished, said
    assert "Traceback" not in said, said
    assert_each_once(db, number)


STRACE = shutil.which("strace")


def killed_at_call(app: Any, call: str, number: int, day: date) -> bool:
    """Run the job under strace, killed at its n-th call; answers whether it lived to the end."""
    result = subprocess.run(
        [
            STRACE or "", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}",
            "-e", f"inject={call}:signal=KILL:when={number}",
            *command("jobs", "run", JOB, "--date", day.isoformat()),
        ],
        env=surroundings(app), cwd=ROOT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert result.returncode in {0, -signal.SIGKILL, 128 + signal.SIGKILL}, result.stderr.decode()
    return result.returncode == 0


def strace_works() -> bool:
    if STRACE is None:
        return False
    tried = subprocess.run([STRACE, "-o", os.devnull, "true"], capture_output=True, check=False)
    return tried.returncode == 0


def system_calls(app: Any) -> tuple[str, ...]:
    return ("pwrite64", "fdatasync") if app.config["SUNHOME"].is_sqlite else ("sendto",)


def sweep_calls(*, app: Any, db: Any, cast: Any, at: Any, renew: Any, numbers: Any) -> None:
    now = clock.now()
    day = clock.local(now).date() - timedelta(days=1)
    for call in system_calls(app):
        for number in numbers:
            at(now)
            renew()
            people = all_born_on(db, cast, day)
            engine_of(app).dispose()
            lived = killed_at_call(app, call, number, day)
            at(now + timedelta(days=1))  # the process ran by the real clock: well past its lease
            with app.app_context():
                jobs.run(JOB, day)
            assert_each_once(db, people)
            if lived:
                break


@pytest.mark.skipif(not strace_works(), reason="strace is not here or may not trace")
def test_killed_at_some_system_calls(*, app, db, cast, at, renew) -> None:
    numbers = [*sorted(random.sample(range(1, 30), 3)), 60_000]
    sweep_calls(app=app, db=db, cast=cast, at=at, renew=renew, numbers=numbers)


@pytest.mark.long
@pytest.mark.skipif(not strace_works(), reason="strace is not here or may not trace")
def test_killed_at_every_system_call(*, app, db, cast, at, renew) -> None:
    sweep_calls(app=app, db=db, cast=cast, at=at, renew=renew, numbers=range(1, 60_000))
