"""Every form, found on the pages, with what nobody should send: F5, F7, F9 and A4."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.base import clock
from portal.base.db import Base
from tests.house.forms import Form, Writes, forms_of, watched
from tests.house.source import PORTAL
from tests.stage import PAGES, setting

HOSTILE: dict[str, str | None] = {
    "missing": None, "empty": "", "long": "长" * 20_000, "nul": "王\0小明", "surrogate": "\ud83d",
    "emoji": "👩‍👩‍👧‍👦🎂", "markup": "<script>alert(1)</script>&\"'`", "rtl": "\u202e文件",
    "joined": "a\u200b\u200db",
    "full-width": "１２３", "nan": "NaN", "infinity": "Infinity", "negative": "-1",
    "int32": str(2**31), "int64": str(2**63), "underscore": "1_000", "exponent": "1e9",
    "lines": "a\r\nb\tc", "template": "{{ 7*7 }}%(name)s%s", "no-day": "2026-02-30",
    "year": "0001-01-01",
}  # fmt: skip
EACH = 4
"""Hostile values tried on each field in the short form, chosen by chance; --long tries them all."""
FOUND: dict[str, list[Form]] = {}


@pytest.fixture
def ids(db: Any, cast: Any) -> dict[str, int]:
    with db():
        return setting(cast)


@pytest.fixture
def forms(client_of: Any, cast: Any, ids: dict[str, int]) -> list[Form]:
    """The forms of all pages; read once, since each test begins with the same records."""
    key = str(sorted(ids.items()))
    if key not in FOUND:
        FOUND[key] = forms_of(client_of, cast, ids)
    assert len(FOUND[key]) > 30
    return FOUND[key]


@pytest.fixture
def plain(app: Flask, client_of: Any, cast: Any) -> Callable[[Form], Callable[..., TestResponse]]:
    """Posts as the form's owner; pages are not held to the page contract here, for speed."""
    clients = {part: client_of(getattr(cast, part)) for part in PAGES}
    tokens = {part: client.token() for part, client in clients.items()}

    def of(form: Form) -> Callable[..., TestResponse]:
        client = clients[form.part]

        def post(sent: dict[str, Any]) -> TestResponse:
            sent = {**sent, "csrf_token": tokens[form.part]}
            body = {key: _bytes(value) for key, value in sent.items()}
            return super(type(client), client).open(form.action, method="POST", data=body)

        return post

    return of


def _bytes(value: Any) -> Any:
    """As a browser gone wrong would send it: lone surrogates too."""
    if isinstance(value, list):
        return [_bytes(each) for each in value]
    return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _tries(form: Form, names: list[str]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (name, kind, form.filled(**{name: None if HOSTILE[kind] is None else [HOSTILE[kind]]}))
        for name in form.names
        for kind in names
    ]


def test_hostile_values(
    forms: list[Form], plain: Any, chance: random.Random, request: pytest.FixtureRequest
) -> None:
    wrong: list[str] = []
    is_long = request.config.getoption("--long")
    with watched(keep=False) as writes:
        for form in forms:
            post = plain(form)
            for name in form.names:
                kinds = list(HOSTILE) if is_long else chance.sample(list(HOSTILE), EACH)
                for _name, kind, sent in _tries(form, kinds):
                    if _name == name:
                        wrong += _judge(post(sent), writes, f"{form} {name}={kind}")
    assert not wrong, "\n".join(wrong)


def _judge(answer: TestResponse, writes: Writes, what: str) -> list[str]:
    committed = writes.take()
    if answer.status_code >= 500:
        return [f"{what}: {answer.status_code}"]
    if answer.status_code >= 400 and committed:
        return [f"{what}: refused with {answer.status_code}, but wrote {committed[0][0][0]}"]
    return []


def asked_for() -> list[str]:
    """The names that views read from the address, out of their source."""
    texts = (path.read_text("utf-8") for path in PORTAL.rglob("*.py"))
    found = (
        re.findall(r"(?:args\.get|args\.getlist|values\.get|whole)\(\"(\w+)\"", text)
        for text in texts
    )
    return sorted({name for names in found for name in names})


def test_hostile_addresses(
    client_of: Any, cast: Any, ids: dict[str, int], chance: random.Random
) -> None:
    """What stands behind the question mark, on every page: no 500."""
    names, wrong = asked_for(), []
    assert "q" in names
    for part, paths in PAGES.items():
        client = client_of(getattr(cast, part))
        for path in paths:
            for kind in ["nul", *chance.sample([k for k in HOSTILE if HOSTILE[k] is not None], 2)]:
                value = str(HOSTILE[kind])[:500].encode("utf-8", "surrogatepass")
                text = value.decode("utf-8", "replace")
                url = path.partition("?")[0].format(**ids)
                for asked in (dict.fromkeys(names, text), {"q": text}):
                    answer = super(type(client), client).open(url, query_string=asked)
                    if answer.status_code >= 500:
                        wrong.append(f"{part} {url} {kind}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_without_token_nothing_is_taken(app: Flask, client_of: Any, cast: Any, ids: Any) -> None:
    """Every non-GET page: 400 without the CSRF token and with a stranger's, nothing written."""
    client = client_of(cast.hr)
    wrong = []
    adapter = app.url_map.bind("")
    with watched(keep=False) as writes:
        for rule in app.url_map.iter_rules():
            if rule.rule.startswith("/api/"):
                continue
            values = {name: _argument(rule, name) for name in rule.arguments}
            for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
                url = adapter.build(rule.endpoint, values, method=method)
                for sent in ({}, {"csrf_token": "aGVsbG8"}):
                    answer = super(type(client), client).open(url, method=method, data=sent)
                    if answer.status_code != 400 or writes.take():
                        wrong.append(f"{method} {url}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def _argument(rule: Any, name: str) -> Any:
    kind = rule._converters.get(name)
    if kind is None:
        return rule.defaults[name]
    known = {"IntegerConverter": 1, "AnyConverter": next(iter(getattr(kind, "items", [""])))}
    return known.get(type(kind).__name__, "x")


def test_the_interface_takes_no_cookie(app: Flask, client_of: Any, cast: Any) -> None:
    """A browser's cookie alone writes nothing at the API: it asks for the CSRF token too."""
    client, adapter = client_of(cast.administrator), app.url_map.bind("")
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            if rule.rule.startswith("/api/"):
                values = {name: _argument(rule, name) for name in rule.arguments}
                url = adapter.build(rule.endpoint, values, method=method)
                sent = {"Idempotency-Key": "hostile-0123456789"}
                answer = client.open(url, method=method, json={}, headers=sent)
                assert answer.status_code in {400, 403}, f"{url}: {answer.status_code}"


def test_sent_twice_at_once_it_happens_once(
    app: Flask, forms: list[Form], client_of: Any, cast: Any
) -> None:
    """The same form from two threads in the same moment: one commit, one place to go on to."""
    wrong, done = [], 0
    with watched(keep=True) as writes:
        for form in forms:
            if "request_key" not in form.fields:
                continue
            client = client_of(getattr(cast, form.part))
            writes.take()
            statuses = _at_once(app, client, form)
            commits = writes.take()
            done += len(commits)
            if len(commits) > 1 or any(status >= 500 for status in statuses):
                wrong.append(f"{form}: {statuses}, {len(commits)} commits")
    assert not wrong, "\n".join(wrong)
    assert done >= 8, f"only {done} forms did anything: the values no longer fit"


def _at_once(app: Flask, client: Any, form: Form) -> list[int]:
    sent = form.filled(csrf_token=client.token())
    with client.session_transaction() as cookie:
        inside = dict(cookie)
    start = threading.Barrier(2)
    statuses: list[int] = []

    def send() -> None:
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie.update(inside)
        start.wait()
        answer = super(type(browser), browser).open(form.action, method="POST", data=sent)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=send) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_the_back_button_changes_nothing(forms: list[Form], plain: Any) -> None:
    """Sent, gone back, changed, sent again with the same key: 409, and nothing is written."""
    tried = 0
    with watched(keep=True) as writes:
        for form in forms:
            texts = [name for name in form.names if form.fields[name].kind == "lines"]
            if "request_key" not in form.fields or not texts:
                continue
            post = plain(form)
            if post(form.filled()).status_code != 303 or not writes.take():
                continue
            tried += 1
            again = post(form.filled(**{texts[0]: ["换了一句话，还是这一页，再发一次看看。"]}))
            assert again.status_code in {403, 404, 409, 422}, f"{form}: {again.status_code}"
            assert not writes.take(), str(form)
    assert tried >= 3


COLUMNS = sorted({column.name for table in Base.metadata.sorted_tables for column in table.columns})


REFUSE_MORE = ("/coins/requests/", "/coins/withdrawals/")
"""Forms that decide about what is stored: whoever adds to it is refused, rather than not heard."""


def test_a_column_that_is_no_field_changes_nothing(forms: list[Form], plain: Any, at: Any) -> None:
    """The name of every column of the database, added to every form: written is what was written
    without it."""
    at(clock.now())
    wrong, tried = [], 0
    with watched(keep=False) as writes:
        for form in forms:
            post = plain(form)
            answers = [post(form.filled()) for _each in range(2)]
            first, second, *_rest = [*_shapes(writes.take()), [], []]
            tried += bool(first)
            extra = {name: ["1"] for name in COLUMNS if name not in form.fields}
            answer = post(form.filled(**extra))
            third = [*_shapes(writes.take()), []][0]
            if form.action.startswith(REFUSE_MORE) and answer.status_code == 409 and not third:
                continue
            if first != second:  # something in it is drawn by chance: its columns must do
                first, third = [each[:2] for each in first], [each[:2] for each in third]
            if answers[0].status_code != answer.status_code or first != third:
                wrong.append(f"{form}: {answers[0].status_code}, {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert tried >= 8


def _shapes(commits: list[list[tuple[str, str, Any]]]) -> list[list[Any]]:
    return [[(table, text, repr(values)) for table, text, values in each] for each in commits]


def test_a_column_that_is_no_part_of_a_body_is_refused(
    app: Flask, client_of: Any, cast: Any
) -> None:
    """The interface: the name of every column in every body. 422, and nothing is written."""
    wrong, read = [], set()
    adapter = app.url_map.bind("")
    body = dict.fromkeys(COLUMNS, 1)
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    for part in ("agent", "leader", "committee", "administrator"):
        client = client_of(getattr(cast, part))
        headers = {"X-CSRFToken": client.token(), "Idempotency-Key": "hostile-0123456789"}
        with watched(keep=False) as writes:
            for rule in (rule for rule in rules if rule.rule.startswith("/api/")):
                values = {name: _argument(rule, name) for name in rule.arguments}
                url = adapter.build(rule.endpoint, values, method="POST")
                answer = client.post(url, json=body, headers=headers)
                if answer.status_code == 422:
                    read.add(url)
                if answer.status_code not in {403, 404, 422} or writes.take():
                    wrong.append(f"{part} {url}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert len(read) >= 5, read
