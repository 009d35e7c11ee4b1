"""Reading budgets: which units a leader gives for, what is left, who has been forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnySelect, fetch, session
from portal.base.history import true_on
from portal.coins.models import (
    Account,
    AccountKind,
    Currency,
    Entry,
    Reason,
    Transfer,
)
from portal.coins.queries.ledger import month_of, months_until, wallet_of
from portal.people.models import Employment, Person, Position, RoleGrant, Term, Unit, UnitPath
from portal.people.queries import StaffLine, below, below_column, lines, staff

MOVES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with itself and the units above it, the nearest first."""

    id: int
    name: str
    kind: str
    place: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """A unit's coins of one month: what came in, what is left, what waits for review."""

    exists: bool
    funded: int
    left: int
    held: int = 0

    @property
    def given(self) -> int:
        return self.funded - self.left - self.held


# ---- units ----------------------------------------------------------------------------------


def units_led(viewer: Viewer) -> list[UnitLine]:
    """The units a leader gives for, the nearest to the grant first, then by name."""
    led = viewer.units_as("leader") or frozenset()
    if not led:
        return []
    return [UnitLine(*row) for row in fetch(_units_led(), led=list(led), day=clock.today())]


@cache
def _units_led() -> AnySelect:
    led = bindparam("led", expanding=True, type_=BigInteger)
    nearest = func.min(UnitPath.distance)
    return (
        select(Unit.id, Unit.name, Unit.kind)
        .join(UnitPath, UnitPath.unit_id == Unit.id)
        .where(UnitPath.ancestor_id.in_(led), true_on(UnitPath, bindparam("day", type_=Date)))
        .group_by(Unit.id, Unit.name, Unit.kind)
        .order_by(nearest, Unit.name, Unit.id)
    )


def unit_with_place(unit_id: int) -> UnitLine | None:
    """A unit of today with its place in the tree; policies decide what may be done with it."""
    rows = (
        session()
        .execute(
            select(Unit.name, Unit.kind, UnitPath.ancestor_id)
            .join(UnitPath, UnitPath.unit_id == Unit.id)
            .where(Unit.id == unit_id, true_on(UnitPath, clock.today()))
            .order_by(UnitPath.distance)
        )
        .all()
    )
    if not rows:
        return None
    return UnitLine(unit_id, rows[0].name, rows[0].kind, tuple(row.ancestor_id for row in rows))


def units_with_leader(day: date) -> AnySelect:
    """The units that somebody leads on `day`."""
    employed, inside, term = aliased(Employment), aliased(Position), aliased(Term)
    mine = employed.person_id == RoleGrant.person_id
    in_unit = (
        select(inside.id)
        .join(employed, employed.id == inside.employment_id)
        .where(
            mine,
            true_on(inside, day),
            below_column(RoleGrant.while_in_unit_id, inside.unit_id, day),
        )
    )
    here = (
        select(term.id)
        .join(employed, employed.id == term.employment_id)
        .where(mine, true_on(term, day))
    )
    return (
        select(RoleGrant.unit_id)
        .where(
            RoleGrant.role == "leader",
            RoleGrant.valid_from <= day,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day),
            exists(here),
            or_(RoleGrant.while_in_unit_id.is_(None), exists(in_unit)),
        )
        .distinct()
    )


def heads_by_unit(day: date) -> dict[int, int]:
    """People in service by unit with a leader; everybody counts once, in the nearest such unit."""
    rank = func.row_number().over(partition_by=UnitPath.unit_id, order_by=UnitPath.distance)
    led = units_with_leader(day).subquery()
    ranked = (
        select(UnitPath.unit_id, UnitPath.ancestor_id, rank.label("rank"))
        .join(led, led.c.unit_id == UnitPath.ancestor_id)
        .where(true_on(UnitPath, day))
        .subquery()
    )
    heads = (
        select(ranked.c.ancestor_id, func.count(func.distinct(Employment.person_id)))
        .join(Position, and_(Position.unit_id == ranked.c.unit_id, true_on(Position, day)))
        .join(Employment, Employment.id == Position.employment_id)
        .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, day)))
        .where(ranked.c.rank == 1)
        .group_by(ranked.c.ancestor_id)
    )
    return {row[0]: row[1] for row in session().execute(heads)}


# ---- budgets --------------------------------------------------------------------------------


def _is_budget(owner_id: Any, period: Any) -> ColumnElement[bool]:
    return and_(
        Account.kind == AccountKind.BUDGET,
        Account.owner_id == owner_id,
        Account.period == period,
        Account.currency == Currency.COIN,
    )


def _funded(owner_id: Any, period: Any) -> ColumnElement[int]:
    """What came into the slices of a budget."""
    return (
        select(func.coalesce(func.sum(Entry.amount), 0))
        .join(Account, Account.id == Entry.account_id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(_is_budget(owner_id, period), Transfer.reason == Reason.FUND)
        .scalar_subquery()
    )


def _left(owner_id: Any, period: Any) -> ColumnElement[int]:
    """What the slices of a budget hold; NULL when nothing ever came in."""
    return select(func.sum(Account.balance)).where(_is_budget(owner_id, period)).scalar_subquery()


def _held(owner_id: Any, period: Any) -> ColumnElement[int]:
    """What is set aside out of a budget, to be decided about."""
    return (
        select(func.coalesce(func.sum(Account.balance), 0))
        .where(
            Account.kind == AccountKind.HELD,
            Account.owner_id == owner_id,
            Account.period == literal("budget:", String) + period,
            Account.currency == Currency.COIN,
        )
        .scalar_subquery()
    )


def budget(unit_id: int, day: date) -> Budget:
    """A unit's budget of the month of `day`."""
    [(funded, left, held)] = fetch(_budget(), period=month_of(day), unit_id=unit_id)
    return Budget(left is not None, int(funded), int(left or 0), int(held))


@cache
def _budget() -> AnySelect:
    place: Any = bindparam("unit_id"), bindparam("period", type_=String)
    return select(_funded(*place), _left(*place), _held(*place))


@dataclass(frozen=True, slots=True)
class BudgetMove:
    """What came into a unit's budget, or went out of it, other than awards.

    `what`: "rule" (heads × rate), "people" (they came or went), "hand", "unused" (it lapsed).
    """

    day: date
    what: str
    amount: int
    memo: str


def budget_moves(unit_id: int, day: date) -> list[BudgetMove]:
    """How the budgets of the month of `day` and of the one before came about, newest first."""
    what = case(
        (Transfer.reason == Reason.EXPIRE, "unused"),
        (Transfer.key.like("correct:%"), "people"),
        (Transfer.key.like("fund:hand:%"), "hand"),
        else_="rule",
    )
    rows = session().execute(
        select(Transfer.happened_on, what, func.sum(Entry.amount), Transfer.memo)
        .join(Entry, Entry.transfer_id == Transfer.id)
        .join(Account, Account.id == Entry.account_id)
        .where(
            Account.kind == AccountKind.BUDGET,
            Account.owner_id == unit_id,
            Account.period.in_(months_until(day, 2)),
            Transfer.reason.in_([Reason.FUND, Reason.EXPIRE]),
        )
        .group_by(Transfer.id, Transfer.happened_on, what, Transfer.memo)
        .order_by(Transfer.id.desc())
        .limit(MOVES_SHOWN)
    )
    return [BudgetMove(row[0], row[1], int(row[2]), row[3]) for row in rows]


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A unit of the overview with its budget of the month; None: nothing came in."""

    unit_id: int
    unit: str
    kind: str
    funded: int | None
    left: int | None
    held: int = 0

    @property
    def given(self) -> int:
        return (self.funded or 0) - (self.left or 0) - self.held


def budgets(
    within: Iterable[int] | None,
    day: date,
    *,
    typed: str = "",
    after: tuple[str, int] | None = None,
    limit: int = 25,
) -> list[BudgetLine]:
    """Departments and teams in and under `within` (None: everywhere) with their budget of the
    month of `day`, by name: `limit` lines and one more."""
    query = (
        select(
            Unit.id,
            Unit.name,
            Unit.kind,
            _funded(Unit.id, month_of(day)),
            _left(Unit.id, month_of(day)),
            _held(Unit.id, month_of(day)),
        )
        .where(Unit.kind != "site")
        .order_by(Unit.name, Unit.id)
        .limit(limit + 1)
    )
    if within is not None:
        query = query.where(below(within, Unit.id, day))
    if typed:
        query = query.where(Unit.name >= typed, Unit.name < typed + "\U0010ffff")
    if after is not None:
        query = query.where(tuple_(Unit.name, Unit.id) > after)
    return [
        BudgetLine(*row[:3], *map(int, row[3:]))
        if row[4] is not None
        else BudgetLine(*row[:3], None, None)
        for row in session().execute(query)
    ]


def scope_of_overview(viewer: Viewer) -> frozenset[int] | None:
    """The units whose budgets the viewer reads; None means the whole house."""
    scope: frozenset[int] = frozenset()
    for role in ("hr", "auditor", "general_manager"):
        units = viewer.units_as(role)
        if units is None:
            return None
        scope |= units
    return scope


def forgotten(unit_id: int, since: date, *, but: int, limit: int = 10) -> list[StaffLine]:
    """People in and under a unit whom nobody awarded or thanked since a day: `limit` and one more.

    Those who began later are not counted, nor is `but` (who asks).
    """
    undo, employed, term = aliased(Transfer), aliased(Employment), aliased(Term)
    recognised = (
        select(Entry.id)
        .join(Account, Account.id == Entry.account_id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(
            *wallet_of(Person.id),
            Entry.amount > 0,
            Transfer.reason.in_([Reason.AWARD, Reason.THANK]),
            Transfer.happened_on >= since,
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
    )
    began_before = (
        select(term.id)
        .join(employed, employed.id == term.employment_id)
        .where(employed.person_id == Person.id, term.valid_from <= since)
    )
    today = clock.today()
    return lines(
        staff(today)
        .where(
            below([unit_id], Position.unit_id, today),
            Person.id != but,
            ~exists(recognised),
            exists(began_before),
        )
        .order_by(Person.sort_key, Person.id)
        .limit(limit + 1)
    )


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody to be given coins: do they work here, and in the unit that gives?"""

    id: int
    name: str
    in_service: bool
    in_unit: bool


def receivers(person_ids: Iterable[int], unit_id: int) -> dict[int, Receiver]:
    """The people named, with what decides whether the unit may give to them, in one query."""
    rows = fetch(_receivers(), people=list(person_ids), unit_id=unit_id, day=clock.today())
    return {row[0]: Receiver(*row) for row in rows}


@cache
def _receivers() -> AnySelect:
    day: Any = bindparam("day", type_=Date)
    people = bindparam("people", expanding=True, type_=BigInteger)
    employed, placed = aliased(Employment), aliased(Employment)
    in_service = exists(
        select(Term.id)
        .join(employed, employed.id == Term.employment_id)
        .where(employed.person_id == Person.id, true_on(Term, day))
        .correlate(Person)
    )
    in_unit = exists(
        select(Position.id)
        .join(placed, placed.id == Position.employment_id)
        .join(UnitPath, UnitPath.unit_id == Position.unit_id)
        .where(
            placed.person_id == Person.id,
            true_on(Position, day),
            UnitPath.ancestor_id == bindparam("unit_id"),
            true_on(UnitPath, day),
        )
        .correlate(Person)
    )
    return (
        select(Person.id, Person.name, in_service, in_unit)
        .where(Person.id.in_(people))
        .order_by(Person.sort_key, Person.id)
    )
