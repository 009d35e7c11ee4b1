"""Reading awards: which, to whom, by whom, and who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    String,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, UtcDateTime, fetch, session
from portal.base.history import valid_on
from portal.coins.models import (
    Account,
    AccountKind,
    Award,
    AwardKind,
    CoinRule,
    Currency,
    Entry,
    Reason,
    Transfer,
    Value,
    WalletMonth,
)
from portal.coins.policy import OVERSEERS
from portal.coins.queries.ledger import month_of, wallet_of
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
    kind: str
    value: str | None
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
    def is_thanks(self) -> bool:
        """A colleague's own, not out of a unit's budget."""
        return self.kind == AwardKind.THANK

    @property
    def value_label(self) -> str:
        """What was recognised; thanks of colleagues need no such word."""
        return Value(self.value).label if self.value else Reason.THANK.label


def _award_lines() -> AnySelect:
    undo = aliased(Transfer)
    return (
        select(
            Award.id,
            Person.name,
            Award.kind,
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
    viewer: Viewer,
    unit_id: int,
    after: int | None = None,
    limit: int = 25,
    *,
    with_thanks: bool = False,
) -> list[AwardLine]:
    """Awards out of a unit's budgets, newest first: `limit` lines and one more.

    `with_thanks`: also what its people were thanked for; who joined in stands with the award.
    """
    kinds = list(AwardKind) if with_thanks else [AwardKind.AWARD]
    if unit_id in viewer.place[:1]:
        # told to the whole unit: the condition holds for each row, so it is not asked
        values: dict[str, Any] = {"unit_id": unit_id, "most": limit + 1, "kinds": kinds}
        if after is not None:
            values["after"] = after
        rows: Sequence[AnyRow] = fetch(_of_unit(after is not None), **values)
    else:
        query = _of_unit(after is not None).where(visible_to(viewer))
        asked = {"unit_id": unit_id, "most": limit + 1, "kinds": kinds, "after": after}
        rows = session().execute(query, asked).all()
    names = first_names([row.id for row in rows])
    return [replace(AwardLine(*row), names=names.get(row.id, ())) for row in rows]


@cache
def _of_unit(is_further: bool) -> AnySelect:
    query = (
        _award_lines()
        .where(
            Award.unit_id == bindparam("unit_id"),
            Award.kind.in_(bindparam("kinds", expanding=True, type_=String)),
            Award.adds_to_id.is_(None),
        )
        .order_by(Award.id.desc())
        .limit(bindparam("most", type_=BigInteger))
    )
    return query.where(Award.id < bindparam("after", type_=BigInteger)) if is_further else query


def award_line(award_id: int) -> AwardLine:
    """One award as a line; whoever asks has loaded it for the viewer."""
    [row] = fetch(_award_line(), award_id=award_id)
    return AwardLine(*row)


@cache
def _award_line() -> AnySelect:
    return _award_lines().where(Award.id == bindparam("award_id"))


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who joined in with an award: "I thank you too"."""

    id: int
    by_id: int
    by: str
    amount: int
    head_count: int
    entered_at: datetime

    @property
    def total(self) -> int:
        return self.amount * self.head_count


def joined(award_id: int, limit: int) -> list[Joined]:
    """Who joined in with an award and did not take it back, the first ones first."""
    undo = aliased(Transfer)
    rows = session().execute(
        select(
            Award.id, Award.by_id, Person.name, Award.amount, Award.head_count, Transfer.entered_at
        )
        .join(Transfer, Transfer.id == Award.transfer_id)
        .join(Person, Person.id == Award.by_id)
        .where(
            Award.adds_to_id == award_id,
            ~exists(select(undo.id).where(undo.reverses_id == Award.transfer_id)),
        )
        .order_by(Award.id)
        .limit(limit)
    )
    return [Joined(*row) for row in rows]


def receivers_of(transfer_id: int, limit: int) -> list[str]:
    """The names of those who received an award, in reading order, `limit` at most."""
    return [name for _id, name in named_receivers(transfer_id, limit)]


def named_receivers(transfer_id: int, limit: int) -> list[tuple[int, str]]:
    """Those who received an award, by id and name, in reading order, `limit` at most."""
    return [
        (row[0], row[1])
        for row in session().execute(
            select(Person.id, Person.name)
            .join(Account, Account.owner_id == Person.id)
            .join(Entry, Entry.account_id == Account.id)
            .where(Entry.transfer_id == transfer_id, Account.kind == AccountKind.WALLET)
            .order_by(Person.sort_key, Person.id)
            .limit(limit)
        )
    ]


def first_names(award_ids: Iterable[int], limit: int = 3) -> dict[int, tuple[str, ...]]:
    """The first few receivers of each award, in reading order, in one query."""
    found: dict[int, tuple[str, ...]] = {}
    wanted = list(award_ids)
    for award_id, name in fetch(_first_names(), ids=wanted, most=limit) if wanted else ():
        found[award_id] = (*found.get(award_id, ()), name)
    return found


@cache
def _first_names() -> AnySelect:
    ids = bindparam("ids", expanding=True, type_=BigInteger)
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
        .where(ranked.c.place <= bindparam("most", type_=BigInteger))
        .order_by(ranked.c.id, ranked.c.place)
    )


# ---- what is asked before and after a coin is moved ----------------------------------------------

SAME_WORDS_AFTER = timedelta(days=30)
"""So long the same words of the same giver are noise."""


def before_award(giver_id: int, words: str) -> tuple[dict[str, int], bool]:
    """The numbers the house decided about coins, and whether the giver used these very words not
    long ago in an award that stands. One query: it is asked for each award."""
    since = clock.now() - SAME_WORDS_AFTER
    rows = fetch(_before_award(), day=clock.today(), giver_id=giver_id, words=words, since=since)
    return {row[0]: row[1] for row in rows if row[0]}, any(not row[0] for row in rows)


@cache
def _before_award() -> AnySelect:
    undo = aliased(Transfer)
    numbers = select(CoinRule.name, CoinRule.number).where(
        valid_on(CoinRule, bindparam("day", type_=Date))
    )
    said = (
        select(literal("", String), Award.amount)
        .join(Transfer, Transfer.id == Award.transfer_id)
        .where(
            Award.by_id == bindparam("giver_id"),
            Award.reason == bindparam("words", type_=String),
            Transfer.entered_at >= bindparam("since", type_=UtcDateTime),
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
    )
    found: Any = union_all(numbers, said)
    return select(found.subquery())


def wallets_of(person_ids: Sequence[int]) -> dict[int, int]:
    """The wallets there are of these people, by owner."""
    return {row.owner_id: row.id for row in fetch(_wallets_of(), people=list(person_ids))}


@cache
def _wallets_of() -> AnySelect:
    return select(Account.owner_id, Account.id).where(
        Account.kind == AccountKind.WALLET,
        Account.owner_id.in_(bindparam("people", expanding=True, type_=BigInteger)),
        Account.period == "",
        Account.currency == Currency.COIN,
    )


def awarded_in_month(
    wallets: Sequence[int], day: date, giver_id: int | None, above: int
) -> dict[int, int]:
    """Coins awarded to each of these wallets in the month of `day`, by anybody (None) or by one
    giver, net of what was withdrawn; only those above a number."""
    first = day.replace(day=1)
    asked: dict[str, Any] = {"first": first, "after": (first + timedelta(days=32)).replace(day=1)}
    if giver_id is None:
        # what was received in all is kept: only where that is above, the awards are added up
        kept = fetch(_received_above(), wallets=wallets, month=month_of(day), above=above)
        wallets = [row.account_id for row in kept]
    else:
        asked["giver_id"] = giver_id
    if not wallets:
        return {}
    rows = fetch(_awarded_above(giver_id is not None), wallets=wallets, above=above, **asked)
    return {row.account_id: int(row.awarded) for row in rows}


@cache
def _received_above() -> AnySelect:
    return select(WalletMonth.account_id).where(
        WalletMonth.account_id.in_(bindparam("wallets", expanding=True, type_=BigInteger)),
        WalletMonth.month == bindparam("month", type_=String),
        WalletMonth.received > bindparam("above", type_=BigInteger),
    )


@cache
def _awarded_above(is_of_giver: bool) -> AnySelect:
    undo = aliased(Transfer)
    awarded = func.sum(Entry.amount)
    query = (
        select(Entry.account_id, awarded.label("awarded"))
        .join(Award, Award.transfer_id == Entry.transfer_id)
        .join(Transfer, Transfer.id == Award.transfer_id)
        .where(
            Entry.account_id.in_(bindparam("wallets", expanding=True, type_=BigInteger)),
            Transfer.happened_on >= bindparam("first", type_=Date),
            Transfer.happened_on < bindparam("after", type_=Date),
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
        .group_by(Entry.account_id)
        .having(awarded > bindparam("above", type_=BigInteger))
        .order_by(Entry.account_id)
    )
    return query.where(Award.by_id == bindparam("giver_id")) if is_of_giver else query
