"""Signing in and out, and what a copied cookie is worth afterwards (S1-S3, S5, S6)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.base.throttle import Tries
from portal.people import rules
from portal.people.models import Credential, Person, RoleGrant, WebSession
from portal.people.rules import keys
from tests.cast import PASSWORD
from tests.client import make_client

NEW = "窗外的麻雀在电线杆上"


def stolen(app, browser):
    """Another browser with a copy of this one's cookies."""
    thief = make_client(app)
    with browser.session_transaction() as cookie:
        kept = dict(cookie)
    with thief.session_transaction() as cookie:
        cookie.update(kept)
    return thief


@pytest.fixture
def agent(client, cast):
    assert client.sign_in(cast.agent).status_code == 303
    return client


def is_in(browser) -> bool:
    return browser.get("/people/").status_code == 200


def test_signing_in(agent) -> None:
    assert is_in(agent)


def test_a_copied_cookie_after_sign_out(app, agent) -> None:
    thief = stolen(app, agent)
    assert is_in(thief)
    agent.act("/people/sign-out")
    assert not is_in(thief)
    assert not is_in(agent)


def test_a_copied_cookie_after_a_change_of_password(app, agent) -> None:
    thief = stolen(app, agent)
    changed = {"current": PASSWORD, "password": NEW, "again": NEW}
    assert agent.submit("/people/password", **changed).status_code == 303
    assert not is_in(thief)
    assert is_in(agent)


def test_a_copied_cookie_after_a_change_of_role(app, agent, cast, client_of) -> None:
    thief = stolen(app, agent)
    given = {"person": cast.agent.staff_no, "role": "committee"}
    client_of(cast.administrator).submit("/people/roles/new", **given)
    assert not is_in(thief)
    assert not is_in(agent)


def test_a_copied_cookie_after_a_role_is_taken_back(app, client, cast, client_of, db) -> None:
    client.sign_in(cast.committee)
    thief = stolen(app, client)
    grant = db.scalar(select(RoleGrant.id).where(RoleGrant.person_id == cast.committee.id))
    client_of(cast.administrator).submit(f"/people/roles/{grant}/end")
    assert not is_in(thief)


def test_a_copied_cookie_after_disabling(app, agent, cast, db) -> None:
    thief = stolen(app, agent)
    with db():
        rules.close_account(cast.agent.id)
    assert not is_in(thief)
    assert agent.sign_in(cast.agent).status_code == 422


def test_a_copied_cookie_after_a_reset(app, agent, cast, client_of) -> None:
    thief = stolen(app, agent)
    answer = client_of(cast.hr).submit(f"/people/{cast.agent.id}/password")
    assert answer.status_code == 200
    assert not is_in(thief)


def test_sign_out_elsewhere(app, agent, cast) -> None:
    other = make_client(app)
    other.sign_in(cast.agent)
    page = agent.get("/people/sessions").text
    assert page.count('class="row"') == 2
    agent.act("/people/sessions/end-others")
    assert is_in(agent)
    assert not is_in(other)


def test_sign_out_one_of_mine_only(app, agent, cast, client_of, db) -> None:
    other = client_of(cast.colleague)
    theirs = db.scalar(select(WebSession.id).where(WebSession.person_id == cast.colleague.id))
    assert agent.act(f"/people/sessions/{theirs}/end").status_code == 404
    assert is_in(other)
    mine = db.scalar(select(WebSession.id).where(WebSession.person_id == cast.agent.id))
    assert agent.act(f"/people/sessions/{mine}/end").status_code == 303
    assert not is_in(agent)


def test_no_session_is_fixed_beforehand(app, client, cast) -> None:
    """What an attacker set before the sign-in is worth nothing after it."""
    client.get("/people/sign-in")
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "chosen-by-an-attacker"
        cookie["planted"] = "yes"
    client.sign_in(cast.agent)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != "chosen-by-an-attacker"
        assert "planted" not in cookie
        first = cookie["_user_id"]
    client.act("/people/sign-out")
    client.sign_in(cast.agent)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first


def test_only_a_hash_is_kept(agent, db) -> None:
    with agent.session_transaction() as cookie:
        token = cookie["_user_id"]
    kept = db.scalar(select(WebSession.token_hash))
    assert kept != token
    assert len(kept) == 64


def test_flags_of_the_cookie(client, cast) -> None:
    answer = client.sign_in(cast.agent)
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    for path in ("/people/", "/people/sign-in", "/people/404"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_idle_sessions_end(client, cast, at) -> None:
    at("2026-06-01 08:00")
    client.sign_in(cast.agent)
    at("2026-06-01 08:50")
    assert is_in(client)
    at("2026-06-01 09:45")
    assert is_in(client), "used in between"
    at("2026-06-01 10:46")
    assert not is_in(client)


@pytest.mark.parametrize("number", ["003217", "999999", "002200", "002201", "x' OR 1=1"])
def test_one_sentence_for_every_failure(client, cast, number) -> None:
    """Unknown, left, disabled, wrong: nobody learns which."""
    answer = client.submit("/people/sign-in", staff_no=number, password="wrong-password-1")
    assert answer.status_code == 422
    assert "工号或密码不对" in answer.text


@pytest.mark.parametrize("number", ["003217", "999999", "002201"])
def test_equal_work_for_unknown_accounts(client, cast, monkeypatch, number) -> None:
    """A password is hashed once whoever is named, so that time tells nothing."""
    keys._dummy_hash()
    checked: list[str] = []
    verify = keys.PasswordHasher.verify

    def counted(self, hashed, password):
        checked.append(hashed)
        return verify(self, hashed, password)

    monkeypatch.setattr(keys.PasswordHasher, "verify", counted)
    client.submit("/people/sign-in", staff_no=number, password="wrong-password-1")
    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$")


def test_guessing_is_stopped_and_the_victim_is_not(app, client, cast, db, at) -> None:
    at("2026-06-01 08:00")
    for _ in range(8):
        client.submit("/people/sign-in", staff_no=cast.agent.staff_no, password="guess-guess-1")
    answer = client.submit("/people/sign-in", staff_no=cast.agent.staff_no, password=PASSWORD)
    assert answer.status_code == 429, "not even the right one from there"
    elsewhere = make_client(app)
    elsewhere.environ_base["REMOTE_ADDR"] = "10.9.9.9"
    assert elsewhere.sign_in(cast.agent).status_code == 303, "the victim signs in from elsewhere"
    at("2026-06-01 08:16")
    assert client.sign_in(cast.agent).status_code == 303
    names = db.rows(select(Tries.key))
    assert all(cast.agent.staff_no not in row.key for row in names)


def test_guessing_many_accounts_from_one_place(client, cast, at) -> None:
    at("2026-06-01 08:00")
    from portal.base import throttle
    from portal.people.rules.keys import TRIES_PER_ADDRESS, WINDOW

    with client.application.app_context():
        from portal.base.db import transaction

        with transaction():
            for _ in range(TRIES_PER_ADDRESS):
                throttle.count("sign-in-address", "127.0.0.1", within=WINDOW)
    answer = client.submit("/people/sign-in", staff_no=cast.agent.staff_no, password=PASSWORD)
    assert answer.status_code == 429


def test_the_first_password_must_be_changed(client, cast, db) -> None:
    with db():
        rules.set_first_password(cast.agent.id, "first-password-1")
    client.sign_in(cast.agent, "first-password-1")
    for path in ("/", "/people/", f"/people/{cast.agent.id}", "/people/tokens/"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/people/password")
    changed = {"current": "first-password-1", "password": NEW, "again": NEW}
    assert client.submit("/people/password", **changed).status_code == 303
    assert is_in(client)


@pytest.mark.parametrize(
    "password",
    ["short", "1234567890", "aaaaaaaaaaaa", "x003217yyyy", "王小明王小明王小明1", PASSWORD, "",
     "很" * 300, "与第二次不同"],
)  # fmt: skip
def test_weak_passwords_are_refused(agent, db, cast, password) -> None:
    kept = select(Credential.password_hash).where(Credential.person_id == cast.agent.id)
    before = db.scalar(kept)
    again = NEW if password == "与第二次不同" else password
    answer = agent.submit("/people/password", current=PASSWORD, password=password, again=again)
    assert answer.status_code == 422
    assert db.scalar(kept) == before


def test_the_hash_is_argon2id(db, cast) -> None:
    hashed = db.scalar(select(Credential.password_hash))
    assert hashed.startswith("$argon2id$")
    assert PASSWORD not in hashed


def test_a_reset_password_is_shown_once(client_of, cast, db, client) -> None:
    import re

    hr = client_of(cast.hr)
    answer = hr.submit(f"/people/{cast.agent.id}/password")
    password = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", answer.text)[0]
    assert password not in hr.get(f"/people/{cast.agent.id}/password").text
    assert client.sign_in(cast.agent, password).status_code == 303
    assert client.get("/people/").location == "/people/password"


@pytest.mark.parametrize("part", ["administrator", "auditor", "general_manager"])
def test_hr_does_not_reset_the_weighty(client_of, cast, db, part) -> None:
    """Whoever could reset it would have the role."""
    member = getattr(cast, part)
    before = db.scalar(select(Credential.password_hash).where(Credential.person_id == member.id))
    assert client_of(cast.hr).submit(f"/people/{member.id}/password").status_code == 422
    after = db.scalar(select(Credential.password_hash).where(Credential.person_id == member.id))
    assert before == after
    if part != "administrator":
        answer = client_of(cast.administrator).submit(f"/people/{member.id}/password")
        assert answer.status_code == 200


def test_first_passwords_for_a_team(client_of, cast, db) -> None:
    from sqlalchemy import delete

    with db() as session:
        session.execute(delete(WebSession))
        mates = [cast.agent.id, cast.colleague.id]
        session.execute(delete(Credential).where(Credential.person_id.in_(mates)))
        team = session.get_one(Person, cast.agent.id).place[0]
    hr = client_of(cast.hr)
    assert "太原一班" in hr.get("/people/passwords").text
    answer = hr.submit(f"/people/passwords?unit={team}")
    assert answer.status_code == 200
    assert "003217" in answer.text
    assert "003588" in answer.text
    count = select(func.count()).where(Credential.person_id.in_(mates), Credential.must_change)
    assert db.scalar(count) == 2
    assert "003217" not in client_of(cast.hr).get(f"/people/passwords?unit={team}").text


def test_hr_hands_out_no_weighty_first_password(client_of, cast, db) -> None:
    from sqlalchemy import delete

    with db() as session:
        session.execute(delete(WebSession))
        chosen = Credential.person_id == cast.administrator.id
        session.execute(delete(Credential).where(chosen))
        team = session.get_one(Person, cast.administrator.id).place[0]
    hr = client_of(cast.hr)
    assert cast.administrator.staff_no not in hr.get(f"/people/passwords?unit={team}").text
    hr.act(f"/people/passwords?unit={team}", request_key="a-key-of-my-own")
    assert db.scalar(select(func.count()).where(chosen)) == 0


def test_other_sites_get_no_passwords(client_of, cast, db) -> None:
    from sqlalchemy import delete

    with db() as session:
        session.execute(delete(Credential).where(Credential.person_id == cast.agent.id))
        team = session.get_one(Person, cast.agent.id).place[0]
    other = client_of(cast.hr_other)
    assert "003217" not in other.get(f"/people/passwords?unit={team}").text
    other.act(f"/people/passwords?unit={team}", request_key="a-key-of-my-own")
    assert db.scalar(select(func.count()).where(Credential.person_id == cast.agent.id)) == 0
