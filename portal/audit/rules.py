"""Writing the log of looks. The one write a reading request makes: it goes through `note`."""

from __future__ import annotations

from functools import cache
from typing import cast

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

from portal.audit.models import Look
from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import note, session


def looked(viewer: Viewer, person_id: int, *, part: str, role: str, purpose: str = "") -> None:
    """Note at this request's commit point that `viewer` opened `part` of a person's file.

    A look at the own file is not noted. The page is not shown when the note cannot be kept.
    """
    if viewer.id == person_id:
        return
    viewer_id = viewer.id
    note(lambda: _write(viewer_id, person_id, part, role, purpose))


def _write(viewer_id: int, person_id: int, part: str, role: str, purpose: str) -> None:
    now = clock.now()
    values = {
        "person_id": person_id,
        "viewer_id": viewer_id,
        "viewer_role": role,
        "part": part,
        "purpose": purpose,
        "day": clock.today(),
        "first_at": now,
        "last_at": now,
        "times": 1,
    }
    connection = session().connection()
    connection.execute(_statement(connection.dialect.name), values)


@cache
def _statement(dialect: str) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(cast(Table, Look.__table__))
    return statement.on_conflict_do_update(
        index_elements=["person_id", "viewer_id", "part", "purpose", "day"],
        set_={"last_at": statement.excluded.last_at, "times": Look.times + 1},
    )
