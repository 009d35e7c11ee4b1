"""How Alembic meets our database: plain `alembic` and `flask migrate` both come through here.

Each migration is one transaction, on SQLite too, so that a kill in the middle leaves the database
as it was before that step.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.script import ScriptDirectory
from sqlalchemy import TypeDecorator

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import portal  # noqa: F401  (every room's tables, for autogenerate)
from portal.base import upkeep
from portal.base.db import Base
from portal.base.settings import load_settings

OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "compare_type": True,
    "render_as_batch": True,
    "transaction_per_migration": True,
    "transactional_ddl": True,
}


def plain_type(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """A migration must run long after our classes changed: it names the database's own types."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def numbered(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Revisions are numbered: 0001, 0002, …"""
    head = ScriptDirectory.from_config(context.config).get_current_head()
    directives[0].rev_id = f"{int(head or 0) + 1:04d}"


def checked(*, ctx: Any, **_: Any) -> None:
    """Runs inside the migration's transaction: an error here rolls it back."""
    upkeep.check_keys(ctx.connection)


def run() -> None:
    settings = context.config.attributes.get("settings") or load_settings()
    if context.is_offline_mode():
        context.configure(url=settings.database_url, literal_binds=True, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
        return
    upkeep.check_folder(settings)
    with upkeep.engine(settings).connect() as connection:
        upkeep.let_tables_be_rebuilt(connection)
        context.configure(
            connection=connection,
            render_item=plain_type,
            process_revision_directives=numbered,
            on_version_apply=checked,
            **OPTIONS,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
