"""What the seeders of all rooms share: the made-up people, the calendar, and fast inserts."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count, islice
from typing import Any, TypeVar

from sqlalchemy import Table, func, insert, select

from portal.base import clock
from portal.base.db import Base, session

T = TypeVar("T")
BATCH = 5000


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """A team with its department and site."""

    id: int
    name: str
    department_id: int
    department: str
    site_id: int
    site: str
    is_frontline: bool


@dataclass(slots=True)
class DemoPerson:
    """A made-up person. `until` is the first day no longer in service; None for those who stay."""

    id: int
    employment_id: int
    name: str
    staff_no: str
    team: DemoTeam
    title: str
    since: date
    birth_date: date
    until: date | None = None
    is_leader: bool = False

    def works_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass
class World:
    """The made-up company while it is being seeded."""

    rng: random.Random
    today: date
    start: date
    people: list[DemoPerson] = field(default_factory=list)
    teams: list[DemoTeam] = field(default_factory=list)
    accounts: dict[str, DemoPerson] = field(default_factory=dict)
    _counters: dict[str, Iterator[int]] = field(default_factory=dict)

    @cached_property
    def staff(self) -> list[DemoPerson]:
        """Those in service today."""
        return [person for person in self.people if person.works_on(self.today)]

    def by_team(self) -> dict[int, list[DemoPerson]]:
        """Those in service today, by team."""
        found: dict[int, list[DemoPerson]] = defaultdict(list)
        for person in self.staff:
            found[person.team.id].append(person)
        return found

    @cached_property
    def leaders(self) -> dict[int, DemoPerson]:
        """Who leads each team today."""
        return {person.team.id: person for person in self.staff if person.is_leader}

    def months(self) -> list[date]:
        """The first days of the twelve months up to this one, oldest first."""
        year, month = self.today.year, self.today.month
        firsts = []
        for back in range(11, -1, -1):
            number = year * 12 + month - 1 - back
            firsts.append(date(number // 12, number % 12 + 1, 1))
        return firsts

    def moment(self, day: date, hour: int | None = None) -> datetime:
        """An instant on `day`, home time, at a random minute of the working day (never to come)."""
        hour = self.rng.randrange(8, 22) if hour is None else hour
        at = datetime.combine(day, time(hour, self.rng.randrange(60), self.rng.randrange(60)))
        return min(at.replace(tzinfo=clock.HOME_ZONE).astimezone(UTC), clock.now())

    def day_between(self, first: date, last: date) -> date:
        """A random day from `first` to `last`, both included."""
        return first + timedelta(days=self.rng.randint(0, max(0, (last - first).days)))

    def some(self, items: Sequence[T], share: float) -> list[T]:
        """A random share of `items`, in their order."""
        return [item for item in items if self.rng.random() < share]

    def next_id(self, model: type[Any]) -> int:
        """The next id of a table, so that rows can refer to one another before they are stored."""
        table: Table = model.__table__
        if table.name not in self._counters:
            highest = session().scalar(select(func.max(table.c.id))) or 0
            self._counters[table.name] = count(highest + 1)
        return next(self._counters[table.name])

    def insert(self, model: type[Any], rows: Iterable[dict[str, Any]]) -> int:
        """Store rows in batches; answers how many. Rows of one call have the same keys."""
        table: Table = model.__table__
        stored = 0
        pending = iter(rows)
        while batch := list(islice(pending, BATCH)):
            session().execute(insert(table), batch)
            stored += len(batch)
        return stored

    def finish(self) -> None:
        """Let the database's own counters go on after the ids given out here."""
        bind = session().get_bind()
        if bind.dialect.name != "postgresql":
            return
        for name in sorted(self._counters):
            column = Base.metadata.tables[name].c.id
            highest = select(func.coalesce(func.max(column), 1)).scalar_subquery()
            session().execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), highest)))
