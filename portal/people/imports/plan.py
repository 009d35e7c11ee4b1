"""What an import would write: rows to add, to close, to change. Made by reading only."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import Table

from portal.people.imports.timeline import Facts, Span
from portal.people.models import (
    Employment,
    Person,
    Position,
    RoleGrant,
    ShiftKind,
    Term,
    Unit,
    UnitPath,
)

TABLES: dict[str, Table] = {
    model.__tablename__: cast(Table, model.__table__)
    for model in (Unit, UnitPath, ShiftKind, Person, Employment, Term, Position, RoleGrant)
}
"""The tables an import writes, in the order in which rows can be added."""


class New(NamedTuple):
    """A row that will be added, before it has an id."""

    table: str
    number: int


Ref = int | New


class Change(NamedTuple):
    """A row that stands, and the columns of it that change."""

    id: int
    before: dict[str, Any]
    after: dict[str, Any]


class Known(NamedTuple):
    """A row of a fact as the house knows it now."""

    id: int
    span: Span


class Plan:
    """The rows an import adds, the facts it closes (they stay, as known until then), the columns
    it changes. `counts` says in numbers what that means for people."""

    def __init__(self) -> None:
        self.adds: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.closes: dict[str, list[int]] = {name: [] for name in TABLES}
        self.changes: dict[str, list[Change]] = {name: [] for name in TABLES}
        self.counts: Counter[str] = Counter()

    def add(self, table: str, **values: Any) -> New:
        self.adds[table].append(values)
        return New(table, len(self.adds[table]) - 1)

    def change(
        self, table: str, row_id: int, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        self.changes[table].append(Change(row_id, before, after))

    def replace(
        self, table: str, known: Sequence[Known], wanted: Iterable[Span], columns: Sequence[str],
        **fixed: Any,
    ) -> bool:  # fmt: skip
        """Bring the facts `known` to the spans `wanted`: what differs is closed and added anew."""
        left = list(wanted)
        closes = []
        for row in known:
            if row.span in left:
                left.remove(row.span)
            else:
                closes.append(row.id)
        self.closes[table] += closes
        for span in left:
            facts = dict(zip(columns, span.facts, strict=True))
            self.add(table, valid_from=span.start, valid_to=span.end, **facts, **fixed)
        return bool(closes or left)

    @property
    def is_empty(self) -> bool:
        return not any(
            rows for kind in (self.adds, self.closes, self.changes) for rows in kind.values()
        )

    def fingerprint(self) -> str:
        """The same for the same writes: what was rehearsed is what is carried out."""
        digest = hashlib.sha256()
        for name in TABLES:
            for rows in (self.adds[name], self.closes[name], self.changes[name]):
                for row in rows:
                    digest.update(repr(row).encode("utf-8", "surrogatepass"))
                digest.update(b"\0")
        return digest.hexdigest()


POSITION = ("unit_id", "title", "grade", "shift", "superior_id", "change", "document_no")
TERM = ("contract", "on_leave")


def position(facts: Facts | None, **changes: Any) -> Facts:
    """The facts of a position with changes; a change of place or title is a new chapter, so the
    label of the one before does not stay on it."""
    values = dict(zip(POSITION, facts or (None, "", None, None, None, None, None), strict=True))
    if any(values[name] != value for name, value in changes.items()):
        values |= {"change": None, "document_no": None}
    return tuple((values | changes)[name] for name in POSITION)
