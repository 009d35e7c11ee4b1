"""A working life in one query: periods of service, positions over time, honours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Date,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from portal.base.db import AnyRow, AnySelect, BigKey, UtcDateTime, fetch
from portal.base.history import known_on
from portal.growth.queries.honours import HonourLine, held, line_of, once_each, shared
from portal.people.models import Employment, Position, Term, Unit

SPAN, STEP = 1, 2
"""The parts of a life beside honours, as rows of one query."""


@dataclass(frozen=True, slots=True)
class Span:
    """A period of service under one staff number: the first day, and the first day no longer."""

    staff_no: str
    since: date
    until: date | None
    contract: str
    on_leave: bool

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Step:
    """A position: what as, where, from when, by which change and document."""

    employment_id: int
    staff_no: str
    since: date
    until: date | None
    title: str
    unit: str
    grade: str
    shift: str
    change: str
    document_no: str

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Service:
    """How long somebody has worked here, over all periods, in whole months."""

    months: int

    @property
    def years(self) -> int:
        return self.months // 12

    @property
    def rest(self) -> int:
        return self.months % 12


@dataclass(frozen=True, slots=True)
class Career:
    """Periods and positions, oldest first, as known at one moment."""

    spans: tuple[Span, ...]
    steps: tuple[Step, ...]

    def until(self, day: date) -> Career:
        """What had begun by `day`."""
        return Career(
            tuple(span for span in self.spans if span.since <= day),
            tuple(step for step in self.steps if step.since <= day),
        )

    def step_on(self, day: date) -> Step | None:
        """The position of `day`; for one who had left, the last one."""
        begun = [step for step in self.steps if step.since <= day]
        return next((step for step in begun if step.holds_on(day)), begun[-1] if begun else None)

    def span_on(self, day: date) -> Span | None:
        """The period of service of `day`; for one who had left, the last one."""
        begun = [span for span in self.spans if span.since <= day]
        return next((span for span in begun if span.holds_on(day)), begun[-1] if begun else None)

    def periods(self) -> list[Span]:
        """Periods of service, rows of one period that follow one another taken together."""
        found: list[Span] = []
        for span in self.spans:
            last = found[-1] if found else None
            if last is not None and last.staff_no == span.staff_no and last.until == span.since:
                found[-1] = Span(
                    span.staff_no, last.since, span.until, span.contract, span.on_leave
                )
            else:
                found.append(span)
        return found


def life(
    person_id: int, day: date, *, honours: bool = True, known_at: datetime | None = None
) -> tuple[Career, list[HonourLine]]:
    """All periods and positions of a person, those to come too, and the honours awarded by `day`,
    newest first; as known at a moment (None: now)."""
    asked = {"known_at": known_at} if known_at is not None else {}
    rows = fetch(_life(honours, known_at is not None), person_id=person_id, day=day, **asked)
    spans: list[Span] = []
    steps: list[Step] = []
    awards: list[HonourLine] = []
    for row in sorted(rows, key=lambda row: (row.valid_from, row.id)):
        if row.part == SPAN:
            spans.append(
                Span(row.staff_no, row.valid_from, row.valid_to, row.title, bool(row.grade))
            )
        elif row.part == STEP:
            steps.append(_step(row))
        else:
            awards.append(line_of(row))
    return Career(tuple(spans), tuple(steps)), once_each(awards)


@cache
def _life(with_honours: bool, as_known: bool) -> CompoundSelect[*tuple[Any, ...]]:
    """The statement of a life. It is built once: that costs ten times as much as running it."""
    person_id = bindparam("person_id", type_=BigKey)
    day = bindparam("day", type_=Date)
    known_at = bindparam("known_at", type_=UtcDateTime) if as_known else None
    parts = [_spans(person_id, known_at), _steps(person_id, known_at)]
    if with_honours:
        parts += [held(person_id, day, known_at), shared(person_id, day, known_at)]
    return union_all(*parts)


def _step(row: AnyRow) -> Step:
    return Step(
        row.employment_id,
        row.staff_no,
        row.valid_from,
        row.valid_to,
        row.title,
        row.unit,
        row.grade or "",
        row.shift or "",
        row.change or "",
        row.document_no or "",
    )


def _spans(person_id: Any, known_at: Any) -> AnySelect:
    return (
        select(
            literal(SPAN).label("part"),
            Term.id.label("id"),
            Term.employment_id,
            Employment.staff_no,
            Term.valid_from,
            Term.valid_to,
            func.coalesce(Term.contract, "").label("title"),
            literal("").label("unit"),
            case((Term.on_leave, "1"), else_=None).label("grade"),
            cast(null(), String).label("shift"),
            cast(null(), String).label("change"),
            cast(null(), String).label("document_no"),
        )
        .join(Employment, Employment.id == Term.employment_id)
        .where(Employment.person_id == person_id, known_on(Term, known_at))
    )


def _steps(person_id: Any, known_at: Any) -> AnySelect:
    return (
        select(
            literal(STEP),
            Position.id,
            Position.employment_id,
            Employment.staff_no,
            Position.valid_from,
            Position.valid_to,
            Position.title,
            Unit.name,
            Position.grade,
            Position.shift,
            Position.change,
            Position.document_no,
        )
        .join(Employment, Employment.id == Position.employment_id)
        .join(Unit, Unit.id == Position.unit_id)
        .where(Employment.person_id == person_id, known_on(Position, known_at))
    )


def service_length(found: Career, day: date) -> Service:
    """How long in service until `day` (included), over all periods; part days of months add up."""
    months, days = 0, 0
    for span in found.periods():
        end = min(day + timedelta(days=1), span.until or date.max)
        if end <= span.since:
            continue
        more = (end.year - span.since.year) * 12 + end.month - span.since.month
        over = end.day - span.since.day
        if over < 0:
            more, over = more - 1, over + 30
        months, days = months + more, days + over
    return Service(months + days // 30)
