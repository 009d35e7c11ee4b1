"""The database: one session a request, one commit a request, and nobody else commits.

`attempt` is the only commit point of pages and API; the job runner and the commands use
`transaction`. Reading requests run in a read-only transaction, so that a GET cannot write even by
mistake; what a GET must leave behind (who looked, last seen) is handed to `note`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from flask import g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    CompoundSelect,
    Connection,
    Date,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Row,
    Select,
    TypeDecorator,
    event,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from werkzeug.exceptions import HTTPException

from portal.base.errors import Refused
from portal.base.prepared import rows_of
from portal.base.settings import Settings

T = TypeVar("T")
AnySelect = Select[*tuple[Any, ...]]
"""A SELECT of whatever columns."""
AnyRow = Row[*tuple[Any, ...]]
"""A row of whatever columns."""

ATTEMPTS = 4
RETRYABLE = {"40001", "40P01", "57P01"}
"""PostgreSQL: serialization failure, deadlock, server going down. The whole intent is run again."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Stored in UTC, comes back aware from both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is nobody's time")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (read once by SQLAlchemy)
        datetime: UtcDateTime,
        date: Date,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


BigKey = BigInteger().with_variant(Integer, "sqlite")
Id = Annotated[int, mapped_column(BigKey, primary_key=True)]
Ref = BigKey
"""The column type of a foreign key to an `Id`."""

db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)


def session() -> Session:
    """The session of this request, job or command."""
    current: Session = db.session()
    return current


def fetch(statement: Select[Any] | CompoundSelect[Any], **values: Any) -> Sequence[Any]:
    """The rows of a SELECT that was built once, with `values` for its bind parameters.

    It runs on the session's connection, without the ORM. For what every page asks: building a
    statement anew costs ten times as much as running it. It sees only what has been flushed.
    """
    return rows_of(session().connection(), statement, values)


def configure(settings: Settings) -> dict[str, Any]:
    """The Flask-SQLAlchemy settings for this database address."""
    options: dict[str, Any] = {"pool_pre_ping": not settings.is_sqlite}
    if settings.is_sqlite:
        options["connect_args"] = {"timeout": 20}
    else:
        options["connect_args"] = {
            "connect_timeout": 5,
            "keepalives": 1,
            "keepalives_idle": 30,
            "tcp_user_timeout": 30_000,
        }
        options["pool_size"] = 8
        options["max_overflow"] = 8
    return {"SQLALCHEMY_DATABASE_URI": settings.database_url, "SQLALCHEMY_ENGINE_OPTIONS": options}


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: Any) -> None:
    """SQLite is safe only when asked: keys enforced, nothing acknowledged before it is on disk."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # BEGIN is ours, below
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=20000",
        "secure_delete=ON",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    """Writers queue at BEGIN (no upgrade can fail midway); readers never wait."""
    if connection.dialect.name != "sqlite":
        return
    read_only = bool(connection.get_execution_options().get("read_only"))
    if connection.info.get("query_only") is not read_only:
        # Only when it changes: SQLite compiles every statement anew after it.
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        connection.info["query_only"] = read_only
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def transaction(*, read_only: bool = False) -> Iterator[Session]:
    """One unit of work: committed at the end, rolled back on any error."""
    current = session()
    try:
        current.connection(
            execution_options={"read_only": read_only, "postgresql_readonly": read_only}
        )
        yield current
        if read_only:
            current.rollback()
        else:
            current.commit()
    except BaseException:
        current.rollback()
        raise


def note(write: Callable[[], None]) -> None:
    """Have `write` done at this request's commit point, even if it only reads or is refused.

    For what must be left behind in any case: who looked, last seen, a failed sign-in.
    """
    notes: list[Callable[[], None]] = g.setdefault("notes", [])
    notes.append(write)


def _may_retry(error: DBAPIError) -> bool:
    if isinstance(error, IntegrityError):
        # Two equal requests at once: the second one, run again, finds the first one's answer.
        return "request_key" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) in RETRYABLE


def attempt(work: Callable[[], T], *, read_only: bool, keeps: Callable[[T], bool]) -> T:
    """Run `work` as one transaction, again from the start where two got in each other's way.

    `keeps(answer)` says whether the answer is one whose writes stay (a page drawn again because of
    an error in the form is not). Raises what `work` raises, after the rollback.
    """
    for number in range(1, ATTEMPTS + 1):
        g.pop("notes", None)
        try:
            with transaction(read_only=read_only) as current:
                answer = work()
                if read_only or not keeps(answer):
                    current.rollback()
                else:
                    _leave_notes()
        except DBAPIError as error:
            if number == ATTEMPTS or not _may_retry(error):
                raise
        except (Refused, HTTPException):
            _leave_notes_apart()
            raise
        else:
            _leave_notes_apart()
            return answer
    raise AssertionError("unreachable")


def _leave_notes_apart() -> None:
    if g.get("notes"):
        with transaction():
            _leave_notes()


def _leave_notes() -> None:
    for write in g.pop("notes", ()):
        write()
