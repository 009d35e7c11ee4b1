"""Keeping birthdays, and greeting: the row, the notice and the coins in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import AccountKind, Reason
from portal.coins.rules import Posting, account, accounts_of, post
from portal.greetings import queries
from portal.greetings.models import (
    BIRTHDAY,
    CALENDARS,
    FEB29,
    LEAP_RULES,
    Birthday,
    Greeting,
    Tell,
)
from portal.greetings.models.calendar import kept
from portal.greetings.queries import DueLine
from portal.notify.rules import tell_many
from portal.people.models import Person

CHUNK, SOME = 500, 5000
TEXTS = 8
"""How many texts templates/greetings/mail/birthday.txt takes turns with."""
log = logging.getLogger("sunhome.greetings")


# ---- how birthdays are kept -----------------------------------------------------------------


def keep_birthday(person: Person) -> Birthday:
    """Work out how a person keeps the birthday, from what the roster says and what they chose.

    Raises Refused when their date of birth is not known.
    """
    if person.birth_date is None:
        raise Refused(_("花名册里还没有你的出生日期，请联系人力资源部。"))
    row = session().get(Birthday, person.id)
    if row is None:
        row = Birthday(**_new(person.id, person.birth_date, person.birth_calendar))
        session().add(row)
    elif (row.born_on, row.born_calendar) != (person.birth_date, person.birth_calendar):
        changes = _again(
            row.calendar, row.calendar_chosen, person.birth_date, person.birth_calendar
        )
        for name, value in changes.items():
            setattr(row, name, value)
    session().flush()
    return row


def keep_birthdays() -> int:
    """Work out all that are missing or that the roster has corrected. Answers how many."""
    number = 0
    while some := _keep_some():
        number += some
    return number


def _keep_some() -> int:
    """A few thousand of them, so that a first import does not fill the memory."""
    changed = session().execute(
        select(
            Person.id,
            Person.birth_date,
            Person.birth_calendar,
            Birthday.calendar,
            Birthday.calendar_chosen,
        )
        .outerjoin(Birthday, Birthday.person_id == Person.id)
        .where(
            Person.birth_date.is_not(None),
            or_(
                Birthday.person_id.is_(None),
                Birthday.born_on != Person.birth_date,
                Birthday.born_calendar != Person.birth_calendar,
            ),
        )
        .limit(SOME)
    )
    new: list[dict[str, Any]] = []
    corrected: list[dict[str, Any]] = []
    for person_id, born, calendar, kept_by, is_chosen in changed.all():
        assert born is not None  # noqa: S101
        if kept_by is None:
            new.append(_new(person_id, born, calendar))
        else:
            corrected.append({"its_id": person_id} | _again(kept_by, is_chosen, born, calendar))
    connection = session().connection()
    if new:  # another process may be at the same work
        connection.execute(_insert(Birthday.__table__).on_conflict_do_nothing(), new)
    if corrected:
        _correct(corrected)
    return len(new) + len(corrected)


def _correct(rows: list[dict[str, Any]]) -> None:
    table: Any = Birthday.__table__
    names = [name for name in rows[0] if name != "its_id"]
    session().connection().execute(
        update(table)
        .where(table.c.person_id == bindparam("its_id"))
        .values({name: bindparam(name) for name in names}),
        rows,
    )
    session().expire_all()


def _new(person_id: int, born: date, calendar: str) -> dict[str, Any]:
    return {"person_id": person_id, "calendar_chosen": False} | _facts(born, calendar, calendar)


def _again(kept_by: str, is_chosen: bool, born: date, calendar: str) -> dict[str, Any]:
    """The roster was corrected: worked out anew, by the calendar the person chose if they did."""
    return _facts(born, calendar, kept_by if is_chosen else calendar)


def _facts(born: date, born_calendar: str, calendar: str) -> dict[str, Any]:
    found = kept(born, calendar)
    return {
        "born_on": born,
        "born_calendar": born_calendar,
        "calendar": found.calendar,
        "month": found.month,
        "day": found.day,
        "is_leap_month": found.is_leap_month,
        "year_shift": found.year_shift,
    }


def choose(
    by: Viewer, *, calendar: str, tell: str, leap_rule: str = "first", feb29: str = "feb28"
) -> Birthday:
    """How I keep my birthday, and who is told. Greets nobody twice. Raises Refused."""
    known = (
        (calendar, CALENDARS, "calendar"),
        (tell, set(Tell), "tell"),
        (leap_rule, LEAP_RULES, "leap_rule"),
        (feb29, FEB29, "feb29"),
    )
    for value, allowed, field in known:
        if value not in allowed:
            raise Refused(_("请从列出的里面选一个。"), field)
    row = keep_birthday(session().get_one(Person, by.id))
    if calendar != row.calendar:
        for name, value in _facts(row.born_on, row.born_calendar, calendar).items():
            setattr(row, name, value)
        row.calendar_chosen = True
        if row.calendar != calendar:
            raise Refused(_("这个出生日期没有对应的农历日子。"), "calendar")
    row.tell, row.leap_rule, row.feb29 = Tell(tell), leap_rule, feb29
    session().flush()
    return row


def forget(person_id: int) -> None:
    """What is kept here about one who has left."""
    session().execute(delete(Birthday).where(Birthday.person_id == person_id))
    session().execute(delete(Greeting).where(Greeting.person_id == person_id))


# ---- greeting -------------------------------------------------------------------------------


def greet(day: date) -> int:
    """Greet all whose birthday on `day` was not greeted yet. Answers how many.

    The unique row of the greeting decides: only who gets a new one is told and gets the coins.
    """
    today = clock.today()
    lines = queries.due(day, today)
    coins = queries.coins_for(BIRTHDAY)
    number = 0
    for chunk in _chunks(lines, CHUNK):
        new = _greet_new(chunk, late=day < today, coins=coins)
        if coins:
            _give_coins(new, coins)
        tell_many(notice_of(line, late=day < today, coins=coins) for line in new)
        number += len(new)
    return number


def _greet_new(lines: Sequence[DueLine], *, late: bool, coins: int) -> list[DueLine]:
    now = clock.now()
    rows = [
        {
            "person_id": line.person_id,
            "kind": BIRTHDAY,
            "celebrated_year": line.year,
            "day": line.on,
            "sent_at": now,
            "late": late,
            "words": words_of(line),
            "coins": coins,
        }
        for line in lines
    ]
    table: Any = Greeting.__table__
    unique = ["person_id", "kind", "celebrated_year"]
    statement = _insert(table).on_conflict_do_nothing(index_elements=unique)
    new = set(session().scalars(statement.returning(table.c.person_id), rows))
    return [line for line in lines if line.person_id in new]


def words_of(line: DueLine) -> int:
    """Which of the texts: another one each year, and not the same for neighbours."""
    return (line.person_id + line.year) % TEXTS


def _key(line: DueLine) -> str:
    return f"greeting:birthday:{line.person_id}:{line.year}"


def notice_of(line: DueLine, *, late: bool, coins: int) -> dict[str, Any]:
    """What the person is told."""
    return {
        "person_id": line.person_id,
        "kind": "greetings.birthday",
        "key": _key(line),
        "link": "/greetings/",
        "params": {
            "name": line.name,
            "words": words_of(line),
            "late": int(late),
            "on": line.on.isoformat(),
            "calendar": line.calendar,
            "coins": coins,
        },
    }


def _give_coins(lines: Sequence[DueLine], coins: int) -> None:
    """From the issue into each wallet. A wallet that is closed costs only its owner the coins."""
    if not lines:
        return
    issue = account(AccountKind.ISSUE).id
    wallets = accounts_of(AccountKind.WALLET, [line.person_id for line in lines])
    postings = [
        Posting(
            key=_key(line),
            reason=Reason.GREETING,
            legs=((issue, -coins), (wallets[line.person_id], coins)),
            happened_on=line.on,
        )
        for line in lines
    ]
    try:
        post(postings)
    except Refused:
        for posting in postings:
            _try(posting)


def _try(posting: Posting) -> None:
    try:
        post([posting])
    except Refused as refusal:
        log.warning("%s: no coins: %s", posting.key, refusal.message)


def _insert(table: Any) -> Any:
    """INSERT in the dialect of this database, for ON CONFLICT."""
    lite = session().get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if lite else postgresql.insert(table)


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    pending = list(items)
    for start in range(0, len(pending), size):
        yield pending[start : start + size]
