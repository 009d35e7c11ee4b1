"""The ground the tests stand on: a fresh portal with the cast in it, on SQLite or PostgreSQL.

    def test_award(cast, client_of, db):
        client_of(cast.leader).submit("/coins/award", ...)
        with db() as session:          # an app context and one transaction, committed at the end
            assert rules.balance(...) == 5

Every test that asks for `app`, `client`, `client_of` or `db` gets a database of its own, cloned
from a template that is migrated and filled once a run. No test may speak to the outside.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from argon2 import Parameters, Type
from flask import Flask
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
RUN = "SUNHOME_TEST_RUN"
OF_THE_OPERATOR = ("PG", "SUNHOME_", "MAIL_", "LC_")
NAMES_OF_THE_OPERATOR = {"DATABASE_URL", "HOST", "PORT", "LANG", "LANGUAGE"}

sys.path.insert(0, str(ROOT))
for name in list(os.environ):
    if name != RUN and (name.startswith(OF_THE_OPERATOR) or name in NAMES_OF_THE_OPERATOR):
        del os.environ[name]

from tests import postgres  # noqa: E402
from tests.ground import Databases, engine_of  # noqa: E402
from tests.sockets import forbid_the_outside  # noqa: E402

# ---- options, and what is left out -----------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.addoption(
        "--database-only", action="store_true", help="only tests that touch the database"
    )
    parser.addoption("--seed", type=int, help="play a random test again as it was")
    parser.addoption(
        "--write-golden", action="store_true", help="write the walk's golden file anew"
    )
    parser.addoption("--long", action="store_true", help="the long forms too")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.register_profile("no_deadline", deadline=None)  # machines are shared
    hypothesis.settings.load_profile("no_deadline")
    forbid_the_outside()
    config.addinivalue_line("markers", "on(kind): makes sense on that database only")
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = tempfile.mkdtemp(prefix="sunhome-", dir=_fast_folder())
        os.chmod(os.environ[RUN], 0o755)  # PostgreSQL runs as a user of its own


def _fast_folder() -> str | None:
    memory = "/dev/shm"
    with contextlib.suppress(OSError):
        if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3:
            return memory
    return None


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = os.environ.get(RUN)
    if folder and not hasattr(config, "workerinput"):
        if config.getoption("--database") == "postgres":
            postgres.end(Path(folder))
        shutil.rmtree(folder, ignore_errors=True)


def chromium() -> str | None:
    """A browser to drive, if there is one."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return named or next((path for path in found if path), None)


NO_SHARED = "the real input is not beside the project (../shared)"
NO_BROWSER = "no Chromium was found (set CHROMIUM to one)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    has_shared, has_browser = (SHARED / "data").is_dir(), chromium() is not None
    kept, dropped = [], []
    for item in items:
        if item.get_closest_marker("shared") and not has_shared:
            item.add_marker(pytest.mark.skip(reason=NO_SHARED))
        if item.get_closest_marker("browser") and not has_browser:
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
        is_long = item.get_closest_marker("long") and not config.getoption("--long")
        touches = "database_kind" in getattr(item, "fixturenames", ())
        is_elsewhere = config.getoption("--database-only") and not touches
        mark = item.get_closest_marker("on")
        is_elsewhere |= mark is not None and mark.args[0] != config.getoption("--database")
        (dropped if is_long or is_elsewhere else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Plain lines that say what this run did not try, and why."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"left out: {count} tests, because {reason}")
    kind = config.getoption("--database")
    terminalreporter.write_line(f"database: {'PostgreSQL' if kind == 'postgres' else 'SQLite'}")


# ---- databases -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    made = Databases(request.config.getoption("--database"), Path(os.environ[RUN]))
    yield made
    if made.server is not None:
        made.server.leave()


@pytest.fixture(scope="session")
def database_kind(databases: Databases) -> str:
    """`sqlite` or `postgres`. Tests with this fixture, however indirectly, run on both."""
    return databases.kind


# ---- a portal for each test ------------------------------------------------------------------


@pytest.fixture(scope="session")
def _quick_passwords() -> None:
    """A hash costs 50 ms on purpose. The tests' accounts are not worth it."""
    from portal.people.rules.keys import hasher

    strong = hasher._parameters
    quick = Parameters(Type.ID, strong.version, strong.salt_len, strong.hash_len, 1, 8, 1)
    hasher._parameters = quick


@pytest.fixture(scope="session")
def _house(databases: Databases, worker_id: str, _quick_passwords: None) -> tuple[Flask, Path, str]:
    """The application, made once a worker; its database and folder are new in each test."""
    from portal import create_app
    from portal.base.settings import Settings

    instance = databases.folder / f"instance-{worker_id}"
    name = f"test_{worker_id}"
    app = create_app(Settings(instance=instance, database_url=databases.copy(name)))
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app, instance, name


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """`gw0`, `gw1`, …, or `master` without xdist."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


@pytest.fixture
def app(
    _house: tuple[Flask, Path, str], databases: Databases, database_kind: str
) -> Iterator[Flask]:
    """The portal with a fresh database and an empty instance folder."""
    app, instance, name = _house
    before = dict(app.config)
    engine_of(app).dispose()
    databases.copy(name)
    shutil.rmtree(instance, ignore_errors=True)
    instance.mkdir()
    yield app
    app.config.clear()
    app.config.update(before)
    engine_of(app).dispose()


@pytest.fixture
def make_app(
    databases: Databases, database_kind: str, worker_id: str, tmp_path: Path, _quick_passwords: None
) -> Iterator[Callable[..., Flask]]:
    """Makes further portals, each with its own database: `make_app(idle_minutes=1)`.

    `filled=False` gives one whose database has all tables and nobody in them.
    """
    from portal import create_app
    from portal.base import upkeep
    from portal.base.db import Base
    from portal.base.settings import Settings

    urls: list[str] = []
    apps: list[Flask] = []

    def make(*, filled: bool = True, **changes: Any) -> Flask:
        name = f"own_{worker_id}_{secrets.token_hex(4)}"
        urls.append(databases.copy(name) if filled else databases.empty(name))
        instance = changes.pop("instance", tmp_path / name)
        settings = Settings(instance=instance, database_url=urls[-1])
        app = create_app(dataclasses.replace(settings, **changes))
        app.testing = True
        apps.append(app)
        if not filled and upkeep.revisions()[0]:
            upkeep.upgrade(settings)
        elif not filled:
            Base.metadata.create_all(engine_of(app))
        return app

    yield make
    for app in apps:
        engine_of(app).dispose()
    for url in urls:
        databases.drop(url)


class Database:
    """`with db() as session:` is an app context and one transaction, committed at the end.

    Leave the block before you use a client: a request has a context of its own. `db.scalar(...)`
    and `db.rows(...)` read outside of any block.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app

    @contextmanager
    def __call__(self, *, read_only: bool = False) -> Iterator[Session]:
        from portal.base.db import transaction

        with self.app.app_context(), transaction(read_only=read_only) as session:
            yield session

    def scalar(self, statement: Any, *args: Any) -> Any:
        with self(read_only=True) as session:
            return session.scalar(statement, *args)

    def rows(self, statement: Any, *args: Any) -> list[Any]:
        with self(read_only=True) as session:
            return list(session.execute(statement, *args).all())


@pytest.fixture
def db(app: Flask) -> Database:
    """The database of `app`; see `Database`."""
    return Database(app)


@pytest.fixture(scope="session")
def _gathered() -> list[Any]:
    return []


@pytest.fixture
def cast(db: Database, _gathered: list[Any]) -> Any:
    """Who is there: `cast.agent`, `cast.leader`, … (tests/cast.py). The same in every test."""
    from tests.cast import gather

    if not _gathered:
        with db(read_only=True) as session:
            _gathered.append(gather(session))
    return _gathered[0]


@pytest.fixture
def client(app: Flask) -> Any:
    """A browser that is not signed in; it holds every page to the page contract."""
    from tests.client import make_client

    return make_client(app)


@pytest.fixture
def client_of(app: Flask, db: Database) -> Callable[[Any], Any]:
    """A browser in which this member of the cast is signed in: `client_of(cast.leader)`.

    It gets its session by the rule, not by the page: `client.sign_in(member)` is the page.
    """
    from portal.people.rules.keys import open_session
    from tests.client import make_client

    def signed_in(member: Any) -> Any:
        with db():
            token = open_session(member.id, "tests")
        browser = make_client(app)
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return browser

    return signed_in


@pytest.fixture
def at(time_machine: Any) -> Callable[..., None]:
    """Sets the clock: `at("2026-03-01 08:00")`, the time on the wall at home. It stands still."""
    from portal.base.clock import HOME_ZONE

    def move(moment: str | datetime, *, tick: bool = False) -> None:
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        time_machine.move_to(
            moment if moment.tzinfo else moment.replace(tzinfo=HOME_ZONE), tick=tick
        )

    return move


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be played again: the seed is shown where the test fails (`--seed N`)."""
    given = request.config.getoption("--seed")
    seed = random.SystemRandom().randrange(2**32) if given is None else given
    request.node.add_report_section("setup", "chance", f"play it again with --seed {seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real input beside the project; where it is not, the test says that it was left out."""
    if not (SHARED / "data").is_dir():
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The Chromium to drive; where there is none, the test says that it was left out."""
    found = chromium()
    if found is None:
        pytest.skip(NO_BROWSER)
    return found
