"""The tree of units on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    select,
)
from sqlalchemy.orm import aliased

from portal.base.db import AnyRow, session
from portal.base.history import true_on
from portal.people.models import (
    Unit,
    UnitPath,
)


def below(unit_ids: Iterable[int], unit_column: Any, day: date) -> ColumnElement[bool]:
    """The condition that `unit_column` lies in or under one of `unit_ids` on `day`."""
    path = aliased(UnitPath)
    return exists(
        select(path.id).where(
            path.unit_id == unit_column, path.ancestor_id.in_(list(unit_ids)), true_on(path, day)
        )
    )


def units_below(unit_ids: Iterable[int], day: date) -> list[int]:
    """The units in and under `unit_ids` on `day`."""
    return list(
        session().scalars(
            select(UnitPath.unit_id)
            .where(UnitPath.ancestor_id.in_(list(unit_ids)), true_on(UnitPath, day))
            .distinct()
        )
    )


def tree(day: date) -> list[AnyRow]:
    """Every unit with its parent on `day`: (id, kind, name, parent_id), sites first."""
    parent = aliased(UnitPath)
    statement = (
        select(Unit.id, Unit.kind, Unit.name, parent.ancestor_id.label("parent_id"))
        .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
        .outerjoin(
            parent, and_(parent.unit_id == Unit.id, parent.distance == 1, true_on(parent, day))
        )
        .where(true_on(UnitPath, day))
        .order_by(Unit.name, Unit.id)
    )
    return list(session().execute(statement))


def below_column(ancestor: Any, unit_column: Any, day: date) -> ColumnElement[bool]:
    """The condition that `unit_column` lies in or under the unit of another column."""
    path = aliased(UnitPath)
    return exists(
        select(path.id).where(
            path.unit_id == unit_column, path.ancestor_id == ancestor, true_on(path, day)
        )
    )
