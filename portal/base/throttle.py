"""Counting how often something is tried, in the database, so that every process counts alike."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import String, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, session


class Tries(Base):
    """How often one thing was tried since a moment. Keys are hashed: no names, no addresses."""

    __tablename__ = "tries"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(index=True)


def _hashed(what: str, whom: str) -> str:
    return hashlib.sha256(f"{what}\0{whom}".encode("utf-8", "surrogatepass")).hexdigest()


def tries(what: str, whom: str, *, within: timedelta) -> int:
    """How often `whom` tried `what` in the running window of `within`."""
    row = session().get(Tries, _hashed(what, whom))
    return row.count if row is not None and row.since > clock.now() - within else 0


def count(what: str, whom: str, *, within: timedelta) -> None:
    """Count one more try; a window older than `within` starts anew."""
    key, now = _hashed(what, whom), clock.now()
    insert = sqlite.insert if session().get_bind().dialect.name == "sqlite" else postgresql.insert
    session().execute(insert(Tries).values(key=key, count=0, since=now).on_conflict_do_nothing())
    session().execute(
        update(Tries)
        .where(Tries.key == key, Tries.since <= now - within)
        .values(count=0, since=now)
    )
    session().execute(update(Tries).where(Tries.key == key).values(count=Tries.count + 1))


def forgive(what: str, whom: str) -> None:
    """Forget the tries of `whom`."""
    session().execute(delete(Tries).where(Tries.key == _hashed(what, whom)))
