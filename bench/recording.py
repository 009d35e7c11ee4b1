"""What a page asks the database, written down so that the bare view can ask the very same.

A request is made twice, in this process. What differs between the two must be new each time it is
played: `Fresh` (keys, hashes), `Given` (numbers of the database), `Drawn` (places in
a chain) and `Moving` (balances) say so.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

ENDS = ("COMMIT", "ROLLBACK")
BEGINS = ("READ", "WRITE")
ROWS = re.compile(r'<li class="row|<tr>|class="moment')


class Unplayable(Exception):
    """This request cannot be recorded."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A text of this length that was never used before."""

    length: int


@dataclass(frozen=True, slots=True)
class Given:
    """The number that the database gave to the row inserted before."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A number that was never used before."""


@dataclass(frozen=True, slots=True)
class Moving:
    """A number that goes on by `step` each time."""

    start: int
    step: int


@dataclass(slots=True)
class Statement:
    """One call of a cursor, or the beginning or end of a transaction."""

    sql: str
    parameters: Any = ()
    many: bool = False

    @property
    def is_asked(self) -> bool:
        """It touches records."""
        words = (*ENDS, *BEGINS, "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")
        return not self.sql.startswith(words)


@dataclass(slots=True)
class Recording:
    """What one request did. path: of the bare view. shown: rows on its page; size: its bytes."""

    path: str
    name: str
    statements: list[Statement] = field(default_factory=list)
    shown: int = 0
    size: int = 0

    @property
    def asked(self) -> int:
        """How many statements touch records."""
        return sum(each.is_asked for each in self.statements)


@contextmanager
def _listening(found: list[Statement]) -> Iterator[None]:
    def executed(_conn: Any, _cur: Any, sql: str, values: Any, _ctx: Any, many: bool) -> None:
        found.append(Statement(sql, values, many))

    def begun(connection: Connection) -> None:
        reads = connection.get_execution_options().get("read_only")
        found.append(Statement("READ" if reads else "WRITE"))

    heard = {
        "begin": begun,
        "before_cursor_execute": executed,
        "commit": lambda _connection: found.append(Statement("COMMIT")),
        "rollback": lambda _connection: found.append(Statement("ROLLBACK")),
    }
    for name, hear in heard.items():
        event.listen(Engine, name, hear)
    try:
        yield
    finally:
        for name, hear in heard.items():
            event.remove(Engine, name, hear)


def record(ask: Callable[[], Any]) -> Recording:
    """The recording of a request that can be played again and again. `ask` makes it."""
    for _ in range(2):
        ask()  # what is noted once a minute, what is built once
    found: list[list[Statement]] = []
    for _ in range(2):
        found.append([])
        with _listening(found[-1]):
            answer = ask()
        if answer.status_code >= 400:
            raise Unplayable(f"it answered {answer.status_code}")
    first, second = found
    if [each.sql for each in first] != [each.sql for each in second]:
        raise Unplayable("it does not make the same statements each time")
    for before, each in zip(first, second, strict=True):
        each.parameters = _general(each, before.parameters, each.parameters)
    shown = len(ROWS.findall(answer.text))
    path = answer.request.path
    return Recording(f"/bare{path}", path, second, min(shown, 60), len(answer.data))


def _general(statement: Statement, one: Any, two: Any) -> Any:
    if statement.many:
        return [_general(Statement(statement.sql), *pair) for pair in zip(one, two, strict=True)]
    if isinstance(two, dict):
        return {name: _value(name, one[name], two[name]) for name in two}
    listed = re.match(r"INSERT INTO \w+ \(([^)]*)\)", statement.sql)
    names = listed[1].split(", ") if listed else re.findall(r"(\w+)=\?", statement.sql)
    names += [""] * (len(two) - len(names))
    return tuple(_value(name, *pair) for name, *pair in zip(names, one, two, strict=False))


def _value(name: str, one: Any, two: Any) -> Any:
    plain = two.value if isinstance(two, Enum) else two
    if one == two or isinstance(plain, bool):
        return plain
    if isinstance(plain, int) and name.startswith(("seq", "entries", "new_entries")):
        return Drawn()
    if isinstance(plain, int):
        return Given() if "_id" in name else Moving(plain, plain - one)
    is_text = isinstance(plain, str) and not re.match(r"\d{4}-\d\d-|/", plain)
    return Fresh(len(plain)) if is_text else plain


def save(recordings: list[Recording], path: Path) -> None:
    path.write_bytes(pickle.dumps(recordings))


def read(path: Path) -> list[Recording]:
    found: list[Recording] = pickle.loads(path.read_bytes())
    return found
