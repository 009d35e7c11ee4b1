"""Bringing a file in as the tests want it: whole, and with all tables at hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from portal.people.imports import batches
from portal.people.imports.carry import digest
from portal.people.imports.mapping import Mapping, named
from portal.people.imports.plan import TABLES
from portal.people.models import ImportBatch


def bring_in(
    source: Path | bytes, mapping: str | Mapping, *, on: date, leave_out: bool = False,
    name: str = "file.csv",
) -> ImportBatch:  # fmt: skip
    """Import a file in the transaction of the caller."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    name = source.name if isinstance(source, Path) else name
    found = named(mapping) if isinstance(mapping, str) else mapping
    batch, _work = batches.import_now(content, name, found, as_of=on, leave_out=leave_out)
    return batch


def everything() -> dict[str, str]:
    """A hash of every row of every table that imports write."""
    return {name: digest(table, None) for name, table in TABLES.items()}


def changes(batch: ImportBatch) -> dict[str, Any]:
    """What a batch did, without the counting of rows."""
    return {k: v for k, v in batch.counts.items() if k not in {"rows", "rows_left_out"} and v}
