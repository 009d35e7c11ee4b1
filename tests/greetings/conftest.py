"""People with birthdays on chosen days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from portal.greetings import rules
from portal.people.models import Person


@pytest.fixture
def born(db: Any) -> Callable[..., None]:
    """`born(cast.agent, "1999-03-01", tell="all")`: sets a date of birth and the choices."""

    def change(
        member: Any, day: str, *, calendar: str = "solar", email: str | None = None, **choices: str
    ) -> None:
        with db() as session:
            person = session.get(Person, member.id)
            person.birth_date, person.birth_calendar = date.fromisoformat(day), calendar
            if email is not None:
                person.email = email
            session.flush()
            birthday = rules.keep_birthday(person)
            for name, value in choices.items():
                setattr(birthday, name, value)

    return change
