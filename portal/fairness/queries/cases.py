"""Reading cases: those of one's own, and those one may decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, false, not_, or_, select, true
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.coins.models import Award, Reason, Transfer
from portal.fairness.models import Case, CaseAnswer, CaseItem, CaseKind, CaseState
from portal.fairness.policy import OVERSEERS
from portal.people.models import Person
from portal.people.queries import below


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that this viewer may see a Case: the twin of `policy.may_see`."""
    is_own = or_(Case.giver_id == viewer.id, Case.receiver_id == viewer.id)
    return or_(is_own, _decidable(viewer))


def _decidable(viewer: Viewer) -> ColumnElement[bool]:
    led, cared = viewer.units_as("leader"), viewer.units_as("hr")
    if led is None:
        return false()
    ways: list[ColumnElement[bool]] = []
    for role in OVERSEERS:
        units = viewer.units_as(role)
        ways.append(true() if units is None else _within(units))
    if cared:
        ways.append(not_(_within(cared)))
    return and_(or_(*ways), not_(_within(led)))


def _within(units: Iterable[int]) -> ColumnElement[bool]:
    """One of the two is in or under one of these units."""
    wanted, today = list(units), clock.today()
    if not wanted:
        return false()
    return or_(
        below(wanted, Case.giver_unit_id, today), below(wanted, Case.receiver_unit_id, today)
    )


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list."""

    id: int
    kind: str
    state: str
    giver: str
    receiver: str
    there: int
    back: int
    opened_at: datetime
    due_on: date

    @property
    def kind_label(self) -> str:
        return CaseKind(self.kind).label

    @property
    def state_label(self) -> str:
        return CaseState(self.state).label


def cases(viewer: Viewer, after: int | None = None, limit: int = 25) -> list[CaseLine]:
    """The cases this viewer may see, newest first: `limit` lines and one more."""
    giver, receiver = aliased(Person), aliased(Person)
    query = (
        select(
            Case.id, Case.kind, Case.state, giver.name, receiver.name, Case.there, Case.back,
            Case.opened_at, Case.due_on,
        )
        .join(giver, giver.id == Case.giver_id)
        .join(receiver, receiver.id == Case.receiver_id)
        .where(visible_to(viewer))
        .order_by(Case.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if after is not None:
        query = query.where(Case.id < after)
    return [CaseLine(*row) for row in session().execute(query)]


@dataclass(frozen=True, slots=True)
class ItemLine:
    """A transfer a case asks about: when, which way, how many, and in what words."""

    transfer_id: int
    there: bool
    amount: int
    happened_on: date
    reason: str
    words: str | None
    is_reversed: bool

    @property
    def label(self) -> str:
        return Reason(self.reason).label


def items_of(case_id: int, limit: int = 100) -> list[ItemLine]:
    """What a case asks about, the latest first."""
    rows = session().execute(
        select(
            CaseItem.transfer_id, CaseItem.there, CaseItem.amount, Transfer.happened_on,
            Transfer.reason, Award.reason.label("words"), CaseItem.reversal_id.is_not(None),
        )
        .join(Transfer, Transfer.id == CaseItem.transfer_id)
        .outerjoin(Award, Award.transfer_id == Transfer.id)
        .where(CaseItem.case_id == case_id)
        .order_by(Transfer.happened_on.desc(), Transfer.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [ItemLine(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What one of the two said."""

    person_id: int
    name: str
    words: str
    said_at: datetime


def answers_of(case_id: int) -> list[AnswerLine]:
    """What the two said, the first first."""
    rows = session().execute(
        select(CaseAnswer.person_id, Person.name, CaseAnswer.words, CaseAnswer.said_at)
        .join(Person, Person.id == CaseAnswer.person_id)
        .where(CaseAnswer.case_id == case_id)
        .order_by(CaseAnswer.said_at, CaseAnswer.person_id)
    )
    return [AnswerLine(*row) for row in rows]
