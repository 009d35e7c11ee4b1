"""Tables whose rows stay as they were written: the database itself refuses to change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import DDL, event

from portal.base.db import Base

_TOLD = "posted rows are never changed: reverse them"
_TOLD_OF_COLUMNS = "what was asked is never changed: ask anew"
_POSTGRES_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION posted_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_TOLD}' USING ERRCODE = 'integrity_constraint_violation'; END $$"""


def keep_rows(table: str, taken: str) -> None:
    """Refuse UPDATE and DELETE of `table`, on SQLite also the REPLACE that deletes in silence.

    `taken`: the condition that an inserted row would replace one that is there. A migration says
    the same in its own words.
    """
    for name, when in (
        ("no_update", f"UPDATE ON {table}"),
        ("no_delete", f"DELETE ON {table}"),
        ("no_replace", f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"),  # noqa: S608
    ):
        trigger = f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {when}"
        _on_create(table, f"{trigger} BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END", "sqlite")
    _on_create(table, _POSTGRES_FUNCTION, "postgresql")
    for name, when, level in (
        ("no_change", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        trigger = f"CREATE OR REPLACE TRIGGER {table}_{name} BEFORE {when} ON {table}"
        _on_create(
            table, f"{trigger} FOR EACH {level} EXECUTE FUNCTION posted_rows_stay()", "postgresql"
        )


def keep_columns(table: str, columns: Sequence[str]) -> None:
    """Refuse UPDATE of these columns of `table`; the others may change. A migration says so too."""
    when = f"CREATE TRIGGER {{}}{table}_stays BEFORE UPDATE OF {', '.join(columns)} ON {table}"
    refusal = f" BEGIN SELECT RAISE(ABORT, '{_TOLD_OF_COLUMNS}'); END"
    _on_create(table, when.format("IF NOT EXISTS ") + refusal, "sqlite")
    _on_create(table, _POSTGRES_FUNCTION, "postgresql")
    _on_create(
        table, when.format("") + " FOR EACH ROW EXECUTE FUNCTION posted_rows_stay()", "postgresql"
    )


def _on_create(table: str, ddl: str, dialect: str) -> None:
    statement: Any = DDL(ddl)  # type: ignore[no-untyped-call]
    target = Base.metadata.tables[table]
    event.listen(target, "after_create", statement.execute_if(dialect=dialect))
