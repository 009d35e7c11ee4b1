"""Reading birthdays: who keeps theirs on which day, who is due, what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    String,
    and_,
    bindparam,
    case,
    column,
    exists,
    literal,
    or_,
    select,
    tuple_,
    values,
)
from sqlalchemy.orm import aliased

from portal.base.access import Viewer
from portal.base.db import AnySelect, fetch, session
from portal.base.history import true_on
from portal.greetings.models import (
    BIRTHDAY,
    DEFAULT_COINS,
    Birthday,
    Greeting,
    GreetingRule,
    Tell,
)
from portal.greetings.models.calendar import Probe, days_between, probes, window
from portal.people.models import Employment, Person, Position, Term, Unit
from portal.people.queries import below, units_below

SEEN_BY_TEAM = (Tell.TEAM, Tell.ALL)


@dataclass(frozen=True, slots=True)
class DueLine:
    """Somebody's birthday on a day. `year` is the celebrated year. `team` is where they work."""

    person_id: int
    name: str
    staff_no: str
    team: str | None
    on: date
    calendar: str
    year: int
    tell: Tell
    is_greeted: bool

    @property
    def is_due(self) -> bool:
        """Will be greeted (or would have been)."""
        return not self.is_greeted and self.tell != Tell.NOBODY


def _table(wanted: Sequence[Probe]) -> CTE:
    """The probes as a table that birthdays can be joined to."""
    return (
        values(
            column("on_day", Date),
            column("calendar", String),
            column("month", Integer),
            column("day", Integer),
            column("year", Integer),
            column("feb29", String),
            column("leap_rule", String),
            column("or_leap_rule", String),
            name="probe",
        )
        .data(
            [
                (p.on, p.calendar, p.month, p.day, p.year, p.feb29, p.leap_rule, p.or_leap_rule)
                for p in wanted
            ]
        )
        .cte("probe")
    )


def _kept_on(probe: CTE) -> ColumnElement[bool]:
    """The condition that a Birthday is kept on the day of a probe."""
    return and_(
        Birthday.calendar == probe.c.calendar,
        Birthday.month == probe.c.month,
        Birthday.day == probe.c.day,
        or_(probe.c.feb29 == "", probe.c.feb29 == Birthday.feb29),
        or_(
            probe.c.leap_rule == "",
            Birthday.leap_rule.in_([probe.c.leap_rule, probe.c.or_leap_rule]),
        ),
    )


def kept_between(first: date, last: date, *, twice: bool = False) -> AnySelect:
    """Birthdays kept on the days from `first` to `last`, of people in service on that day.

    One row each, in the order of DueLine, by day and person. Found by the index of days: the cost
    is that of the rows found. `twice`: who keeps two months is named for both.
    """
    probe = _table(probes(window(first, last), twice=twice))
    on: Any = probe.c.on_day
    year = _year(probe)
    greeted = exists(
        select(Greeting.id).where(
            Greeting.person_id == Birthday.person_id,
            Greeting.kind == BIRTHDAY,
            Greeting.celebrated_year == year,
        )
    )
    return (
        select(
            Birthday.person_id,
            Person.name,
            Employment.staff_no,
            Unit.name,
            on,
            Birthday.calendar,
            year,
            Birthday.tell,
            greeted,
        )
        .select_from(probe)
        .join(Birthday, _kept_on(probe))
        .join(Person, Person.id == Birthday.person_id)
        .join(Employment, Employment.person_id == Birthday.person_id)
        .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, on)))
        .outerjoin(Position, and_(Position.employment_id == Employment.id, true_on(Position, on)))
        .outerjoin(Unit, Unit.id == Position.unit_id)
        .order_by(on, Birthday.person_id)
    )


def _year(probe: CTE) -> ColumnElement[int]:
    shift = case((Birthday.calendar == "lunar", Birthday.year_shift), else_=0)
    return probe.c.year + shift


def _lines(statement: AnySelect) -> list[DueLine]:
    rows = session().execute(statement)
    return [DueLine(*row) for row in rows]


def kept_on(day: date) -> list[DueLine]:
    """Everybody in service who keeps the birthday on `day`, greeted or not."""
    return _lines(kept_between(day, day))


def due(day: date, today: date) -> list[DueLine]:
    """Who is to be greeted for `day`, at `today`: in service on both, wants it, was not yet."""
    return [line for line in _lines(_in_service(kept_between(day, day), today)) if line.is_due]


def _in_service(statement: AnySelect, day: date) -> AnySelect:
    term, employed = aliased(Term), aliased(Employment)
    here = exists(
        select(term.id)
        .join(employed, employed.id == term.employment_id)
        .where(employed.person_id == Birthday.person_id, true_on(term, day))
    )
    return statement.where(here)


def forecast(
    first: date,
    last: date,
    *,
    unit_ids: Sequence[int] | None = None,
    after: tuple[date, int] | None = None,
    limit: int | None = None,
) -> list[DueLine]:
    """Who keeps the birthday from `first` to `last`, keyset-paged: `limit` lines and one more.

    Lines with `is_due` are those who will be greeted; the others are left out, and say why.
    unit_ids: only people in or under these units; None is the whole house.
    """
    start = max(first, after[0]) if after else first
    if limit is None:
        return _lines(_narrowed(kept_between(start, last), unit_ids, after))
    found: list[DueLine] = []
    stride = 1  # a large house fills the page with its first day: look no farther than needed
    while start <= last and len(found) <= limit:
        end = min(last, start + timedelta(days=stride - 1))
        statement = _narrowed(kept_between(start, end), unit_ids, after)
        found += _lines(statement.limit(limit + 1 - len(found)))
        start, stride = end + timedelta(days=1), stride * 2
    return found


def _narrowed(
    statement: AnySelect, unit_ids: Sequence[int] | None, after: tuple[date, int] | None
) -> AnySelect:
    on: Any = statement.selected_columns["on_day"]
    if after is not None:
        statement = statement.where(tuple_(on, Birthday.person_id) > after)
    if unit_ids is not None:
        statement = statement.where(below(unit_ids, Position.unit_id, on))
    return statement


def of_team(
    viewer: Viewer, first: date, last: date, *, led: bool = False, limit: int = 50
) -> list[DueLine]:
    """Birthdays that my team keeps and lets the team know of; `led`: of the units that I lead.

    Asked of the people of the units, which are few, not of the days.
    """
    units = sorted(viewer.units_as("leader") or ()) if led else list(viewer.place[:1])
    if led and units:
        units = units_below(units, first)
    if not units:
        return []
    asked = {
        (probe.calendar, probe.month, probe.day)
        for probe in probes(window(first, last), twice=True)
    }
    rows = fetch(_of_units(), units=list(units), day=first)
    lines = [
        DueLine(
            row.person_id,
            row.name,
            row.staff_no,
            row.team,
            day,
            row.calendar,
            day.year,
            row.tell,
            False,
        )
        for row in rows
        if (row.calendar, row.month, row.day) in asked  # few: the years of the others are not told
        for day in days_between(row, first, last)
    ]
    return sorted(lines, key=lambda line: (line.on, line.person_id))[:limit]


@cache
def _of_units() -> AnySelect:
    units, day = bindparam("units", expanding=True, type_=BigInteger), bindparam("day", type_=Date)
    return (
        select(
            *Birthday.__table__.columns,
            Person.name,
            Employment.staff_no,
            Unit.name.label("team"),
        )
        .select_from(Position)
        .join(Unit, Unit.id == Position.unit_id)
        .join(Employment, Employment.id == Position.employment_id)
        .join(Term, and_(Term.employment_id == Employment.id, true_on(Term, day)))
        .join(Person, Person.id == Employment.person_id)
        .join(Birthday, Birthday.person_id == Person.id)
        .where(Position.unit_id.in_(units), true_on(Position, day), Birthday.tell.in_(SEEN_BY_TEAM))
    )


def told_to_all(day: date, limit: int = 12) -> list[DueLine]:
    """Whose birthday it is today and who lets everybody know."""
    return _lines(kept_between(day, day, twice=True).where(Birthday.tell == Tell.ALL).limit(limit))


def visible_to(viewer: Viewer, day: date) -> AnySelect:
    """The birthdays this viewer may know of: the SQL twin of `policy.may_see`."""
    led = viewer.units_as("leader")
    here = select(Position.id).join(Employment, Employment.id == Position.employment_id)
    here = here.where(Employment.person_id == Birthday.person_id, true_on(Position, day))
    in_team = here.where(Position.unit_id.in_(viewer.place[:1]))
    if led is None:
        under_me = here
    else:
        under_me = (
            here.where(below(led, Position.unit_id, day)) if led else here.where(literal(False))
        )
    return select(Birthday).where(
        or_(
            Birthday.person_id == viewer.id,
            and_(Birthday.tell == Tell.ALL, exists(here)),
            and_(Birthday.tell == Tell.TEAM, or_(exists(in_team), exists(under_me))),
        )
    )


def birthday_of(person_id: int) -> Birthday | None:
    """How this person keeps the birthday, if that is known."""
    return session().get(Birthday, person_id)


def last_greeting(person_id: int) -> Greeting | None:
    """The latest birthday greeting to a person."""
    return session().scalar(
        select(Greeting)
        .where(Greeting.person_id == person_id, Greeting.kind == BIRTHDAY)
        .order_by(Greeting.celebrated_year.desc())
        .limit(1)
    )


def coins_for(kind: str) -> int:
    """How many coins a greeting of this kind brings."""
    rule = session().get(GreetingRule, kind)
    return DEFAULT_COINS if rule is None else rule.coins
