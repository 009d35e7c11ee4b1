"""S6: an empty portal has no account that somebody could guess; the first one is made once."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.people.models import ApiToken, Credential, Person, RoleGrant, WebSession
from tests.cast import PASSWORD
from tests.client import form_of, make_client
from tests.conftest import Database

FIRST_RUN = "/people/first-run"


@pytest.fixture
def empty(make_app: Any) -> Any:
    return make_app(filled=False)


def typed(number: str = "000001", name: str = "吕航") -> dict[str, str]:
    return {"name": name, "staff_no": number, "password": PASSWORD, "again": PASSWORD}


def test_nobody_has_an_account(empty: Any) -> None:
    db = Database(empty)
    for model in (Person, Credential, RoleGrant, WebSession, ApiToken):
        assert db.scalar(select(func.count()).select_from(model)) == 0, model
    assert not empty.config["SUNHOME"].demo_accounts.exists()


@pytest.mark.parametrize("number", ["admin", "administrator", "root", "000000", "000001"])
def test_no_usual_account_signs_in(empty: Any, number: str) -> None:
    browser = make_client(empty)
    for password in ("admin", "password", "changeme", number):
        sent = {"staff_no": number, "password": password, "csrf_token": _token(browser)}
        answer = browser.post("/people/sign-in", data=sent)
        assert answer.location == FIRST_RUN
    assert browser.get("/people/").status_code == 303


def _token(browser: Any) -> str:
    token: str = form_of(browser.get(FIRST_RUN), FIRST_RUN)[1]["csrf_token"]
    return token


def test_the_first_one_shuts_the_door(empty: Any) -> None:
    first, late = make_client(empty), make_client(empty)
    fields = form_of(late.get(FIRST_RUN), FIRST_RUN)[1]
    assert first.submit(FIRST_RUN, **typed()).status_code == 303
    assert first.get("/people/roles").status_code == 200
    answer = late.post(FIRST_RUN, data={**fields, **typed("000002", "查正")})
    assert answer.location == "/people/sign-in"
    assert Database(empty).scalar(select(func.count()).select_from(Person)) == 1


def test_a_weak_password_makes_nobody(empty: Any) -> None:
    weak = {"password": "admin", "again": "admin"}
    assert make_client(empty).submit(FIRST_RUN, **typed() | weak).status_code == 422
    assert Database(empty).scalar(select(func.count()).select_from(Person)) == 0


def test_two_at_once_make_one(empty: Any) -> None:
    """The portal has one first administrator, whoever else fills the form in that moment."""
    gate, answers = threading.Barrier(4), []

    def fill_in(number: int) -> None:
        browser = make_client(empty)
        fields = form_of(browser.get(FIRST_RUN), FIRST_RUN)[1]
        gate.wait(30)
        answers.append(browser.post(FIRST_RUN, data={**fields, **typed(f"00000{number}")}))

    people = [threading.Thread(target=fill_in, args=(number,)) for number in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert len(answers) == 4
    assert Counter(answer.location for answer in answers) == {"/": 1, "/people/sign-in": 3}
    assert {answer.status_code for answer in answers} == {303}
    assert Database(empty).scalar(select(func.count()).select_from(Person)) == 1
