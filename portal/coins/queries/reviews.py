"""Reading what waits for a second pair of eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnySelect, session
from portal.base.history import true_on
from portal.coins.models import (
    Account,
    Award,
    AwardRequest,
    AwardRequestPerson,
    Entry,
    RequestState,
    Transfer,
    Value,
    WithdrawalRequest,
)
from portal.coins.queries.ledger import wallet_of
from portal.people.models import Person, Unit, UnitPath
from portal.people.queries import below

decider = aliased(Person)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """An award that waits, or waited: who asks, out of which budget, for what, how it stands."""

    id: int
    by: str
    unit: str
    value: str
    words: str
    amount: int
    head_count: int
    happened_on: date
    asked_at: datetime
    lapses_at: datetime
    state: str
    decided_at: datetime | None
    decided_by: str | None
    answer: str
    award_id: int | None

    @property
    def total(self) -> int:
        return self.amount * self.head_count

    @property
    def value_label(self) -> str:
        return Value(self.value).label

    @property
    def state_label(self) -> str:
        return RequestState(self.state).label


@dataclass(frozen=True, slots=True)
class WithdrawalLine:
    """An award that somebody asks to take back: which, who asks and why, how it stands."""

    id: int
    award_id: int
    by: str
    giver: str
    amount: int
    head_count: int
    reason: str
    asked_at: datetime
    state: str
    decided_at: datetime | None
    decided_by: str | None
    answer: str

    @property
    def total(self) -> int:
        return self.amount * self.head_count

    @property
    def state_label(self) -> str:
        return RequestState(self.state).label


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits for a viewer."""

    awards: int
    withdrawals: int

    @property
    def total(self) -> int:
        return self.awards + self.withdrawals


# ---- what a viewer decides ----------------------------------------------------------------------


def _answers_for(viewer: Viewer, unit_column: Any) -> ColumnElement[bool]:
    """Leads a unit above this one, or is HR over it: the twin of `policy.answers_for`."""
    day = clock.today()
    found: list[ColumnElement[bool]] = []
    if led := viewer.units_as("leader"):
        path = aliased(UnitPath)
        found.append(
            exists(
                select(path.id).where(
                    path.unit_id == unit_column,
                    path.ancestor_id.in_(led),
                    path.distance > 0,
                    true_on(path, day),
                )
            )
        )
    hr = viewer.units_as("hr")
    if hr is None:
        found.append(true())
    elif hr:
        found.append(below(hr, unit_column, day))
    return or_(*(found or [false()]))


def _decides_awards(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that an AwardRequest waits for this viewer: the twin of `may_decide`."""
    receives = exists(
        select(AwardRequestPerson.person_id).where(
            AwardRequestPerson.request_id == AwardRequest.id,
            AwardRequestPerson.person_id == viewer.id,
        )
    )
    return and_(
        AwardRequest.state == RequestState.WAITING,
        AwardRequest.lapses_at > clock.now(),
        AwardRequest.by_id != viewer.id,
        ~receives,
        _answers_for(viewer, AwardRequest.unit_id),
    )


def _decides_withdrawals(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a WithdrawalRequest (with its Award) waits for this viewer."""
    received = exists(
        select(Entry.id)
        .join(Account, Account.id == Entry.account_id)
        .where(Entry.transfer_id == Award.transfer_id, *wallet_of(viewer.id))
    )
    return and_(
        WithdrawalRequest.state == RequestState.WAITING,
        WithdrawalRequest.by_id != viewer.id,
        Award.by_id != viewer.id,
        ~received,
        _answers_for(viewer, Award.unit_id),
    )


def queue(viewer: Viewer) -> Queue:
    """How much waits for this viewer, in one query."""
    awards = select(func.count(AwardRequest.id)).where(_decides_awards(viewer))
    withdrawals = (
        select(func.count(WithdrawalRequest.id))
        .join(Award, Award.id == WithdrawalRequest.award_id)
        .where(_decides_withdrawals(viewer))
    )
    counts: Any = select(awards.scalar_subquery(), withdrawals.scalar_subquery())
    return Queue(*session().execute(counts).one())


def waiting_awards(viewer: Viewer, after: int | None, limit: int) -> list[RequestLine]:
    """Awards that wait for this viewer, the oldest first: `limit` lines and one more."""
    query = _request_lines().where(_decides_awards(viewer)).order_by(AwardRequest.id)
    if after is not None:
        query = query.where(AwardRequest.id > after)
    return [RequestLine(*row) for row in session().execute(query.limit(limit + 1))]


def waiting_withdrawals(viewer: Viewer, after: int | None, limit: int) -> list[WithdrawalLine]:
    """Withdrawals that wait for this viewer, the oldest first: `limit` lines and one more."""
    query = _withdrawal_lines().where(_decides_withdrawals(viewer)).order_by(WithdrawalRequest.id)
    if after is not None:
        query = query.where(WithdrawalRequest.id > after)
    return [WithdrawalLine(*row) for row in session().execute(query.limit(limit + 1))]


# ---- one, and one's own -------------------------------------------------------------------------


def _request_lines() -> AnySelect:
    return (
        select(
            AwardRequest.id, Person.name, Unit.name, AwardRequest.value, AwardRequest.reason,
            AwardRequest.amount, AwardRequest.head_count, AwardRequest.happened_on,
            AwardRequest.asked_at, AwardRequest.lapses_at, AwardRequest.state,
            AwardRequest.decided_at, decider.name, AwardRequest.answer, AwardRequest.award_id,
        )
        .join(Person, Person.id == AwardRequest.by_id)
        .join(Unit, Unit.id == AwardRequest.unit_id)
        .outerjoin(decider, decider.id == AwardRequest.decided_by_id)
    )  # fmt: skip


def _withdrawal_lines() -> AnySelect:
    giver = aliased(Person)
    return (
        select(
            WithdrawalRequest.id, WithdrawalRequest.award_id, Person.name, giver.name,
            Award.amount, Award.head_count, WithdrawalRequest.reason, WithdrawalRequest.asked_at,
            WithdrawalRequest.state, WithdrawalRequest.decided_at, decider.name,
            WithdrawalRequest.answer,
        )
        .join(Award, Award.id == WithdrawalRequest.award_id)
        .join(Person, Person.id == WithdrawalRequest.by_id)
        .join(giver, giver.id == Award.by_id)
        .outerjoin(decider, decider.id == WithdrawalRequest.decided_by_id)
    )  # fmt: skip


def request_line(request_id: int) -> RequestLine:
    """One award that waits, or waited; whoever asks has loaded it for the viewer."""
    query = _request_lines().where(AwardRequest.id == request_id)
    return RequestLine(*session().execute(query).one())


def withdrawal_line(withdrawal_id: int) -> WithdrawalLine:
    """One request to take an award back; whoever asks has loaded it for the viewer."""
    query = _withdrawal_lines().where(WithdrawalRequest.id == withdrawal_id)
    return WithdrawalLine(*session().execute(query).one())


def own_requests(by_id: int, unit_id: int, limit: int = 10) -> list[RequestLine]:
    """What somebody asked for out of a unit's budget and that still waits, the newest first."""
    query = _request_lines().where(
        AwardRequest.by_id == by_id,
        AwardRequest.unit_id == unit_id,
        AwardRequest.state == RequestState.WAITING,
    )
    query = query.order_by(AwardRequest.id.desc()).limit(limit)
    return [RequestLine(*row) for row in session().execute(query)]


def names_of(person_ids: Sequence[int], limit: int) -> list[str]:
    """The names of these people in reading order, `limit` at most."""
    query = select(Person.name).where(Person.id.in_(person_ids))
    return list(session().scalars(query.order_by(Person.sort_key, Person.id).limit(limit)))


def standing_withdrawal(award_id: int) -> WithdrawalRequest | None:
    """The request to take this award back that waits, or was granted."""
    query = select(WithdrawalRequest).where(
        WithdrawalRequest.award_id == award_id,
        WithdrawalRequest.state.in_([RequestState.WAITING, RequestState.APPROVED]),
    )
    return session().scalars(query.order_by(WithdrawalRequest.id.desc()).limit(1)).one_or_none()


def is_withdrawn(award_id: int) -> bool:
    """The award was taken back."""
    undo = select(Transfer.id).join(Award, Award.transfer_id == Transfer.reverses_id)
    return session().scalar(undo.where(Award.id == award_id)) is not None
