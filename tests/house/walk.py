"""Walking the whole house: every endpoint × every part of the cast × near and far records.

Nothing the walk does is kept: each request's transaction is rolled back at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from portal.base.db import transaction
from portal.people import rules as people
from portal.people.models import WebSession
from tests.cast import Cast

GOLDEN = Path(__file__).with_name("walk.txt")
MISSING = 999_999_999
NOTES = ("web_session", "tries", "look", "request_key")
"""Tables that even a refused request may write: last seen, failed tries, who looked."""
UNWALKED = {"static"}


@dataclass(frozen=True, slots=True)
class Case:
    """One request of the walk."""

    method: str
    rule: str
    record: str
    url: str


@dataclass
class Watch:
    """Counts the writing statements of one request."""

    writes: list[str] = field(default_factory=list)

    def see(self, _conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        head = statement.lstrip().split(None, 3)
        if head and head[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
            table = head[2] if head[0].upper() != "UPDATE" else head[1]
            if table.strip('"').split("(")[0] not in NOTES:
                self.writes.append(statement.split("\n", maxsplit=1)[0][:80])


@contextmanager
def rolled_back() -> Iterator[Watch]:
    """Within, no transaction is committed: it is flushed, and rolled back."""
    kept = Session.commit
    watch = Watch()

    def forget(current: Session) -> None:
        current.flush()
        current.rollback()

    Session.commit = forget  # type: ignore[method-assign]
    event.listen(Engine, "before_cursor_execute", watch.see)
    try:
        yield watch
    finally:
        event.remove(Engine, "before_cursor_execute", watch.see)
        Session.commit = kept  # type: ignore[method-assign]


def cases(app: Flask, records: dict[str, dict[str, Any]]) -> Iterator[Case]:
    """Every request to make. `records`: for each parameter of a path, values by name.

    Raises KeyError for a parameter that the walk has no record of: it must be given one.
    """
    adapter = app.url_map.bind("localhost")
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        if rule.endpoint in UNWALKED:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for record, values in _records_of(rule, records):
                url = adapter.build(rule.endpoint, values, method=method)
                yield Case(method, rule.rule, record, url)


def _records_of(
    rule: Rule, records: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    names = sorted(rule.arguments)
    if not names:
        yield "", {}
        return
    kinds = sorted({kind for name in names for kind in records[name]})
    for kind in kinds:
        if all(kind in records[name] for name in names):
            yield kind, {name: records[name][kind] for name in names}


def sessions(app: Flask, cast: Cast) -> dict[str, str | None]:
    """A session token for each part; `stale` was signed out, `anonymous` never signed in."""
    tokens: dict[str, str | None] = {"anonymous": None}
    with app.app_context(), transaction() as session:
        for part, member in cast.members().items():
            tokens[part] = people.open_session(member.id, "walk")
        tokens["stale"] = people.open_session(cast.hr.id, "walk")
        last = session.query(WebSession).order_by(WebSession.id.desc()).first()
        assert last is not None
        people.end_session(last.id, cast.hr.id)
    return tokens


def walk(
    app: Flask,
    cast: Cast,
    records: dict[str, dict[str, Any]],
    found: Callable[[Case, str, int, list[str]], None],
) -> None:
    """Make every request as every part; `found(case, part, status, writes)` hears each answer."""
    app.config["WTF_CSRF_ENABLED"] = False
    tokens = sessions(app, cast)
    every = list(cases(app, records))
    for part, token in tokens.items():
        client = FlaskClient(app, app.response_class, use_cookies=True)  # no page contract here
        for case in every:
            with client.session_transaction() as cookie:
                cookie.clear()
                if token is not None:
                    cookie["_user_id"] = token
            with rolled_back() as watch:
                headers = {"Idempotency-Key": "walk-0123456789"}
                answer = client.open(case.url, method=case.method, headers=headers, data={})
            answer.close()  # of a file that is given out
            found(case, part, answer.status_code, watch.writes)
