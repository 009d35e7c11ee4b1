"""Reading awards: which, to whom, by whom, and who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.coins.models import Account, AccountKind, Award, Entry, Transfer, Value
from portal.coins.policy import OVERSEERS
from portal.coins.queries.ledger import wallet_of
from portal.people.models import Person
from portal.people.queries import below


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that this viewer may see an Award: the twin of `policy.may_see`."""
    received = exists(
        select(Entry.id)
        .join(Account, Account.id == Entry.account_id)
        .where(Entry.transfer_id == Award.transfer_id, *wallet_of(viewer.id))
    )
    overseen: list[ColumnElement[bool]] = []
    for role in OVERSEERS:
        units = viewer.units_as(role)
        if units is None:
            overseen.append(true())
        elif units:
            overseen.append(below(units, Award.unit_id, clock.today()))
    told = Award.unit_id.in_(viewer.place)
    return or_(Award.by_id == viewer.id, received, told, *(overseen or [false()]))


@dataclass(frozen=True, slots=True)
class AwardLine:
    """An award in a list: to whom (the first few), how many coins, by whom, and for what."""

    id: int
    by: str
    value: str
    words: str
    amount: int
    head_count: int
    happened_on: date
    entered_at: datetime
    withdrawn: bool
    names: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.amount * self.head_count

    @property
    def value_label(self) -> str:
        return Value(self.value).label


def _award_lines() -> AnySelect:
    undo = aliased(Transfer)
    return (
        select(
            Award.id,
            Person.name,
            Award.value,
            Award.reason,
            Award.amount,
            Award.head_count,
            Transfer.happened_on,
            Transfer.entered_at,
            exists(select(undo.id).where(undo.reverses_id == Award.transfer_id)),
        )
        .join(Transfer, Transfer.id == Award.transfer_id)
        .join(Person, Person.id == Award.by_id)
    )


def awards_of_unit(
    viewer: Viewer, unit_id: int, after: int | None = None, limit: int = 25
) -> list[AwardLine]:
    """Awards out of a unit's budgets, newest first: `limit` lines and one more."""
    if unit_id in viewer.place[:1]:
        # told to the whole unit: the condition holds for each row, so it is not asked
        values: dict[str, Any] = {"unit_id": unit_id, "most": limit + 1}
        if after is not None:
            values["after"] = after
        rows: Sequence[AnyRow] = fetch(_of_unit(after is not None), **values)
    else:
        query = _of_unit(after is not None).where(visible_to(viewer))
        asked = {"unit_id": unit_id, "most": limit + 1, "after": after}
        rows = session().execute(query, asked).all()
    names = first_names([row.id for row in rows])
    return [replace(AwardLine(*row), names=names.get(row.id, ())) for row in rows]


@cache
def _of_unit(is_further: bool) -> AnySelect:
    query = (
        _award_lines()
        .where(Award.unit_id == bindparam("unit_id"))
        .order_by(Award.id.desc())
        .limit(bindparam("most", type_=Integer))
    )
    return query.where(Award.id < bindparam("after", type_=Integer)) if is_further else query


def award_line(award_id: int) -> AwardLine:
    """One award as a line; whoever asks has loaded it for the viewer."""
    [row] = fetch(_award_line(), award_id=award_id)
    return AwardLine(*row)


@cache
def _award_line() -> AnySelect:
    return _award_lines().where(Award.id == bindparam("award_id"))


def receivers_of(transfer_id: int, limit: int) -> list[str]:
    """The names of those who received an award, in reading order, `limit` at most."""
    return list(
        session().scalars(
            select(Person.name)
            .join(Account, Account.owner_id == Person.id)
            .join(Entry, Entry.account_id == Account.id)
            .where(Entry.transfer_id == transfer_id, Account.kind == AccountKind.WALLET)
            .order_by(Person.sort_key, Person.id)
            .limit(limit)
        )
    )


def first_names(award_ids: Iterable[int], limit: int = 3) -> dict[int, tuple[str, ...]]:
    """The first few receivers of each award, in reading order, in one query."""
    found: dict[int, tuple[str, ...]] = {}
    wanted = list(award_ids)
    for award_id, name in fetch(_first_names(), ids=wanted, most=limit) if wanted else ():
        found[award_id] = (*found.get(award_id, ()), name)
    return found


@cache
def _first_names() -> AnySelect:
    ids = bindparam("ids", expanding=True, type_=Integer)
    place = func.row_number().over(partition_by=Award.id, order_by=(Person.sort_key, Person.id))
    ranked = (
        select(Award.id, Person.name, place.label("place"))
        .join(Entry, Entry.transfer_id == Award.transfer_id)
        .join(Account, and_(Account.id == Entry.account_id, Account.kind == AccountKind.WALLET))
        .join(Person, Person.id == Account.owner_id)
        .where(Award.id.in_(ids))
        .subquery()
    )
    return (
        select(ranked.c.id, ranked.c.name)
        .where(ranked.c.place <= bindparam("most", type_=Integer))
        .order_by(ranked.c.id, ranked.c.place)
    )
