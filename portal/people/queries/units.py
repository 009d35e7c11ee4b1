"""The tree of units on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.base.history import Day, true_on
from portal.people.models import Position, Term, Unit, UnitKind, UnitPath


def below(
    unit_ids: Iterable[int] | BindParameter[int], unit_column: Any, day: Day
) -> ColumnElement[bool]:
    """The condition that `unit_column` lies in or under one of `unit_ids` on `day`."""
    path = aliased(UnitPath)
    ids: Any = unit_ids if isinstance(unit_ids, BindParameter) else list(unit_ids)
    return (
        select(path.id)
        .where(path.unit_id == unit_column, path.ancestor_id.in_(ids), true_on(path, day))
        .correlate_except(path)
        .exists()
    )


def units_below(unit_ids: Iterable[int], day: date) -> list[int]:
    """The units in and under `unit_ids` on `day`."""
    return [row[0] for row in fetch(_units_below(), ids=list(unit_ids), day=day)]


@cache
def _units_below() -> AnySelect:
    ids = bindparam("ids", expanding=True, type_=BigInteger)
    return (
        select(UnitPath.unit_id)
        .where(UnitPath.ancestor_id.in_(ids), true_on(UnitPath, bindparam("day", type_=Date)))
        .distinct()
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
    return (
        select(path.id)
        .where(path.unit_id == unit_column, path.ancestor_id == ancestor, true_on(path, day))
        .correlate_except(path)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree of a day, with how many are in service in it and below it."""

    id: int
    kind: str
    name: str
    parent_id: int | None
    heads: int


def branches(day: date) -> list[Branch]:
    """The tree on a day with head counts, in one query: sites first, then by name."""
    here = (
        select(Position.unit_id, func.count().label("heads"))
        .join(Term, Term.employment_id == Position.employment_id)
        .where(true_on(Position, day), true_on(Term, day))
        .group_by(Position.unit_id)
        .subquery()
    )
    parent = aliased(UnitPath)
    rows = (
        session()
        .execute(
            select(Unit.id, Unit.kind, Unit.name, parent.ancestor_id, here.c.heads)
            .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
            .outerjoin(
                parent, and_(parent.unit_id == Unit.id, parent.distance == 1, true_on(parent, day))
            )
            .outerjoin(here, here.c.unit_id == Unit.id)
            .where(true_on(UnitPath, day))
            .order_by(Unit.name, Unit.id)
        )
        .all()
    )
    heads = {row.id: row.heads or 0 for row in rows}
    above = {row.id: row.ancestor_id for row in rows}
    for row in rows:
        at = above[row.id]
        while at is not None:
            heads[at] += row.heads or 0
            at = above.get(at)
    return [Branch(row.id, row.kind, row.name, row.ancestor_id, heads[row.id]) for row in rows]


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with the names above it: 太原 / 客户服务一部 / 太原一班."""

    id: int
    kind: str
    name: str
    path: str


def unit_lines(unit_ids: Collection[int], day: date) -> list[UnitLine]:
    """These units with the names above them, in the order of their paths; one query."""
    rows = fetch(_unit_lines(), ids=list(unit_ids), day=day)
    paths: dict[int, list[str]] = {}
    units: dict[int, tuple[str, str]] = {}
    for row in rows:
        paths.setdefault(row.id, []).append(row.above)
        units[row.id] = (row.kind, row.name)
    found = [UnitLine(id_, *units[id_], " / ".join(names)) for id_, names in paths.items()]
    return sorted(found, key=lambda line: line.path)


@cache
def _unit_lines() -> AnySelect:
    above = aliased(Unit)
    ids = bindparam("ids", expanding=True, type_=BigInteger)
    return (
        select(Unit.id, Unit.kind, Unit.name, above.name.label("above"), UnitPath.distance)
        .join(UnitPath, UnitPath.unit_id == Unit.id)
        .join(above, above.id == UnitPath.ancestor_id)
        .where(Unit.id.in_(ids), true_on(UnitPath, bindparam("day", type_=Date)))
        .order_by(Unit.id, UnitPath.distance.desc())
    )


def units_like(typed: str, day: date, limit: int = 8) -> list[UnitLine]:
    """Units that are there on `day` and whose name holds what was typed."""
    text = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = session().scalars(
        select(Unit.id)
        .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
        .where(Unit.name.like(f"%{text}%", escape="\\"), true_on(UnitPath, day))
        .order_by(Unit.name, Unit.id)
        .limit(limit)
    )
    return unit_lines(list(found), day)


def sites(day: date) -> list[UnitLine]:
    """The sites that are there on `day`."""
    return [UnitLine(*row) for row in fetch(_sites(), day=day)]


@cache
def _sites() -> AnySelect:
    return (
        select(Unit.id, Unit.kind, Unit.name, Unit.name)
        .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
        .where(Unit.kind == UnitKind.SITE.value, true_on(UnitPath, bindparam("day", type_=Date)))
        .order_by(Unit.name, Unit.id)
    )


def _today(day: date) -> Select[Unit]:
    return (
        select(Unit)
        .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
        .where(true_on(UnitPath, day))
    )


def unit_today(unit_id: int) -> Unit | None:
    """The unit with this id, if it is there today."""
    return session().scalar(_today(clock.today()).where(Unit.id == unit_id))


def units_named(name: str) -> list[Unit]:
    """Units there today with exactly this name, two at most: enough to know that it is not one."""
    found = session().scalars(_today(clock.today()).where(Unit.name == name).limit(2))
    return list(found)


def units_right_below(unit_id: int, day: date) -> list[UnitLine]:
    """The units whose parent is this one on `day`, by name."""
    rows = session().execute(
        select(Unit.id, Unit.kind, Unit.name, Unit.name)
        .join(UnitPath, UnitPath.unit_id == Unit.id)
        .where(UnitPath.ancestor_id == unit_id, UnitPath.distance == 1, true_on(UnitPath, day))
        .order_by(Unit.name, Unit.id)
        .limit(500)
    )
    return [UnitLine(*row) for row in rows]
