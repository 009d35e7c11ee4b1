"""Migrations: in one line, each there and back without losing a row, each whole or not at all."""

from __future__ import annotations

import ast
import multiprocessing
import os
import random
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Integer, MetaData, Numeric, event, inspect, text
from sqlalchemy.schema import CreateTable

from portal.base import upkeep
from portal.base.db import Base
from portal.base.settings import Settings
from tests.ground import Databases

VERSIONS = sorted((upkeep.MIGRATIONS / "versions").glob("*.py"))
KILLS = 8
EMPTY, POPULATED, MODELS = (f"{name}_{os.getpid()}" for name in ("empty", "full", "models"))
Snapshot = dict[str, dict[str, int]]
fork = multiprocessing.get_context("fork")


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(upkeep.MIGRATIONS))


@pytest.fixture
def empty(databases: Databases, database_kind: str, tmp_path: Path) -> Iterator[Settings]:
    """A portal whose database has no table."""
    url = databases.empty(EMPTY)
    yield Settings(instance=tmp_path, database_url=url)
    databases.drop(url)


@pytest.fixture
def populated(databases: Databases, database_kind: str, tmp_path: Path) -> Iterator[Settings]:
    """A portal with the cast in its database."""
    url = databases.copy(POPULATED)
    yield Settings(instance=tmp_path, database_url=url)
    databases.drop(url)


# ---- as they are written -----------------------------------------------------------------------


def test_there_is_one_head() -> None:
    known, head = upkeep.revisions()
    assert scripts().get_heads() == ([head] if head else [])
    assert known == {script.revision for script in scripts().walk_revisions()}
    assert len(known) == len(VERSIONS)


def test_they_are_numbered_in_their_order() -> None:
    found = [script.revision for script in scripts().walk_revisions()][::-1]
    assert found == [f"{number:04d}" for number in range(1, len(found) + 1)]
    assert [path.name[:5] for path in VERSIONS] == [f"{revision}_" for revision in found]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_they_stand_without_the_portal(path: Path) -> None:
    """A migration runs as it was written, long after the classes it was made from have changed."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
        assert not [name for name in names if name.split(".")[0] == "portal"], path.name


# ---- there and back ----------------------------------------------------------------------------


def snapshot(settings: Settings) -> Snapshot:
    """For each table: how many rows, and for each column how many values and their sum."""
    found: Snapshot = {}
    with upkeep.engine(settings).connect() as connection:
        tables = inspect(connection).get_multi_columns()
        for (_schema, table), columns in tables.items():
            asked = {"rows": "count(*)"}
            for column in columns:
                name = column["name"]
                asked[f"{name} given"] = f'count("{name}")'
                if isinstance(column["type"], Numeric | Integer):
                    asked[f"{name} in all"] = f'sum("{name}")'
            row = connection.execute(
                text(f'SELECT {", ".join(asked.values())} FROM "{table}"')
            ).one()
            found[table] = {figure: int(n or 0) for figure, n in zip(asked, row, strict=True)}
    found.pop("alembic_version", None)
    return found


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """What both sides hold and count differently."""
    return [
        f"{table}: {figure}: {one[table][figure]} → {other[table][figure]}"
        for table in one.keys() & other.keys()
        for figure in one[table].keys() & other[table].keys()
        if one[table][figure] != other[table][figure]
    ]


def schema(settings: Settings) -> list[str]:
    """Everything the database itself says about its tables, in words that can be compared."""
    engine = upkeep.engine(settings)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if settings.is_sqlite:
            rows = connection.execute(
                text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            ).all()
            return sorted(f"{row.type} {row.name}: {in_order(row.sql)}" for row in rows)
        tables = MetaData()
        tables.reflect(connection)
        lines = [" ".join(str(CreateTable(t)).split()) for t in tables.sorted_tables]
        lines += connection.scalars(
            text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
        ).all()
        return sorted([*lines, *triggers(settings)])


def in_order(sql: str) -> str:
    """A CREATE TABLE with its constraints in their alphabet: a table that was rebuilt has another
    order each time."""
    if not sql.startswith("CREATE TABLE"):
        return " ".join(sql.split())
    head, *constraints = (
        " ".join(sql.replace('"', "").split()).removesuffix(")").split(", CONSTRAINT ")
    )
    return " | ".join([head.strip(), *sorted(each.strip() for each in constraints)])


def triggers(settings: Settings) -> list[str]:
    """What the database does by itself: triggers, and on PostgreSQL the functions they call."""
    asked = (
        "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
        if settings.is_sqlite
        else "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal UNION ALL "
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    )
    with upkeep.engine(settings).connect() as connection:
        return sorted(" ".join(line.split()) for line in connection.scalars(text(asked)))


def walk_down_and_up(settings: Settings) -> None:
    """From the newest to nothing: each step down, up and down again, counted at each."""
    config = upkeep.alembic_config(settings)
    for script in scripts().walk_revisions():
        before, shape = snapshot(settings), schema(settings)
        below = script.down_revision or "base"
        assert isinstance(below, str)
        command.downgrade(config, below)
        down = snapshot(settings)
        assert not differences(before, down), f"{script.revision} down"
        command.upgrade(config, script.revision)
        again = snapshot(settings)
        assert not differences(down, again), f"{script.revision} up again"
        assert schema(settings) == shape, f"{script.revision} comes back otherwise"
        command.downgrade(config, below)
    assert snapshot(settings) == {}, "downgraded to nothing"
    upkeep.upgrade(settings)


def test_each_there_and_back_on_an_empty_database(empty: Settings) -> None:
    upkeep.upgrade(empty)
    walk_down_and_up(empty)


def test_each_there_and_back_on_a_populated_database(populated: Settings) -> None:
    assert snapshot(populated)["person"]["rows"] > 10
    walk_down_and_up(populated)


def test_a_lost_row_and_an_altered_sum_are_seen(populated: Settings) -> None:
    before = snapshot(populated)
    with upkeep.engine(populated).begin() as connection:
        connection.execute(text("DELETE FROM credential WHERE person_id = 1"))
        connection.execute(text("UPDATE person SET email = NULL WHERE id = 1"))
    found = " ".join(differences(before, snapshot(populated)))
    assert "credential: rows" in found
    assert "credential: person_id in all" in found
    assert "person: email given" in found


def test_the_models_say_what_the_migrations_make(empty: Settings) -> None:
    """`alembic check` is clean."""
    upkeep.upgrade(empty)
    with upkeep.engine(empty).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_make_the_triggers_of_the_models(
    empty: Settings, databases: Databases, tmp_path: Path
) -> None:
    upkeep.upgrade(empty)
    url = databases.empty(MODELS)
    models = Settings(instance=tmp_path, database_url=url)
    with upkeep.engine(models).begin() as connection:
        Base.metadata.create_all(connection)
    assert triggers(empty) == triggers(models)
    databases.drop(url)


# ---- killed in the middle, and two at once -----------------------------------------------------


def in_child(target: Any, *arguments: Any) -> int:
    """Run `target` in a process of its own; how it ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the runner has threads; we use none
        child = fork.Process(target=target, args=arguments)
        child.start()
    child.join(60)
    assert child.exitcode is not None
    return child.exitcode


def upgrade_until(settings: Settings, statement_number: int) -> None:
    """Migrate, and be killed just before the statement of this number."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == statement_number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    upkeep.migrate(settings)


def count_statements(settings: Settings) -> int:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    upkeep.migrate(settings)
    event.remove(Engine, "before_cursor_execute", note)
    return len(seen)


def check_kills(databases: Databases, empty: Settings, points: list[int], shape: list[str]) -> None:
    for point in points:
        databases.empty(EMPTY)
        assert in_child(upgrade_until, empty, point) == -signal.SIGKILL
        upkeep.migrate(empty)
        assert upkeep.standing(empty) is upkeep.Standing.CURRENT, f"killed at {point}"
        assert schema(empty) == shape, f"killed at {point}"


def test_killed_in_the_middle_the_next_start_finishes(
    databases: Databases, empty: Settings, chance: random.Random
) -> None:
    statements = count_statements(empty)
    shape = schema(empty)
    points = chance.sample(range(2, statements), KILLS)
    check_kills(databases, empty, sorted(points), shape)


@pytest.mark.long
def test_killed_at_every_statement(databases: Databases, empty: Settings) -> None:
    statements = count_statements(empty)
    check_kills(databases, empty, list(range(2, statements)), schema(empty))


def test_several_at_once(empty: Settings) -> None:
    """Two processes creating tables at once crash one of them: so they queue."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        children = [fork.Process(target=upkeep.migrate, args=(empty,)) for _ in range(4)]
        for child in children:
            child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0, 0, 0]
    assert upkeep.standing(empty) is upkeep.Standing.CURRENT
