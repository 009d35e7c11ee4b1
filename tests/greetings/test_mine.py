"""How I keep my birthday."""

from __future__ import annotations

from typing import Any

import pytest

from portal.greetings.models import Birthday


def mine(db: Any, member: Any) -> Any:
    with db(read_only=True) as session:
        found = session.get(Birthday, member.id)
        return (found.calendar, found.month, found.day, found.leap_rule, found.feb29, found.tell)


def test_choosing_the_lunar_calendar(db, cast, born, client_of) -> None:
    born(cast.agent, "1999-03-01")
    answer = client_of(cast.agent).submit("/greetings/mine", calendar="lunar", tell="me")
    assert answer.status_code == 303
    assert mine(db, cast.agent) == ("lunar", 1, 14, "first", "feb28", "me")


def test_the_leap_month_is_asked_of_lunar_birthdays_only(db, cast, born, client_of) -> None:
    client = client_of(cast.agent)
    born(cast.agent, "1999-03-01")
    assert "闰月" not in client.get("/greetings/mine").text
    born(cast.agent, "1999-03-01", calendar="lunar")
    assert client.submit("/greetings/mine", leap_rule="both").status_code == 303
    assert mine(db, cast.agent)[3] == "both"
    client.submit("/greetings/mine", tell="all")
    assert mine(db, cast.agent)[3] == "both"


def test_february_29_is_asked_of_those_born_then(db, cast, born, client_of) -> None:
    born(cast.agent, "1996-02-29")
    assert client_of(cast.agent).submit("/greetings/mine", feb29="mar1").status_code == 303
    assert mine(db, cast.agent)[4] == "mar1"


def test_the_first_choice_works_the_birthday_out(db, cast, client_of) -> None:
    assert client_of(cast.agent).submit("/greetings/mine", tell="nobody").status_code == 303
    assert mine(db, cast.agent)[5] == "nobody"


@pytest.mark.parametrize("field", ["calendar", "tell"])
@pytest.mark.parametrize("value", ["", "martian", "全部", "\x00", "x" * 500])
def test_only_what_is_listed(*, db, cast, born, client_of, field, value) -> None:
    born(cast.agent, "1999-03-01")
    answer = client_of(cast.agent).submit("/greetings/mine", **{field: value})
    assert answer.status_code == 422
    assert mine(db, cast.agent)[0] == "solar"


def test_columns_off_the_form_stay(db, cast, born, client_of) -> None:
    born(cast.agent, "1999-03-01", leap_rule="both")
    client_of(cast.agent).submit(
        "/greetings/mine", tell="me", leap_rule="leap", feb29="mar1", month="5", day="5",
        person_id=str(cast.colleague.id), year_shift="1", calendar_chosen="1",
    )  # fmt: skip
    assert mine(db, cast.agent) == ("solar", 3, 1, "both", "feb28", "me")


def test_without_a_date_of_birth_it_says_what_to_do(db, cast, client_of) -> None:
    from portal.people.models import Person

    with db() as session:
        session.get(Person, cast.agent.id).birth_date = None
    answer = client_of(cast.agent).submit("/greetings/mine", tell="me")
    assert answer.status_code == 422
    assert "人力资源部" in answer.text
