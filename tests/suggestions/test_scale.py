"""With 100,000 suggestions: the same statements as with ten, each served by an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.ground import engine_of
from tests.suggestions.making import send

MANY = 100_000
PATHS = (
    "/suggestions/", "/suggestions/open", "/suggestions/overdue", "/suggestions/adopted",
    "/suggestions/mine", "/suggestions/queue", "/suggestions/working",
    "/suggestions/?q=热水", "/suggestions/?q=热水器", "/suggestions/mine?q=热水",
    "/suggestions/?q=器", "/suggestions/?after=5000", "/suggestions/overdue?after=2026-01-01.1",
)  # fmt: skip
# 1 in 50 is open, 1 in 100 waits; all who are in the house write, the leader owns
FILL = """
INSERT INTO suggestion (id, kind, title, what, spot, topic_id, author_id, unit_id, owner_id,
    answer_due_on, status, step, sent_at, first_answered_at, adopted_at, reward_coins, closed_at,
    closing_reason, content_hash)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {many})
SELECT 1000 + n, kind, title, what, spot, topic_id,
    CASE WHEN n % 500 = 0 THEN author_id ELSE {other} END, unit_id,
    CASE WHEN n % 500 = 1 THEN owner_id ELSE {owner} END, answer_due_on,
    CASE WHEN n % 100 = 0 THEN 'sent' WHEN n % 50 = 0 THEN 'in_work' WHEN n % 3 = 0 THEN 'done'
        ELSE 'declined' END,
    1, sent_at, CASE WHEN n % 100 <> 0 THEN sent_at END,
    CASE WHEN n % 50 <> 0 AND n % 3 = 0 THEN sent_at END,
    CASE WHEN n % 50 <> 0 AND n % 3 = 0 THEN 20 END,
    CASE WHEN n % 50 <> 0 THEN sent_at END, CASE WHEN n % 50 <> 0 THEN '好' END, content_hash
FROM numbers, suggestion WHERE suggestion.id = {one}
"""
WORDS = """
INSERT INTO suggestion_word (token, suggestion_id)
SELECT words.token, suggestion.id FROM suggestion, (
    SELECT '热水' AS token, 30 AS every UNION ALL SELECT '水器', 900 UNION ALL SELECT '器', 900
    UNION ALL SELECT '夜班', 20
) AS words WHERE suggestion.id > 1000 AND suggestion.id % words.every = 0
UNION ALL
SELECT others.letter || CAST(suggestion.id % 997 AS VARCHAR(9)), suggestion.id FROM suggestion, (
    SELECT 'a' AS letter UNION ALL SELECT 'b'
) AS others WHERE suggestion.id > 1000
"""


@contextmanager
def watched(app: Any) -> Iterator[list[tuple[str, Any]]]:
    """The statements that run meanwhile, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, sql: str, parameters: Any, *_rest: Any) -> None:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append((sql, parameters))

    engine = engine_of(app)
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def fill(db: Any, cast: Any, one: int) -> None:
    with db() as session:
        values = {"many": MANY, "one": one, "other": cast.hr.id, "owner": cast.leader.id}
        session.execute(text(FILL.format(**values)))
        session.execute(text(WORDS))
    with db() as session:
        session.execute(text("ANALYZE"))


def plan(db: Any, kind: str, sql: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if kind == "sqlite" else "EXPLAIN "
    with db(read_only=True) as session:
        rows = session.connection().exec_driver_sql(explain + sql, parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def test_the_lists_cost_the_same(
    app: Any, db: Any, cast: Any, client_of: Any, database_kind: str
) -> None:
    with db():
        one = send(cast.outsider, title="夜班的热水器").id
    browsers = (client_of(cast.outsider), client_of(cast.leader))

    def cost() -> dict[tuple[int, str], list[tuple[str, Any]]]:
        costs = {}
        for number, browser in enumerate(browsers):
            for path in PATHS:
                with watched(app) as seen:
                    assert browser.get(path).status_code == 200
                costs[number, path] = list(seen)
        return costs

    cost()  # the first look of a session is noted
    few = {place: len(seen) for place, seen in cost().items()}
    fill(db, cast, one)
    many = cost()
    assert {place: len(seen) for place, seen in many.items()} == few
    assert max(few.values()) <= 8
    for place, seen in many.items():
        for sql, parameters in seen:
            if "suggestion" in sql:
                check_plan(plan(db, database_kind, sql, parameters), f"{place}: {sql}")


def check_plan(told: str, where: str) -> None:
    """No statement reads the whole of a large table, or sorts it to show a page."""
    for line in told.splitlines():
        assert "Seq Scan on suggestion" not in line, f"{where}\n{told}"
        is_scan = line.lstrip().startswith("SCAN suggestion")
        assert not is_scan or is_in_order(where, line), f"{where}\n{told}"
    assert "USE TEMP B-TREE FOR ORDER BY" not in told, f"{where}\n{told}"


def is_in_order(where: str, line: str) -> bool:
    """A scan that stops when the page is full: the newest first, in the order of the key."""
    return "LIMIT" in where and ("USING" in line or "ORDER BY suggestion.id DESC" in where)


def test_the_check_sees_a_whole_reading(db: Any, database_kind: str, fault: int) -> None:
    sql = "SELECT * FROM suggestion WHERE what > '' ORDER BY title"
    with pytest.raises(AssertionError):
        check_plan(plan(db, database_kind, sql, ()), sql)
