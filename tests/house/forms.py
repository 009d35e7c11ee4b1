"""The forms of the house, found on its pages, and what one request wrote.

`forms_of` draws every page of tests/stage.py and reads the forms out of it, so that no test keeps
a list of fields. `Writes` tells what was committed.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import html5lib
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from tests.client import FRAME_ACTIONS
from tests.house.walk import NOTES
from tests.stage import PAGES

WORDS = "夜里三点，她陪一位老人把宽带重新设好，一步一步。"
UNTOUCHED = {"csrf_token", "request_key", "act", "next", "step"}
"""Fields that the page fills in, not the person. Tested where they belong."""


@dataclass
class Field:
    """One field as it is drawn: its kind, what stands in it, what may be chosen."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)

    def good(self) -> list[str]:
        """Something that a careful person could have entered."""
        if self.kind in {"radio", "checkbox", "select"}:
            return [choice for choice in (self.value, *self.choices) if choice][:1]
        if self.value:
            return [self.value]
        plain = {"date": "2026-03-02", "whole": "2", "person": "003588", "unit": "太原二班"}
        return [plain.get(self.kind, WORDS)]


@dataclass
class Form:
    """A form of a page of somebody."""

    part: str
    page: str
    action: str
    fields: dict[str, Field]

    def __str__(self) -> str:
        return f"{self.part} {self.action} ({', '.join(self.names)})"

    @property
    def names(self) -> list[str]:
        return [name for name in self.fields if name not in UNTOUCHED]

    def filled(self, **changes: Any) -> dict[str, Any]:
        """What is sent when it is filled in well, but for `changes` (None: left out)."""
        sent: dict[str, Any] = {name: each.good() for name, each in self.fields.items()} | changes
        return {name: value for name, value in sent.items() if value is not None}


def forms_of(client_of: Callable[[Any], Any], cast: Any, ids: dict[str, int]) -> list[Form]:
    """Every form of every page that posts, once."""
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for part, paths in PAGES.items():
        client = client_of(getattr(cast, part))
        for path in dict.fromkeys(path.format(**ids) for path in paths):
            text = super(type(client), client).open(path).text
            for form in _posting(text, path, part):
                found.setdefault((form.action, tuple(sorted(form.fields))), form)
    return list(found.values())


def _posting(text: str, path: str, part: str) -> Iterator[Form]:
    for element in html5lib.parse(text, namespaceHTMLElements=False).iter("form"):
        action = element.get("action") or path
        if element.get("method", "").lower() == "post" and action not in FRAME_ACTIONS:
            fields: dict[str, Field] = {}
            for each in element.iter():
                if each.get("name"):
                    _read(each, fields)
            if not any(each.kind == "file" for each in fields.values()):
                yield Form(part, path, action, fields)


def _read(element: Any, fields: dict[str, Field]) -> None:
    name, kind = element.get("name"), element.get("type", "text")
    value = element.get("value") or ""
    if element.tag == "textarea":
        fields[name] = Field(name, "lines", element.text or "")
    elif element.tag == "select":
        options = list(element.iter("option"))
        chosen = [o.get("value", "") for o in options if o.get("selected") is not None]
        values = [option.get("value", "") for option in options]
        fields[name] = Field(name, "select", "".join(chosen[:1]), values)
    elif element.tag == "button":
        if "sun" in (element.get("class") or ""):
            fields[name] = Field(name, "button", value)
    elif kind in {"radio", "checkbox"}:
        each = fields.setdefault(name, Field(name, kind))
        each.choices.append(value)
        if element.get("checked") is not None:
            each.value = value
    else:
        picks = element.get("data-picker") or ""
        known = {"numeric": "whole", "decimal": "whole"}.get(element.get("inputmode"), kind)
        if picks:
            known = "unit" if "unit" in picks else "person"
        fields[name] = Field(name, known, value)


class Writes:
    """What each commit wrote: (table, statement, values), but for notes such as "last seen"."""

    def __init__(self) -> None:
        self._open: dict[int, list[tuple[str, str, Any]]] = defaultdict(list)
        self.commits: list[list[tuple[str, str, Any]]] = []

    def see(self, _conn: Any, cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        head = statement.lstrip().split(None, 3)
        if head and head[0].upper() in {"UPDATE", "DELETE"} and cursor.rowcount == 0:
            return
        if head and head[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
            table = head[1 if head[0].upper() == "UPDATE" else 2].strip('"').split("(")[0]
            if table not in NOTES:
                self._open[threading.get_ident()].append((table, statement, values))

    def commit(self) -> None:
        written = self._open.pop(threading.get_ident(), [])
        if written:
            self.commits.append(written)

    def rollback(self) -> None:
        self._open.pop(threading.get_ident(), None)

    def take(self) -> list[list[tuple[str, str, Any]]]:
        """The commits since this was asked last."""
        taken, self.commits = self.commits, []
        return taken


@contextmanager
def watched(*, keep: bool) -> Iterator[Writes]:
    """Within, every commit is noted. keep: False, and at its end each transaction is undone."""
    writes = Writes()
    commit, rollback = Session.commit, Session.rollback

    def noted(current: Session) -> None:
        current.flush()
        writes.commit()
        (commit if keep else rollback)(current)

    def undone(current: Session) -> None:
        writes.rollback()
        rollback(current)

    Session.commit, Session.rollback = noted, undone  # type: ignore[method-assign]
    event.listen(Engine, "after_cursor_execute", writes.see)
    try:
        yield writes
    finally:
        event.remove(Engine, "after_cursor_execute", writes.see)
        Session.commit, Session.rollback = commit, rollback  # type: ignore[method-assign]
