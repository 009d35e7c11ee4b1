"""The tree of units: founding one, moving one with all below it on a day."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import history
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.history import known_on, true_on
from portal.people.models import Unit, UnitKind, UnitPath


def add_unit(
    *, kind: UnitKind, name: str, parent: Unit | None, since: date, batch_id: int | None = None
) -> Unit:
    """Found a unit under `parent` from a day on. A site stands alone. Raises Refused."""
    if (kind is UnitKind.SITE) != (parent is None):
        raise Refused(_("站点在最上层，部门和班组要放在上级之下。"), "parent")
    _check_level(kind, parent)
    unit = Unit(kind=kind, name=name, batch_id=batch_id)
    session().add(unit)
    session().flush()
    _add_paths(unit.id, 0, [(unit.id, 0), *_ancestors(parent, since)], since, batch_id)
    session().flush()
    return unit


def _check_level(kind: UnitKind, parent: Unit | None) -> None:
    above: dict[UnitKind, set[str | None]] = {
        UnitKind.SITE: {None},
        UnitKind.DEPARTMENT: {UnitKind.SITE},
        UnitKind.TEAM: {UnitKind.SITE, UnitKind.DEPARTMENT},
    }
    if (parent.kind if parent else None) not in above[kind]:
        raise Refused(_("部门放在站点之下，班组放在部门或站点之下。"), "parent")


def move_unit(unit: Unit, *, parent: Unit, on: date) -> None:
    """Put a unit, with all that is below it, under another parent from `on`. Raises Refused."""
    if unit.kind == UnitKind.SITE:
        raise Refused(_("站点不能移到别的单位之下。"), "parent")
    _check_level(UnitKind(unit.kind), parent)
    below = (
        session()
        .execute(
            select(UnitPath.unit_id, UnitPath.distance).where(
                UnitPath.ancestor_id == unit.id, true_on(UnitPath, on)
            )
        )
        .all()
    )
    inside = {row.unit_id for row in below}
    if not inside:
        raise Refused(_("这个单位在这一天还没有成立。"), "on")
    if parent.id in inside:
        raise Refused(_("不能把一个单位移到它自己之下。"), "parent")
    above = _ancestors(parent, on)
    if (parent.id, 2) in _ancestors(unit, on):
        raise Refused(_("它在这一天已经在这个上级之下了。"), "parent")
    later = session().scalars(
        select(UnitPath).where(
            UnitPath.unit_id.in_(inside),
            UnitPath.ancestor_id.not_in(inside),
            known_on(UnitPath, None),
            (UnitPath.valid_to.is_(None)) | (UnitPath.valid_to > on),
        )
    )
    for path in list(later):
        shortened = history.end(path, on)
        if shortened is not None:
            session().add(shortened)
    for row in below:
        _add_paths(row.unit_id, row.distance, above, on, None)
    session().flush()


def _ancestors(parent: Unit | None, on: date) -> list[tuple[int, int]]:
    """The units above a child of `parent` on a day: (unit, distance from the child)."""
    if parent is None:
        return []
    rows = (
        session()
        .execute(
            select(UnitPath.ancestor_id, UnitPath.distance).where(
                UnitPath.unit_id == parent.id, true_on(UnitPath, on)
            )
        )
        .all()
    )
    if not rows:
        raise Refused(_("上级单位在这一天还没有成立。"), "parent")
    return [(row.ancestor_id, row.distance + 1) for row in rows]


def _add_paths(
    unit_id: int, extra: int, above: list[tuple[int, int]], since: date, batch_id: int | None
) -> None:
    session().add_all(
        UnitPath(
            unit_id=unit_id,
            ancestor_id=ancestor_id,
            distance=distance + extra,
            valid_from=since,
            batch_id=batch_id,
        )
        for ancestor_id, distance in above
    )
