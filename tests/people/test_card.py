"""The card of a colleague: each field for those who may read it, and for nobody else."""

from __future__ import annotations

import pytest

from portal.people.models import Person

MARKS = {"phone": "10099887766", "email": "marker@sunhome.example"}
CONTACT = {"agent", "leader", "manager", "hr"}
SERVICE = CONTACT | {"auditor", "general_manager"}


@pytest.fixture
def marked(db, cast):
    with db() as session:
        person = session.get_one(Person, cast.agent.id)
        person.phone, person.email = MARKS["phone"], MARKS["email"]


@pytest.mark.parametrize(
    "part",
    ["agent", "colleague", "leader", "manager", "outsider", "other_leader", "hr", "hr_other",
     "committee", "station", "general_manager", "auditor", "administrator"],
)  # fmt: skip
def test_fields_by_role(client_of, cast, marked, part) -> None:
    text = client_of(getattr(cast, part)).get(f"/people/{cast.agent.id}").text
    assert "王小明" in text
    assert (MARKS["phone"] in text) == (part in CONTACT)
    assert (MARKS["email"] in text) == (part in CONTACT)
    assert ("2022-03-01" in text) == (part in SERVICE)
    assert "910101199" not in text, "identity numbers are not on cards"
    assert "1995" not in text, "nor is anybody's age"


@pytest.mark.parametrize("part", ["agent", "leader", "hr_other", "administrator", "committee"])
def test_leavers_are_not_there(client_of, cast, part) -> None:
    browser = client_of(getattr(cast, part))
    missing = browser.get("/people/999999")
    gone = browser.get(f"/people/{cast.leaver.id}")
    assert gone.status_code == missing.status_code == 404
    assert gone.text.count("<h1>") == missing.text.count("<h1>")


@pytest.mark.parametrize("part", ["hr", "auditor", "general_manager"])
def test_leavers_are_seen_by_those_who_must(client_of, cast, part) -> None:
    assert "朴秀英" in client_of(getattr(cast, part)).get(f"/people/{cast.leaver.id}").text


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "99999999999999999999"])
def test_impossible_numbers_are_missing(client_of, cast, number) -> None:
    assert client_of(cast.hr).get(f"/people/{number}").status_code == 404


def test_acts_lead_where_one_may_go(client_of, cast) -> None:
    text = client_of(cast.leader).get(f"/people/{cast.agent.id}").text
    assert f"/growth/{cast.agent.id}" in text
    assert f"people={cast.agent.id}" in text
    text = client_of(cast.colleague).get(f"/people/{cast.agent.id}").text
    assert f"/growth/{cast.agent.id}" not in text
    assert "people=" not in text


def test_hr_may_act_at_their_site_only(client_of, cast) -> None:
    assert (
        f"/people/{cast.agent.id}/move" in client_of(cast.hr).get(f"/people/{cast.agent.id}").text
    )
    assert "/move" not in client_of(cast.hr_other).get(f"/people/{cast.agent.id}").text
    assert "/move" not in client_of(cast.hr).get(f"/people/{cast.hr.id}").text
