"""Bringing the database to this version: one at a time, each step whole, never over a newer one.

A start that finds the database current asks it one question and loads nothing of Alembic.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import IO

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from portal.base import backup, db
from portal.base.errors import Unready
from portal.base.settings import Settings

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
ADVISORY_KEY = 0x53756E686F6D65  # "Sunhome"


class Standing(Enum):
    """How the database stands to this version of the portal."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"


def revisions() -> tuple[frozenset[str], str | None]:
    """All revisions this version knows, and the newest. Read from the text of the files, since a
    start that has nothing to migrate should not wait for Alembic (half a second)."""
    known: set[str] = set()
    below: set[str] = set()
    for path in sorted((MIGRATIONS / "versions").glob("*.py")):
        for name, value in re.findall(
            r"^(revision|down_revision)\b[^=\n]*=(.*)$", path.read_text("utf-8"), re.MULTILINE
        ):
            (known if name == "revision" else below).update(re.findall(r"[\"']([^\"']+)", value))
    heads = known - below
    return frozenset(known), heads.pop() if len(heads) == 1 else None


def sqlite_path(settings: Settings) -> Path:
    """The file of an SQLite database."""
    return Path(make_url(settings.database_url).database or "")


def engine(settings: Settings) -> Engine:
    """An engine for one piece of upkeep; keeps no connection. Raises Unready for a bad address."""
    options = db.configure(settings)["SQLALCHEMY_ENGINE_OPTIONS"]
    try:
        url = make_url(settings.database_url)
        if url.get_backend_name() not in {"sqlite", "postgresql"}:
            raise ArgumentError(url.get_backend_name())
        return create_engine(url, poolclass=NullPool, connect_args=options["connect_args"])
    except (ArgumentError, ImportError, ValueError) as error:
        raise Unready(
            "DATABASE_URL is not the address of an SQLite or PostgreSQL database "
            "(postgresql://user:password@host/name)."
        ) from error


@contextmanager
def _told(settings: Settings) -> Iterator[None]:
    """Errors of the database itself, as one sentence without the password."""
    try:
        yield
    except DBAPIError as error:
        address = make_url(settings.database_url).render_as_string(hide_password=True)
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        reason = lines[0].removeprefix("connection failed: ").rstrip(".")
        raise Unready(f"The database {address} cannot be used: {reason}.") from error


def standing(settings: Settings) -> Standing:
    """How the database stands. Raises Unready when it is newer, not ours, or cannot be reached."""
    if settings.is_sqlite and not sqlite_path(settings).exists():
        return Standing.EMPTY
    known, head = revisions()
    with _told(settings), engine(settings).connect() as opened:
        connection = opened.execution_options(read_only=True, postgresql_readonly=True)
        tables = set(inspect(connection).get_table_names())
        if "alembic_version" not in tables:
            if tables:
                raise Unready(
                    "DATABASE_URL names a database that is not Sunhome's: it has other tables."
                )
            return Standing.EMPTY
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is None:
        return Standing.EMPTY
    if found not in known:
        raise Unready(
            f"The database was made by a newer version of Sunhome (its revision is {found}): "
            "install that version, or restore a backup made before."
        )
    return Standing.CURRENT if found == head else Standing.BEHIND


def _locked(path: Path, operation: int) -> IO[str] | None:
    """The open file that holds the lock, or None when another process holds it."""
    file = path.open("a")
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Nobody else migrates or seeds this database meanwhile; waits for whoever does."""
    if settings.is_sqlite:
        with (sqlite_path(settings).parent / "migrate.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with engine(settings).connect() as connection:
        with _told(settings):
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            autocommit.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_KEY})
        yield


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Marks the portal as running from this folder, as long as this process or a child of it lives.

    Raises Unready while a backup is being restored.
    """
    file = _locked(settings.instance / "running.lock", fcntl.LOCK_SH)
    if file is None:
        raise Unready("A backup is being restored into this folder: start again when it is done.")
    with file:
        yield


@contextmanager
def stopped(settings: Settings) -> Iterator[None]:
    """Keeps the portal from starting meanwhile. Raises Unready when it runs."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    file = _locked(settings.instance / "running.lock", fcntl.LOCK_EX)
    if file is None:
        raise Unready("The portal is running from this folder: stop it first.")
    with file:
        yield


def let_tables_be_rebuilt(connection: Connection) -> None:
    """SQLite changes a table by copying it: its rows must not be missed by others meanwhile.

    Keys are checked when the step is done (`check_keys`), before it is committed.
    """
    if connection.dialect.name == "sqlite":
        raw = connection.connection.driver_connection
        if raw is not None:
            raw.execute("PRAGMA foreign_keys=OFF")


def check_keys(connection: Connection) -> None:
    """Raises Unready when a row points at nothing, so that the migration is rolled back."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            raise Unready(
                f"A migration would leave {len(lost)} rows of {lost[0][0]} without their owner."
            )


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the database up to `revision`; each migration is one transaction."""
    from alembic import command

    if settings.is_sqlite:
        sqlite_path(settings).touch(mode=0o600)  # its log files take the mode after it
    with _told(settings):
        command.upgrade(alembic_config(settings), revision)


def alembic_config(settings: Settings):  # type: ignore[no-untyped-def] # Alembic loads only here
    """Alembic's configuration for this database."""
    from alembic.config import Config

    config = Config(attributes={"settings": settings})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def migrate(settings: Settings) -> Standing:
    """Bring the database to this version, if it is not; answers how it stood before."""
    before = standing(settings)
    if before is not Standing.CURRENT:
        with alone(settings):
            before = standing(settings)
            if before is not Standing.CURRENT:
                upgrade(settings)
    return before


def check_folder(settings: Settings) -> None:
    """Raises Unready when the instance folder cannot be written or the disk is full."""
    folder = settings.instance
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with probe.open("wb") as file:
                file.write(bytes(64 * 1024))
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise Unready(f"The folder {folder} cannot be written: {error.strerror}.") from error


def _settings() -> Settings:
    settings: Settings = current_app.config["SUNHOME"]
    return settings


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except Unready as error:
        raise click.ClickException(str(error)) from error


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the database to this version."""
    with _in_words():
        check_folder(_settings())
        before = migrate(_settings())
    known, head = revisions()
    was = "was already" if before is Standing.CURRENT else "is now"
    click.echo(f"The database {was} at revision {head} ({len(known)} in all).")


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Write database and uploads to FILE, checked, while the portal runs."""
    with _in_words():
        if standing(_settings()) is Standing.EMPTY:
            raise Unready("There is no database yet: nothing to back up.")
        click.echo(backup.write(_settings(), file))


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def restore_command(file: Path) -> None:
    """Put the database and uploads of FILE in place, after checking all of it."""
    with _in_words(), stopped(_settings()):
        click.echo(backup.restore(_settings(), file, known=revisions()[0]))


def install(app: Flask) -> None:
    """Add the commands of this module."""
    for command in (migrate_command, backup_command, restore_command):
        app.cli.add_command(command)
