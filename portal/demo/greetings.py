"""A year of birthdays: each greeted at eight, with coins; some keep theirs otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from portal.base import clock
from portal.base.db import session
from portal.coins.models import Reason
from portal.demo.coins import ISSUE, Movement, post, wallet
from portal.demo.world import DemoPerson, World
from portal.greetings.models import DEFAULT_COINS, Birthday, Greeting, Tell
from portal.greetings.models.calendar import days_of, kept
from portal.greetings.queries import DueLine
from portal.greetings.rules import notice_of, words_of
from portal.notify.models import Notice
from portal.people.models import Person

BLOCK = 5000
RECENT_DAYS = 60


def seed(world: World) -> None:
    """Everybody's birthday, and the greetings of the past year."""
    by_person = {person.id: person for person in world.people}
    found = session().execute(select(Person.id, Person.birth_calendar))
    calendars = {row.id: row.birth_calendar for row in found}
    rows = [_birthday(world, person, calendars[person.id]) for person in world.people]
    world.insert(Birthday, rows)
    lines: list[DueLine] = []
    for row in rows:
        lines.extend(_kept_last_year(world, by_person[row["person_id"]], row))
    lines.sort(key=lambda line: (line.on, line.person_id))
    for start in range(0, len(lines), BLOCK):
        _greet(world, lines[start : start + BLOCK])


def _birthday(world: World, person: DemoPerson, calendar: str) -> dict[str, Any]:
    rng = world.rng
    found = kept(person.birth_date, calendar)
    tell = rng.choices([Tell.TEAM, Tell.ALL, Tell.ME, Tell.NOBODY], (80, 8, 9, 3))[0]
    return {
        "person_id": person.id,
        "born_on": person.birth_date,
        "born_calendar": calendar,
        "calendar": found.calendar,
        "calendar_chosen": False,
        "month": found.month,
        "day": found.day,
        "is_leap_month": found.is_leap_month,
        "year_shift": found.year_shift,
        "leap_rule": rng.choices(["first", "leap", "both"], (90, 5, 5))[0],
        "feb29": rng.choice(["feb28", "mar1"]),
        "tell": tell.value,
    }


def _kept_last_year(world: World, person: DemoPerson, row: dict[str, Any]) -> Iterator[DueLine]:
    """The birthdays of a person in the past year that were greeted."""
    if row["tell"] == Tell.NOBODY:
        return
    birthday = Birthday(**row)
    for year in range(world.start.year - 1, world.today.year + 2):
        for day in days_of(birthday, year)[:1]:
            if world.start <= day and _eight(day) <= clock.now() and person.works_on(day):
                yield DueLine(
                    person_id=person.id,
                    name=person.name,
                    staff_no=person.staff_no,
                    team=person.team.name,
                    on=day,
                    calendar=birthday.calendar,
                    year=year,
                    tell=Tell(row["tell"]),
                    is_greeted=False,
                )


def _eight(day: date) -> datetime:
    return datetime.combine(day, time(8, 0, 1), clock.HOME_ZONE)


def _greet(world: World, lines: list[DueLine]) -> None:
    world.insert(
        Greeting,
        (
            {
                "person_id": line.person_id,
                "kind": "birthday",
                "celebrated_year": line.year,
                "day": line.on,
                "sent_at": _eight(line.on),
                "late": False,
                "words": words_of(line),
                "coins": DEFAULT_COINS,
            }
            for line in lines
        ),
    )
    post(
        world,
        (
            Movement(
                _eight(line.on),
                f"greeting:birthday:{line.person_id}:{line.year}",
                Reason.GREETING,
                ((ISSUE, -DEFAULT_COINS), (wallet(line.person_id), DEFAULT_COINS)),
            )
            for line in lines
        ),
    )
    recent = world.today - timedelta(days=RECENT_DAYS)
    world.insert(Notice, (_notice(world, line) for line in lines if line.on >= recent))


def _notice(world: World, line: DueLine) -> dict[str, Any]:
    """Read soon after, but for some of this week's."""
    told = notice_of(line, late=False, coins=DEFAULT_COINS)
    at = _eight(line.on)
    is_new = line.on > world.today - timedelta(days=7) and world.rng.random() < 0.5
    read = min(at + timedelta(minutes=world.rng.randrange(5, 900)), clock.now())
    return {
        **told,
        "why": "",
        "not_before": at,
        "created_at": at,
        "read_at": None if is_new else read,
    }
