"""Explaining a figure: the entries that add up to it, as of any past day.

The closed list of figures is `FIGURES`. Each says whose accounts it is about, which of their
entries count, and who may open it; the rest is one query for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnySelect, session
from portal.coins import policy
from portal.coins.models import (
    RECOGNITION,
    Account,
    AccountKind,
    Award,
    Currency,
    Entry,
    Reason,
    Transfer,
)
from portal.coins.queries.ledger import wallet_of
from portal.coins.queries.taken import start_of

original = aliased(Transfer)
FEW = 8  # accounts that are named one by one; more are found by the condition
PAGE = 25


@dataclass(frozen=True, slots=True)
class Subject:
    """What a figure is about: a person or unit by its number, or a kind; and a month ("2026-11"),
    empty where it is about all time."""

    id: int = 0
    month: str = ""
    kind: str = ""
    currency: str = Currency.COIN


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that stands on some page. `of`: what it is about. `may`: who may see it.

    `counts`: which entries of the accounts count, None for all. `sign`: -1 where what went out is
    shown. `is_told`: its entries may lead on to the awards they are of.
    """

    title: Any  # a lazy text
    of: str
    may: Callable[[Viewer, Any], bool]
    accounts: Callable[[Subject], ColumnElement[bool]]
    counts: Callable[[Subject], ColumnElement[bool]] | None = None
    sign: int = 1
    has_month: bool = False
    is_told: bool = False


def _wallet(subject: Subject) -> ColumnElement[bool]:
    return and_(*wallet_of(subject.id))


def _budget(subject: Subject) -> ColumnElement[bool]:
    return and_(
        Account.kind == AccountKind.BUDGET,
        Account.owner_id == subject.id,
        Account.period == subject.month,
        Account.currency == Currency.COIN,
    )


def _drive(subject: Subject) -> ColumnElement[bool]:
    return and_(
        Account.kind == AccountKind.DRIVE,
        Account.owner_id == subject.id,
        Account.currency == subject.currency,
    )


def _kind(subject: Subject) -> ColumnElement[bool]:
    return and_(Account.kind == subject.kind, Account.currency == subject.currency)


def _in_month(subject: Subject) -> ColumnElement[bool]:
    year, month = int(subject.month[:4]), int(subject.month[5:])
    first, past = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    return and_(Transfer.happened_on >= first, Transfer.happened_on < past)


def _is_recognition(_subject: Subject) -> ColumnElement[bool]:
    return func.coalesce(original.reason, Transfer.reason).in_(list(RECOGNITION))


FIGURES: dict[str, Figure] = {
    "wallet": Figure(_l("现在有的阳光金币"), "me", policy.is_own, _wallet, is_told=True),
    "change": Figure(
        _l("这个月的变化"), "me", policy.is_own, _wallet, _in_month, has_month=True, is_told=True
    ),
    "received": Figure(
        _l("这个月收到的"),
        "me",
        policy.is_own,
        _wallet,
        lambda subject: and_(_in_month(subject), _is_recognition(subject)),
        has_month=True,
        is_told=True,
    ),
    "ever_received": Figure(
        _l("收到的阳光金币"), "person", policy.may_see_received, _wallet, _is_recognition
    ),
    "budget_left": Figure(
        _l("预算还剩的"), "unit", policy.may_see_budget, _budget, has_month=True, is_told=True
    ),
    "budget_funded": Figure(
        _l("拨入预算的"),
        "unit",
        policy.may_see_budget,
        _budget,
        lambda _subject: Transfer.reason == Reason.FUND,
        has_month=True,
    ),
    "budget_given": Figure(
        _l("预算发出的"),
        "unit",
        policy.may_see_budget,
        _budget,
        lambda _subject: Transfer.reason != Reason.FUND,
        sign=-1,
        has_month=True,
        is_told=True,
    ),
    "kind": Figure(_l("这一类账户的总和"), "kind", policy.may_see_sums, _kind),
    "drive": Figure(_l("这次义捐收到的"), "drive", policy.nobody_here, _drive),
}
"""Every figure that can be explained. That of a drive is opened by the drives' own page."""


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of a figure. `place` pages the list; `running`: the sum up to and with it."""

    place: int
    transfer_id: int
    reason: str
    amount: int
    happened_on: date
    entered_at: datetime
    award_id: int | None
    running: int = 0

    @property
    def label(self) -> str:
        return Reason(self.reason).label

    @property
    def entered_later(self) -> bool:
        return clock.local(self.entered_at).date() != self.happened_on


@dataclass(frozen=True, slots=True)
class Explained:
    """A figure with the entries that make it, as of the end of a day: newest first.

    `next`: where the page that follows begins; None on the last one.
    """

    figure: Figure
    subject: Subject
    as_of: date
    total: int
    count: int
    parts: list[Part]
    next: int | None


def day_as_of(typed: str) -> date:
    """The past day that was asked for; today where none was, or what was typed is none."""
    try:
        return min(date.fromisoformat(typed[:10]), clock.today())
    except ValueError:
        return clock.today()


def explained(name: str, subject: Subject, as_of: date, after: int | None = None) -> Explained:
    """The figure `name` as of a day (by the day it was entered), with one page of its entries.

    Whoever asks has asked the figure's policy.
    """
    figure = FIGURES[name]
    asked = _Asked(figure, subject, as_of)
    total, count = asked.total()
    running = total if after is None else asked.total(asked.place < after)[0]
    parts: list[Part] = []
    rows = session().execute(asked.lines(after)).all()
    for row in rows[:PAGE]:
        place, transfer_id, reason, amount, happened_on, entered_at, award_id = row
        change = figure.sign * amount
        parts.append(
            Part(place, transfer_id, reason, change, happened_on, entered_at, award_id, running)
        )
        running -= change
    more = parts[-1].place if len(rows) > PAGE else None
    return Explained(figure, subject, as_of, total, count, parts, more)


class _Asked:
    """The statements behind one figure as of one day."""

    def __init__(self, figure: Figure, subject: Subject, as_of: date) -> None:
        self.figure, self.is_today = figure, as_of >= clock.today()
        accounts = figure.accounts(subject)
        ids = session().scalars(select(Account.id).where(accounts).limit(FEW + 1)).all()
        self.accounts = accounts if len(ids) > FEW else Account.id.in_(ids)
        self.place = Entry.seq if len(ids) == 1 else Entry.id
        self.conditions: list[ColumnElement[bool]] = [
            self.accounts if len(ids) > FEW else Entry.account_id.in_(ids)
        ]
        if figure.counts is not None:
            self.conditions.append(figure.counts(subject))
        if not self.is_today:
            self.conditions.append(Transfer.entered_at < start_of(as_of + timedelta(days=1)))

    def total(self, within: ColumnElement[bool] | None = None) -> tuple[int, int]:
        """The sum, and of how many entries. What is kept of whole accounts is not added up."""
        if within is None and self.figure.counts is None and self.is_today:
            kept = func.sum(Account.balance), func.sum(Account.entries)
            query: AnySelect = select(*kept).where(self.accounts)
        else:
            query = self._from(select(func.sum(Entry.amount), func.count()))
            query = query if within is None else query.where(within)
        [row] = session().execute(query)
        return self.figure.sign * int(row[0] or 0), int(row[1] or 0)

    def lines(self, after: int | None) -> AnySelect:
        query = self._from(
            select(
                self.place,
                Entry.transfer_id,
                Transfer.reason,
                Entry.amount,
                Transfer.happened_on,
                Transfer.entered_at,
                Award.id,
            )
        )
        query = query.outerjoin(
            Award, Award.transfer_id == func.coalesce(Transfer.reverses_id, Transfer.id)
        )
        query = query.order_by(self.place.desc()).limit(PAGE + 1)
        return query if after is None else query.where(self.place < after)

    def _from(self, query: AnySelect) -> AnySelect:
        return (
            query.select_from(Entry)
            .join(Account, Account.id == Entry.account_id)
            .join(Transfer, Transfer.id == Entry.transfer_id)
            .outerjoin(original, original.id == Transfer.reverses_id)
            .where(*self.conditions)
        )
