"""Which drives there are, what they hold, and the latest words on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, func, or_, select, true

from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.coins.models import Account, AccountKind, Currency
from portal.drives import policy
from portal.drives.models import Drive, DriveState, DriveUpdate
from portal.people.models import Person, Unit, UnitKind

PAGE = 25


@dataclass(frozen=True, slots=True)
class Totals:
    """What a drive holds: money in fen and coins, two units that never mix."""

    fen: int = 0
    coins: int = 0


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The drives this viewer may see: the twin of `policy.may_see`."""
    units = _units_of(viewer)
    public = true() if units is None else _for_units(units)
    prepared = [viewer.units_as(role) for role in ("committee", "station")]
    drafts: ColumnElement[bool] = true()
    if all(units is not None for units in prepared):
        drafts = Drive.unit_id.in_({unit for units in prepared if units for unit in units})
    is_draft = Drive.state == DriveState.DRAFT
    return or_(and_(~is_draft, public), and_(is_draft, drafts))


def _units_of(viewer: Viewer) -> set[int] | None:
    """The units whose drives the viewer sees once they are no drafts; None is the whole house."""
    overseen = [viewer.units_as(role) for role in policy.OVERSEERS]
    if None in overseen:
        return None
    return set(viewer.place).union(*(units for units in overseen if units))


def _for_units(units: Any) -> ColumnElement[bool]:
    return or_(Drive.unit_id.is_(None), Drive.unit_id.in_(units))


@dataclass(frozen=True, slots=True)
class OpenDrive:
    """An open drive on the first screen: until when, and how much money of how much."""

    id: int
    title: str
    closes_on: date
    goal_fen: int
    held_fen: int


def next_to_close(viewer: Viewer) -> OpenDrive | None:
    """Of the open drives the viewer sees, the one that closes first."""
    units = _units_of(viewer)
    values = {} if units is None else {"units": list(units)}
    rows = fetch(_next_to_close(units is not None), **values)
    return OpenDrive(*rows[0]) if rows else None


@cache
def _next_to_close(is_narrowed: bool) -> AnySelect:
    money = and_(
        Account.kind == AccountKind.DRIVE,
        Account.owner_id == Drive.id,
        Account.period == "",
        Account.currency == Currency.FEN,
    )
    statement = (
        select(Drive.id, Drive.title, Drive.closes_on, Drive.goal_fen)
        .add_columns(func.coalesce(Account.balance, 0))
        .outerjoin(Account, money)
        .where(Drive.state == DriveState.OPEN)
        .order_by(Drive.closes_on, Drive.id)
        .limit(1)
    )
    if is_narrowed:
        units = bindparam("units", expanding=True, type_=BigInteger)
        statement = statement.where(_for_units(units))
    return statement


def in_state(
    viewer: Viewer, state: DriveState, *, after: tuple[date, int] | None = None, limit: int = PAGE
) -> list[Drive]:
    """Drives of one state: open ones by their last day, others the latest first. One more."""
    statement = select(Drive).where(Drive.state == state, visible_to(viewer))
    if state == DriveState.OPEN:
        statement = statement.order_by(Drive.closes_on, Drive.id)
    else:
        statement = statement.order_by(Drive.closes_on.desc(), Drive.id.desc())
    if after is not None:
        day, drive_id = after
        later = or_(Drive.closes_on < day, and_(Drive.closes_on == day, Drive.id < drive_id))
        statement = statement.where(later)
    return list(session().scalars(statement.limit(limit + 1)))


def newest(viewer: Viewer, *, after: int | None, limit: int = PAGE) -> list[Drive]:
    """Drives of every state that the viewer may see, the newest first; one more."""
    statement = select(Drive).where(visible_to(viewer)).order_by(Drive.id.desc())
    if after is not None:
        statement = statement.where(Drive.id < after)
    return list(session().scalars(statement.limit(limit + 1)))


def numbered(viewer: Viewer, drive_id: int) -> Drive | None:
    """The drive with this number, if the viewer may see it."""
    return session().scalar(select(Drive).where(Drive.id == drive_id, visible_to(viewer)))


def totals(drive_ids: Iterable[int]) -> dict[int, Totals]:
    """What the drives hold, from the ledger's accounts: one query, whatever the number of gifts."""
    wanted = set(drive_ids)
    if not wanted:
        return {}
    rows = fetch(_totals(), ids=list(wanted))
    held: dict[int, dict[str, int]] = {drive_id: {} for drive_id in wanted}
    for row in rows:
        held[row.owner_id][row.currency] = row.balance
    return {
        drive_id: Totals(found.get("fen", 0), found.get("coin", 0))
        for drive_id, found in held.items()
    }


@cache
def _totals() -> AnySelect:
    ids = bindparam("ids", expanding=True, type_=BigInteger)
    return select(Account.owner_id, Account.currency, Account.balance).where(
        Account.kind == AccountKind.DRIVE, Account.owner_id.in_(ids)
    )


def updates_of(drive_id: int, limit: int = 10) -> list[AnyRow]:
    """The latest words on a drive: (id, words, posted_at, name), newest first."""
    statement = (
        select(DriveUpdate.id, DriveUpdate.words, DriveUpdate.posted_at, Person.name)
        .join(Person, Person.id == DriveUpdate.posted_by_id)
        .where(DriveUpdate.drive_id == drive_id)
        .order_by(DriveUpdate.id.desc())
        .limit(limit)
    )
    return list(session().execute(statement))


def sites() -> list[tuple[int, str]]:
    """The sites a drive can be for."""
    rows = session().execute(
        select(Unit.id, Unit.name).where(Unit.kind == UnitKind.SITE).order_by(Unit.name, Unit.id)
    )
    return [(row.id, row.name) for row in rows]
