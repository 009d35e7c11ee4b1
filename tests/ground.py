"""Databases for the tests: a template made once a run by whoever asks first, and copies of it."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import make_url

from tests import postgres


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One of the run's processes at a time."""
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(database_url: str, instance: Path) -> None:
    """A migrated database with the cast in it."""
    from portal import create_app
    from portal.base import upkeep
    from portal.base.db import Base, transaction
    from portal.base.settings import Settings
    from tests import cast

    settings = Settings(instance=instance, database_url=database_url)
    app = create_app(settings)
    if upkeep.revisions()[0]:
        upkeep.upgrade(settings)
    else:
        Base.metadata.create_all(engine_of(app))
    with app.app_context(), transaction() as session:
        cast.seed(session)
    engine_of(app).dispose()
    if settings.is_sqlite:
        with closing(sqlite3.connect(upkeep.sqlite_path(settings))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def engine_of(app: Flask) -> Any:
    from portal.base.db import db

    with app.app_context():
        return db.engine


class Databases:
    """Makes databases: empty ones, and copies of the template."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self.server: postgres.Server | None = None
        if kind == "postgres":
            with _alone(folder):
                self.server = postgres.Server(folder)

    def empty(self, name: str) -> str:
        """The address of a new database without a table."""
        if self.server is not None:
            return self.server.create(f"{self.server.prefix}_{name}")
        path = self.folder / f"{name}.sqlite3"
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        return f"sqlite:///{path}"

    def template(self) -> str:
        """The name or path of the template; made by whoever asks first."""
        name = f"{self.server.prefix}_template" if self.server else "template"
        with _alone(self.folder):
            done = self.folder / "template-made"
            if not done.exists():
                (self.folder / "template-instance").mkdir(exist_ok=True)
                url = self.empty("template")
                build(url, self.folder / "template-instance")
                done.touch()
        return name

    def copy(self, name: str) -> str:
        """The address of a copy of the template, in the place of an earlier one of that name."""
        template = self.template()
        if self.server is not None:
            return self.server.create(f"{self.server.prefix}_{name}", template)
        url = self.empty(name)
        shutil.copyfile(self.folder / "template.sqlite3", make_url(url).database or "")
        return url

    def drop(self, url: str) -> None:
        if self.server is not None:
            self.server.drop(make_url(url).database or "")
