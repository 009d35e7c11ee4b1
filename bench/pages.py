"""The pages that are measured: who asks for what, and how it goes over the wire."""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bench.load import Make, request_bytes
from bench.recording import Recording, Unplayable, record
from bench.stage import Stage
from portal import create_app
from portal.base import clock
from portal.base.db import db, transaction
from portal.base.history import true_on
from portal.base.settings import Settings
from portal.coins import rules as coins
from portal.coins.models import AccountKind, Reason
from portal.coins.queries import quota_month
from portal.people import rules as people
from portal.people.models import Credential, Employment, Position, RoleGrant, Term
from portal.people.queries import StaffLine, by_staff_no, directory, viewer_of_person
from portal.people.rules.keys import make_token

REASON = "这个月的夜班里，帮三位新同事做了交接。"
HERE = "http://127.0.0.1"
PLENTY = 500_000
MOST_OF_PAGE, MOST_OF_AWARD = 8, 18


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be measured: what it asked the database, and how both views are asked for it."""

    recording: Recording
    ours: Make
    bare: Make
    expect: int
    most_statements: int


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody signed in, in this process."""

    client: FlaskClient
    who: StaffLine

    @property
    def headers(self) -> dict[str, str]:
        cookie = self.client.get_cookie("sunhome", domain="127.0.0.1")
        return {"Cookie": f"sunhome={cookie.value}" if cookie else ""}


def _sign_in(app: Flask, staff_no: str) -> Browser:
    with app.app_context(), transaction():
        who = by_staff_no(staff_no)
        assert who is not None
        token = people.open_session(who.id, "bench")
    client = app.test_client()
    with client.session_transaction(base_url=HERE) as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    client.get("/", base_url=HERE)
    return Browser(client, who)


def prepared(stage: Stage, only: str = "") -> list[Page]:
    """The pages whose name has this word, recorded on this stage."""
    settings = Settings(instance=stage.instance, database_url=stage.url, idle_minutes=1440)
    app = create_app(settings)
    accounts = json.loads(settings.demo_accounts.read_text("utf-8"))
    numbers = {account["role"]: account["staff_no"] for account in accounts}
    agent, leader, hr = (_sign_in(app, numbers[role]) for role in ("agent", "leader", "hr"))
    giver = _sign_in(app, _other_leader(app, leader.who))
    wanted: list[tuple[str, Callable[[], Page]]] = [
        ("first screen", lambda: _read(leader, "/")),
        ("employee list", lambda: _read(agent, "/people/")),
        ("employee list, HR", lambda: _read(hr, "/people/")),
        ("growth file", lambda: _read(leader, f"/growth/{agent.who.id}")),
        ("suggestion list", lambda: _read(agent, "/suggestions/")),
        ("award", lambda: _award(giver)),
        ("award by API", lambda: _award_by_api(app, giver)),
    ]
    pages = []
    for name, make in wanted:
        if only not in name:
            continue
        try:
            page = make()
        except Unplayable as error:
            print(f"{name} is not measured: {error}", file=sys.stderr)
            continue
        page.recording.name = name
        pages.append(page)
    with app.app_context():
        db.engine.dispose()
    return pages


def _read(browser: Browser, path: str) -> Page:
    found = record(lambda: browser.client.get(path, base_url=HERE))
    ours = request_bytes("GET", path, browser.headers)
    bare = request_bytes("GET", f"/bare{path}", {})
    return Page(found, lambda: ours, lambda: bare, 200, MOST_OF_PAGE)


def _other_leader(app: Flask, but: StaffLine) -> str:
    """A leader of another team, with an account: the thousands of coins given while measuring
    shall not weigh on the pages of those who look."""
    with app.app_context(), transaction() as session:
        found = session.execute(
            select(Employment.staff_no, Employment.person_id)
            .join(RoleGrant, RoleGrant.person_id == Employment.person_id)
            .join(Position, Position.employment_id == Employment.id)
            .join(Term, Term.employment_id == Employment.id)
            .where(
                RoleGrant.role == "leader",
                RoleGrant.valid_to.is_(None),
                RoleGrant.unit_id == Position.unit_id,
                true_on(Position, clock.today()),
                true_on(Term, clock.today()),
                Position.unit_id != but.unit_id,
            )
            .order_by(Employment.id)
        ).first()
        assert found is not None
        if session.get(Credential, found.person_id) is None:
            session.add(
                Credential(person_id=found.person_id, password_hash="none", must_change=False)
            )
        return str(found.staff_no)


def _award(leader: Browser) -> Page:
    app = leader.client.application
    form = leader.client.get("/coins/award", base_url=HERE).text
    typed = {"amount": "1", "reason": REASON, "act": "confirm"}
    for name in ("csrf_token", "people", "value"):
        drawn = re.search(rf'name="{name}"[^>]*value="([^"]+)"', form)
        assert drawn is not None, f"no {name} on the page of awards"
        typed[name] = drawn[1]
    _fund(app, leader.who)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    def body() -> bytes:
        words = f"{REASON}（{secrets.token_hex(6)}）"  # the same words twice are refused
        return urlencode(
            {**typed, "reason": words, "request_key": secrets.token_urlsafe(18)}
        ).encode()

    found = record(lambda: leader.client.post(
        "/coins/award", data=body(), content_type=kind["Content-Type"],
        base_url=HERE,
    ))  # fmt: skip
    headers = leader.headers | kind
    return Page(
        found,
        lambda: request_bytes("POST", "/coins/award", headers, body()),
        lambda: request_bytes("POST", "/bare/coins/award", kind, body()),
        303,
        MOST_OF_AWARD,
    )


def _award_by_api(app: Flask, leader: Browser) -> Page:
    with app.app_context(), transaction():
        viewer = viewer_of_person(leader.who.id)
        assert viewer is not None
        until = clock.today() + timedelta(days=30)
        _row, token = make_token(viewer, name="bench", scopes=["coins:write"], expires_on=until)
        team = directory(clock.today(), unit_ids=[leader.who.unit_id or 0])
    staff_no = next(line.staff_no for line in team if line.id != leader.who.id)

    def body() -> bytes:
        words = f"{REASON}（{secrets.token_hex(6)}）"
        return json.dumps(
            {"people": [staff_no], "amount": 1, "value": "patience", "reason": words}
        ).encode()

    fixed = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def headers() -> dict[str, str]:
        return {**fixed, "Idempotency-Key": secrets.token_urlsafe(18)}

    path = "/api/v1/coins/awards"
    found = record(lambda: leader.client.application.test_client().post(
        path, data=body(), headers=headers(), base_url=HERE,
    ))  # fmt: skip
    return Page(
        found,
        lambda: request_bytes("POST", path, headers(), body()),
        lambda: request_bytes("POST", f"/bare{path}", fixed, body()),
        201,
        MOST_OF_AWARD,
    )


def _fund(app: Flask, leader: StaffLine) -> None:
    """So many coins for the leader's unit that the measuring cannot use them up; in one slice, so
    that each request asks the same."""
    with app.app_context(), transaction():
        viewer = viewer_of_person(leader.id)
        assert viewer is not None
        issue = coins.account(AccountKind.ISSUE).id
        for unit in viewer.units_as("leader") or ():
            budget = coins.account(AccountKind.BUDGET, unit, period=quota_month()).id
            coins.transfer(
                key=f"bench:{secrets.token_hex(8)}",
                reason=Reason.FUND,
                legs=[(issue, -PLENTY), (budget, PLENTY)],
                by_id=None,
            )
