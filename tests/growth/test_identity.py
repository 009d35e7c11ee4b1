"""Identity fields: covered, opened for a purpose, and the purpose shown to the person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal.audit.models import Look
from portal.people.models import Person

NUMBER = "910101199512240019"


@pytest.fixture(autouse=True)
def _marked(db: Any, cast: Any) -> None:
    with db() as session:
        person = session.get_one(Person, cast.agent.id)
        person.national_id, person.birth_date = NUMBER, date(1995, 12, 24)


def test_hr_opens_it_for_a_purpose_that_is_noted(client_of: Any, cast: Any, db: Any) -> None:
    client, path = client_of(cast.hr), f"/growth/{cast.agent.id}/identity"
    covered = client.get(f"/growth/{cast.agent.id}").text
    assert "•••• 0019" in covered
    assert NUMBER not in covered + client.get(path).text
    assert client.submit(path, purpose="").status_code == 422
    assert db.scalar(select(Look.id).where(Look.part == "identity")) is None
    opened = client.submit(path, purpose="社保增员")
    assert opened.status_code == 200
    assert NUMBER in opened.text
    assert "1995-12-24" in opened.text
    look = db.rows(select(Look.viewer_id, Look.part, Look.purpose).where(Look.part == "identity"))
    assert [tuple(row) for row in look] == [(cast.hr.id, "identity", "社保增员")]
    assert "社保增员" in client_of(cast.agent).get("/growth/").text


def test_my_own_opens_without_a_reason_and_is_not_noted(client_of: Any, cast: Any, db: Any) -> None:
    client, path = client_of(cast.agent), f"/growth/{cast.agent.id}/identity"
    assert NUMBER not in client.get("/growth/").text + client.get(path).text
    assert NUMBER in client.submit(path).text
    assert db.scalar(select(Look.id)) is None


@pytest.mark.parametrize(
    ("part", "status"),
    [("leader", 403), ("auditor", 403), ("general_manager", 403), ("colleague", 404),
     ("hr_other", 404), ("administrator", 404)],
)  # fmt: skip
def test_nobody_else(client_of: Any, cast: Any, part: str, status: int) -> None:
    client, path = client_of(getattr(cast, part)), f"/growth/{cast.agent.id}/identity"
    for answer in (client.get(path), client.act(path, purpose="好奇")):
        assert answer.status_code == status
        assert NUMBER not in answer.text
