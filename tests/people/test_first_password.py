"""S6: a first password opens one door only, and is worth nothing once it was changed; guessing it
shuts nobody out for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from portal.base import clock
from portal.base.access import doors, everyone
from portal.base.db import db as database
from portal.people import rules
from portal.people.models import Credential
from portal.people.queries import viewer_of_person
from portal.people.rules.keys import TRIES_PER_ACCOUNT
from tests.cast import PASSWORD
from tests.client import make_client

NEW = "窗外的麻雀在电线杆上"
FIRST = re.compile(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){2,}")
WHERE_IT_IS_CHANGED = "/people/password"


def handed_out(browser: Any, member: Any) -> str:
    """Have a new first password made for `member` on the page; answers it."""
    answer = browser.submit(f"/people/{member.id}/password")
    assert answer.status_code == 200
    found = FIRST.search(answer.text)
    assert found
    return found[0]


def signs_in(app: Any, member: Any, password: str) -> int:
    """The status of a sign-in from somewhere nobody has tried before."""
    return int(make_client(app).sign_in(member, password).status_code)


def inner_doors(app: Any) -> Iterator[tuple[str, str]]:
    """Every method and path behind a door that is not open to everyone."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        door = doors(app)[rule.endpoint]
        if door.who is everyone or door.while_changing_password:
            continue
        values = {
            name: min(getattr(converter, "items", ["1"])) for name, converter in
            rule._converters.items()
        }  # fmt: skip
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, adapter.build(rule.endpoint, values, method=method)


def test_it_opens_no_door_but_its_own_change(app: Any, client: Any, cast: Any, db: Any) -> None:
    with db():
        rules.set_first_password(cast.administrator.id, "first-password-1")
    client.sign_in(cast.administrator, "first-password-1")
    token = client.get(WHERE_IT_IS_CHANGED).text
    sent = {"csrf_token": re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', token)[0]}
    opened, tried = [], 0
    for method, path in inner_doors(app):
        answer = client.open(path, method=method, data=sent if method == "POST" else None)
        shut = answer.status_code == 303 and answer.location == WHERE_IT_IS_CHANGED
        if path.startswith("/api/"):
            shut = answer.status_code in {400, 403}  # 400: a cookie alone writes nothing there
        tried += 1
        if not shut:
            opened.append((method, path, answer.status_code))
    assert tried > 100
    assert not opened


def test_no_token_works_until_it_is_changed(
    client: Any, cast: Any, db: Any, client_of: Any
) -> None:
    with db():
        viewer = viewer_of_person(cast.agent.id)
        assert viewer is not None
        end = clock.today() + timedelta(days=30)
        token = rules.make_token(viewer, name="t", scopes=["people:read"], expires_on=end)[1]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/people/me", headers=headers).status_code == 200
    handed_out(client_of(cast.hr), cast.agent)
    assert client.get("/api/v1/people/me", headers=headers).status_code == 403


def test_a_new_one_ends_what_was_before(app: Any, cast: Any, client_of: Any, client: Any) -> None:
    hr, before = client_of(cast.hr), client_of(cast.agent)
    first = handed_out(hr, cast.agent)
    assert before.get("/people/").status_code == 303, "signed in before, and still"
    assert signs_in(app, cast.agent, PASSWORD) == 422, "the forgotten one still opens"
    client.sign_in(cast.agent, first)
    second = handed_out(hr, cast.agent)
    assert client.get(WHERE_IT_IS_CHANGED).status_code == 303, "signed in with the first one"
    assert first != second
    assert signs_in(app, cast.agent, first) == 422
    assert signs_in(app, cast.agent, second) == 303


def test_once_changed_it_is_worth_nothing(app: Any, cast: Any, client_of: Any, client: Any) -> None:
    first = handed_out(client_of(cast.hr), cast.agent)
    other = make_client(app)
    for browser in (client, other):
        assert browser.sign_in(cast.agent, first).status_code == 303
    kept = client.submit(WHERE_IT_IS_CHANGED, current=first, password=first, again=first)
    assert kept.status_code == 422, "it may not be kept"
    changed = client.submit(WHERE_IT_IS_CHANGED, current=first, password=NEW, again=NEW)
    assert changed.status_code == 303
    assert client.get("/people/").status_code == 200
    assert other.get(WHERE_IT_IS_CHANGED).location.startswith("/people/sign-in")
    assert signs_in(app, cast.agent, first) == 422
    assert signs_in(app, cast.agent, NEW) == 303


def test_sent_twice_it_is_made_and_shown_once(cast: Any, client_of: Any, db: Any) -> None:
    hr = client_of(cast.hr)
    drawn = hr.get(f"/people/{cast.agent.id}/password").text
    fields = dict(re.findall(r'name="(csrf_token|request_key)"[^>]*value="([^"]+)"', drawn))
    first = hr.post(f"/people/{cast.agent.id}/password", data=fields)
    assert FIRST.search(first.text)
    kept = select(Credential.password_hash).where(Credential.person_id == cast.agent.id)
    hashed = db.scalar(kept)
    again = hr.post(f"/people/{cast.agent.id}/password", data=fields)
    assert (again.status_code, again.location) == (303, f"/people/{cast.agent.id}/password")
    page = hr.get(again.location).text
    assert "只显示一次" in page
    assert not FIRST.search(page)
    assert db.scalar(kept) == hashed


def test_it_stands_nowhere_in_the_database(
    app: Any, cast: Any, client_of: Any, caplog: Any
) -> None:
    password = handed_out(client_of(cast.hr), cast.agent)
    with app.app_context():
        tables = MetaData()
        tables.reflect(database.engine)
        with database.engine.connect() as connection:
            rows = [
                str(tuple(row)) for table in tables.tables.values()
                for row in connection.execute(select(table))
            ]  # fmt: skip
    assert sum("$argon2id$" in row for row in rows) > 5, "the passwords were not read"
    assert not [row for row in rows if password in row]
    assert password not in caplog.text


def test_no_two_are_alike(app: Any) -> None:
    with app.app_context():
        made = {rules.passwords.new_password() for _time in range(200)}
    assert len(made) == 200
    assert all(FIRST.fullmatch(password) for password in made)


# ---- guessing -------------------------------------------------------------------------------


def guess(browser: Any, member: Any, times: int = TRIES_PER_ACCOUNT) -> None:
    for number in range(times):
        browser.sign_in(member, f"guess-number-{number}")


def test_guessing_on_makes_it_no_longer(client: Any, cast: Any, at: Any) -> None:
    """Whoever goes on guessing cannot shut the victim out for more than the one window."""
    at("2026-06-01 08:00")
    guess(client, cast.agent)
    for minute in range(1, 15, 2):
        at(f"2026-06-01 08:{minute:02}")
        assert client.sign_in(cast.agent, "still-guessing").status_code == 429
    at("2026-06-01 08:16")
    assert client.sign_in(cast.agent).status_code == 303


def test_a_new_password_ends_the_wait(client: Any, cast: Any, client_of: Any) -> None:
    """As the page says to one who has to wait: HR can help at once."""
    guess(client, cast.agent)
    assert client.sign_in(cast.agent).status_code == 429
    first = handed_out(client_of(cast.hr), cast.agent)
    assert client.sign_in(cast.agent, first).status_code == 303


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_a_forged_address_gets_no_further_tries(client: Any, cast: Any, header: str) -> None:
    for number in range(TRIES_PER_ACCOUNT):
        client.environ_base[f"HTTP_{header.upper().replace('-', '_')}"] = f"10.0.0.{number}"
        client.sign_in(cast.agent, f"guess-number-{number}")
    assert client.sign_in(cast.agent).status_code == 429


@pytest.mark.parametrize("written", [" 003217", "003217 ", "003217\u200b", "00321７"])
def test_the_number_written_otherwise_gets_no_further_tries(
    app: Any, client: Any, cast: Any, written: str
) -> None:
    """Either it is the same account with the same count, or it opens none."""
    guess(client, cast.agent)
    sent = {"staff_no": written, "password": PASSWORD}
    assert client.submit("/people/sign-in", **sent).status_code in {422, 429}
    assert signs_in(app, cast.agent, PASSWORD) == 429


def test_a_borrowed_browser_cannot_guess_either(client: Any, cast: Any, at: Any) -> None:
    at("2026-06-01 08:00")
    client.sign_in(cast.agent)
    for number in range(TRIES_PER_ACCOUNT):
        wrong = {"current": f"guess-number-{number}", "password": NEW, "again": NEW}
        assert client.submit(WHERE_IT_IS_CHANGED, **wrong).status_code == 422
    right = {"current": PASSWORD, "password": NEW, "again": NEW}
    assert client.submit(WHERE_IT_IS_CHANGED, **right).status_code == 429
    at("2026-06-01 08:16")
    assert client.submit(WHERE_IT_IS_CHANGED, **right).status_code == 303
