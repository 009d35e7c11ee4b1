"""Tokens for programs: made by their owner, shown once, no more than their owner may do."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.people import rules
from portal.people.models import ApiToken


def make(browser, *scopes: str) -> str:
    made = browser.submit("/people/tokens/new", name="月报", scopes=list(scopes), days="30")
    assert made.status_code == 200
    return re.search(r"sh_[\w-]{43}", made.text)[0]


def ask(client, token: str, path: str = "/api/v1/people/me"):
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_token_opens_the_api(client, client_of, cast) -> None:
    token = make(client_of(cast.agent), "people:read")
    answer = ask(client, token)
    assert answer.json["staff_no"] == cast.agent.staff_no
    assert answer.json["scopes"] == ["people:read"]


def test_it_is_shown_once_and_kept_as_a_hash(client_of, cast, db) -> None:
    browser = client_of(cast.agent)
    token = make(browser, "people:read")
    assert token not in browser.get("/people/tokens/").text
    assert "月报" in browser.get("/people/tokens/").text
    assert db.scalar(select(ApiToken.token_hash)) != token


def test_without_the_scope_it_opens_nothing(client, client_of, cast) -> None:
    token = make(client_of(cast.agent), "coins:read")
    assert ask(client, token).status_code == 403


def test_a_token_opens_no_page(client, client_of, cast) -> None:
    token = make(client_of(cast.agent), "people:read")
    assert ask(client, token, "/people/").status_code == 303


def test_a_cookie_opens_no_more_api_than_its_person(client_of, cast) -> None:
    assert client_of(cast.agent).get("/api/v1/people/me").status_code in {200, 401, 403}


def test_revoking(client, client_of, cast, db) -> None:
    browser = client_of(cast.agent)
    token = make(browser, "people:read")
    token_id = db.scalar(select(ApiToken.id))
    assert client_of(cast.colleague).get(f"/people/tokens/{token_id}/revoke").status_code == 404
    assert browser.submit(f"/people/tokens/{token_id}/revoke").status_code == 303
    assert ask(client, token).status_code == 401


def test_expiry(client, client_of, cast, at) -> None:
    at("2026-06-01 08:00")
    token = make(client_of(cast.agent), "people:read")
    at("2026-06-30 23:00")
    assert ask(client, token).status_code == 200
    at("2026-07-01 00:01")
    assert ask(client, token).status_code == 401


def test_it_ends_with_the_account(client, client_of, cast, db) -> None:
    token = make(client_of(cast.agent), "people:read")
    with db():
        rules.close_account(cast.agent.id)
    assert ask(client, token).status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"scopes": []}, {"scopes": ["all"]}, {"name": ""}, {"days": "9999"}, {"days": "x"}]
)
def test_a_wrong_form_makes_none(client_of, cast, db, wrong) -> None:
    typed = {"name": "月报", "scopes": ["people:read"], "days": "30"} | wrong
    answer = client_of(cast.agent).submit("/people/tokens/new", **typed)
    assert answer.status_code == 422
    assert db.rows(select(ApiToken.id)) == []


@pytest.mark.parametrize("token", ["", "x", "sh_" + "a" * 43, "\x00", "é"])
def test_no_other_token_opens(client, cast, token) -> None:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    assert client.get("/api/v1/people/me", headers=headers).status_code == 401


def test_the_command(app, client, cast) -> None:
    runner = app.test_cli_runner()
    made = runner.invoke(
        args=["tokens", "create", "--staff-no", cast.hr.staff_no, "--scopes", "people:read"]
    )
    assert made.exit_code == 0
    assert ask(client, made.output.strip()).json["name"] == cast.hr.name
    for wrong in (["--staff-no", "nobody", "--scopes", "people:read"],
                  ["--staff-no", cast.hr.staff_no, "--scopes", "all"],
                  ["--staff-no", cast.leaver.staff_no, "--scopes", "people:read"]):  # fmt: skip
        answer = runner.invoke(args=["tokens", "create", *wrong])
        assert answer.exit_code != 0
        assert "Traceback" not in answer.output
