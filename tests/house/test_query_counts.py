"""A page asks the database a few things, and not more of them in a larger house (B1).

Timing is noise on a busy machine; counting proves that nothing is asked once a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.base.db import session, transaction
from portal.demo.rules import seed
from portal.people.models import Person
from portal.people.queries import by_staff_no
from portal.people.rules.keys import open_session

FEW, MANY = 240, 2_400
MOST = 12
MOST_OF = {"/": 8, "/people/": 8, "/suggestions/": 8, "/coins/": 8, "/drives/": 8, "/growth/": 8,
           "/rewards/": 8}  # fmt: skip
"""The goal for lists, files and boards; `BEHIND` says which have not reached it."""
BEHIND = {
    ("agent", "/"): 11, ("leader", "/"): 12, ("hr", "/"): 11,
    ("agent", "/growth/"): 12, ("leader", "/growth/"): 12, ("hr", "/growth/"): 12,
}  # fmt: skip
PAGES = {
    "agent": (
        "/", "/people/", "/people/?q=wang", "/people/{agent}", "/people/units", "/growth/",
        "/coins/", "/coins/boards", "/coins/boards?show=mates", "/coins/boards?show=teams",
        "/coins/boards?show=values", "/fairness/", "/suggestions/", "/suggestions/mine", "/drives/",
        "/drives/mine", "/greetings/", "/notify/",
        "/rewards/", "/rewards/2", "/rewards/mine", "/rewards/orders/1",
    ),
    "leader": (
        "/", "/people/", "/growth/", "/growth/{agent}", "/growth/files", "/coins/budget",
        "/coins/award", "/coins/team", "/coins/reviews", "/suggestions/queue", "/greetings/",
    ),
    "hr": (
        "/", "/people/", "/people/?leave=1", "/people/roles", "/growth/", "/growth/{agent}",
        "/growth/files", "/growth/honours", "/coins/overview", "/coins/reviews",
        "/coins/reviews/withdrawals", "/greetings/forecast", "/fairness/due", "/fairness/rules",
        "/rewards/keep", "/rewards/orders?state=handed", "/rewards/2/stock",
    ),
}  # fmt: skip
CONTROL = ("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")

Counts = dict[tuple[str, str], int]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements made within that touch records."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(CONTROL):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def lived_in(app: Flask, people: int) -> Flask:
    """A portal with so many people and a year of their life."""
    with app.app_context(), transaction():
        seed(settings=app.config["SUNHOME"], size=people)
    return app


def counts_of(app: Flask) -> Counts:
    """How many statements each page makes for each role, once everything is warm."""
    accounts = json.loads(app.config["SUNHOME"].demo_accounts.read_text("utf-8"))
    numbers = {account["role"]: account["staff_no"] for account in accounts}
    found: Counts = {}
    for role, paths in PAGES.items():
        with app.app_context(), transaction():
            ids = {name: by_staff_no(numbers[name]) for name in ("agent", role)}
            token = open_session(ids[role].id, "counts")  # type: ignore[union-attr]
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        for path in paths:
            url = path.format(agent=ids["agent"].id)  # type: ignore[union-attr]
            for _ in range(2):
                assert browser.get(url).status_code == 200, f"{role}: {url}"
            with counted() as seen:
                browser.get(url)
            found[role, path] = len(seen)
    return found


def offenders(few: Counts, many: Counts) -> list[str]:
    """The pages that ask too much, or more where there is more."""
    wrong = []
    for place, count in many.items():
        most = BEHIND.get(place, MOST_OF.get(place[1], MOST))
        if count > most:
            wrong.append(f"{place[0]} {place[1]}: {count} statements, {most} are enough")
        if count > few[place]:
            wrong.append(f"{place[0]} {place[1]}: {few[place]} statements, {count} with ten times")
    return wrong


def test_no_page_asks_more_of_a_larger_house(make_app: Callable[..., Flask]) -> None:
    few = counts_of(lived_in(make_app(filled=False), FEW))
    many = counts_of(lived_in(make_app(filled=False), MANY))
    assert not offenders(few, many), "\n".join(offenders(few, many))


def test_one_query_a_row_is_found(make_app: Callable[..., Flask]) -> None:
    app = lived_in(make_app(filled=False), FEW)
    before = counts_of(app)
    kept = app.view_functions["people.index"]

    def one_a_row() -> Any:
        for number in range(1, 26):
            session().get(Person, number)
        return kept()

    app.view_functions["people.index"] = one_a_row
    found = offenders(before, counts_of(app))
    assert any("/people/" in each for each in found), found
