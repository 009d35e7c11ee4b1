"""What a page costs: few questions to the database, and no more for more people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from portal.base import clock
from portal.greetings import rules
from portal.notify.rules import tell_many
from portal.people.models import Employment, Person, Position, Term
from tests.conftest import engine_of


@contextmanager
def counted(app: Any) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            said.append(statement)

    engine = engine_of(app)
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def add_people(db: Any, like: Any, number: int) -> None:
    """Many more colleagues of one of the cast, and as many notices to them."""
    with db() as session:
        unit = session.get(Person, like.id).place[0]
        for index in range(number):
            person = 1000 + index
            born = date(1990, 1, 1) + timedelta(days=index * 3)
            session.execute(insert(Person).values(
                id=person, name="同事", sort_key="t", search_key="t", initials="t",
                birth_date=born, birth_calendar="solar", theme="auto", created_at=clock.now(),
            ))  # fmt: skip
            session.execute(
                insert(Employment).values(id=person, person_id=person, staff_no=f"8{index:05d}")
            )
            since = {"valid_from": date(2020, 1, 1), "recorded_from": clock.now()}
            session.execute(insert(Term).values(employment_id=person, on_leave=False, **since))
            session.execute(
                insert(Position).values(employment_id=person, unit_id=unit, title="客服", **since)
            )
        rules.keep_birthdays()
        tell_many(
            {"person_id": like.id, "kind": "greetings.birthday", "key": f"c{index}"}
            for index in range(number)
        )


@pytest.mark.parametrize(
    ("part", "url", "most"),
    [
        ("agent", "/greetings/", 8),
        ("leader", "/greetings/", 9),
        ("agent", "/greetings/mine", 8),
        ("agent", "/notify/?show=all", 8),
        ("agent", "/notify/mail", 8),
        ("hr", "/greetings/forecast", 10),
        ("administrator", "/jobs/", 8),
        ("administrator", "/jobs/greetings.birthdays", 10),
        ("administrator", "/notify/deliveries", 8),
    ],
)
def test_a_page_asks_little(*, app, db, cast, client_of, part, url, most) -> None:
    client = client_of(getattr(cast, part))
    client.get(url)
    with counted(app) as few:
        assert client.get(url).status_code == 200
    add_people(db, cast.agent, 200)
    client.get(url)
    with counted(app) as many:
        assert client.get(url).status_code == 200
    assert len(few) <= most, few
    assert len(many) <= len(few), many
