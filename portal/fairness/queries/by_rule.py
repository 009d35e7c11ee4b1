"""Reading awards by rule: the rules, what waits for their owners, whose anniversary it is."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, exists, or_, select, true
from sqlalchemy.orm import aliased

from portal.base.access import Viewer
from portal.base.db import session
from portal.base.history import known_on, true_on, valid_on
from portal.fairness import policy
from portal.fairness.models import AwardRule, Due, DueState, RuleKind
from portal.people.models import Employment, Person, Term

LONGEST_SERVICE = 60


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in a list."""

    id: int
    kind: str
    name: str
    amount: int
    every_years: int | None
    owner: str
    valid_from: date
    valid_to: date | None

    @property
    def kind_label(self) -> str:
        return RuleKind(self.kind).label


def rules_of(day: date, limit: int = 100) -> list[RuleLine]:
    """The rules that hold on `day` or will, the newest first."""
    rows = session().execute(
        select(
            AwardRule.id, AwardRule.kind, AwardRule.name, AwardRule.amount, AwardRule.every_years,
            Person.name, AwardRule.valid_from, AwardRule.valid_to,
        )
        .join(Person, Person.id == AwardRule.owner_id)
        .where(or_(AwardRule.valid_to.is_(None), AwardRule.valid_to > day))
        .order_by(AwardRule.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [RuleLine(*row) for row in rows]


def stars_of(viewer: Viewer, day: date) -> list[AwardRule]:
    """The rules by which this viewer may name a star."""
    query = select(AwardRule).where(
        AwardRule.kind == RuleKind.STAR, AwardRule.owner_id == viewer.id, valid_on(AwardRule, day)
    )
    return list(session().scalars(query.order_by(AwardRule.id)))


@dataclass(frozen=True, slots=True)
class DueLine:
    """An award that waits for a look."""

    id: int
    rule: str
    kind: str
    person_id: int
    name: str
    occurrence: str
    due_on: date
    amount: int


def waiting(viewer: Viewer, after: int | None = None, limit: int = 50) -> list[DueLine]:
    """What waits for this viewer, the oldest first: `limit` lines and one more."""
    is_mine = true() if policy.may_set_rules(viewer) else AwardRule.owner_id == viewer.id
    query = (
        select(
            Due.id, AwardRule.name, AwardRule.kind, Due.person_id, Person.name, Due.occurrence,
            Due.due_on, Due.amount,
        )
        .join(AwardRule, AwardRule.id == Due.rule_id)
        .join(Person, Person.id == Due.person_id)
        .where(Due.state == DueState.WAITING, Due.person_id != viewer.id, is_mine)
        .order_by(Due.id)
        .limit(limit + 1)
    )  # fmt: skip
    if after is not None:
        query = query.where(Due.id > after)
    return [DueLine(*row) for row in session().execute(query)]


def anniversaries(day: date, every_years: int) -> dict[int, int]:
    """Who has served a multiple of `every_years` years on `day`: years by person.

    Counted from the first day of the present employment. Who began on 29 February has the day on
    the 28th in other years.
    """
    begun: dict[date, int] = {}
    for years in range(every_years, LONGEST_SERVICE + 1, every_years):
        year = day.year - years
        if (day.month, day.day) != (2, 29) or isleap(year):
            begun[date(year, day.month, day.day)] = years
        if (day.month, day.day) == (2, 28) and not isleap(day.year) and isleap(year):
            begun[date(year, 2, 29)] = years
    earlier, now = aliased(Term), aliased(Term)
    rows = session().execute(
        select(Employment.person_id, Term.valid_from)
        .join(Term, and_(Term.employment_id == Employment.id, known_on(Term, None)))
        .join(now, and_(now.employment_id == Employment.id, true_on(now, day)))
        .where(
            Term.valid_from.in_(list(begun)),
            ~exists(
                select(earlier.id).where(
                    earlier.employment_id == Employment.id,
                    known_on(earlier, None),
                    earlier.valid_from < Term.valid_from,
                )
            ),
        )
    )
    return {row.person_id: begun[row.valid_from] for row in rows}
