"""Lists of suggestions: what is open, late, adopted, mine, and what waits for me."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch
from portal.people.models import Person
from portal.suggestions.models import Kind, Status, Suggestion, SuggestionWord
from portal.suggestions.queries.search import LAST, rarest_first, terms

LISTS = ("all", "open", "overdue", "adopted", "mine", "queue", "working")
"""queue: what waits for my first answer; working: what I have answered and is not at its end."""

BY_DUE_DAY = frozenset({"overdue", "queue"})
MOST_COUNTED, MOST_LISTED = 100, 10_000
_CURSOR = re.compile(r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})\.)?([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Line:
    """One suggestion in a list."""

    id: int
    kind: Kind
    title: str
    status: Status
    author_id: int
    author: str
    owner_id: int
    owner: str
    answer_due_on: date
    sent_at: datetime
    is_waiting: bool
    reward_coins: int | None

    @property
    def is_overdue(self) -> bool:
        return self.is_waiting and self.days_left < 0

    @property
    def days_left(self) -> int:
        """Days until the first answer is due; below zero when that is over."""
        return (self.answer_due_on - clock.today()).days


@dataclass(frozen=True, slots=True)
class Pending:
    """What is due, each counted up to 100."""

    overdue: int
    waiting_for_me: int
    with_me: int


# ---- who sees what --------------------------------------------------------------------------


def _visible(person: int | BindParameter[int]) -> ColumnElement[bool]:
    return or_(Suggestion.status != "withdrawn", Suggestion.author_id == person)


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition under which this viewer sees a suggestion: the twin of `policy.may_see`."""
    return _visible(viewer.id)


def waiting() -> ColumnElement[bool]:
    """Nobody has answered yet. In these words the partial indexes know it."""
    return Suggestion.first_answered_at.is_(None) & Suggestion.closed_at.is_(None)


def _among(which: str) -> list[ColumnElement[bool]]:
    me: BindParameter[int] = bindparam("me")
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "all": [],
        "open": [Suggestion.closed_at.is_(None)],
        "overdue": [waiting(), Suggestion.answer_due_on < bindparam("today")],
        "adopted": [Suggestion.adopted_at.is_not(None)],
        "mine": [Suggestion.author_id == me],
        "queue": [waiting(), Suggestion.owner_id == me],
        "working": [
            Suggestion.closed_at.is_(None),
            Suggestion.first_answered_at.is_not(None),
            Suggestion.owner_id == me,
        ],
    }
    return conditions[which]


# ---- one page of a list ---------------------------------------------------------------------


def listed(
    viewer: Viewer, which: str = "all", *, typed: str = "", after: str | None = None,
    limit: int = 25,
) -> tuple[list[Line], str | None]:  # fmt: skip
    """A page of one of LISTS, and the cursor of the next page if there is one.

    What is due comes in the order of the days, everything else with the newest first. An `after`
    that nobody was given counts for none.
    """
    lead = rarest_first(terms(typed)) if typed.strip() else []
    if lead is None or (typed.strip() and not lead):
        return [], None
    cursor = _cursor(which, after)
    shape = tuple(term.is_beginning for term in lead)
    statement, names = _statement(which, cursor is not None, shape)
    values: dict[str, Any] = {"me": viewer.id, "today": clock.today(), "most": limit + 1}
    if cursor is not None:
        values["after_day"], values["after_id"] = cursor
    for number, term in enumerate(lead):
        values |= {f"t{number}": term.token, f"z{number}": term.token + LAST}
    rows = fetch(statement, **{name: values[name] for name in names if name in values})
    found = [_line(row) for row in rows]
    return found[:limit], _next(which, found[limit - 1]) if len(found) > limit else None


def _line(row: AnyRow) -> Line:
    number, kind, title, status, *rest = row
    return Line(number, Kind(kind), title, Status(status), *rest)


def _cursor(which: str, after: str | None) -> tuple[date, int] | None:
    match = _CURSOR.fullmatch(after or "")
    if match is None or (which in BY_DUE_DAY) != bool(match[1]):
        return None
    try:
        return date.fromisoformat(match[1] or "2000-01-01"), int(match[2])
    except ValueError:
        return None


def _next(which: str, last: Line) -> str:
    return f"{last.answer_due_on.isoformat()}.{last.id}" if which in BY_DUE_DAY else f"{last.id}"


@lru_cache(maxsize=128)
def _statement(
    which: str, is_further: bool, shape: tuple[bool, ...]
) -> tuple[AnySelect, tuple[str, ...]]:
    """The statement of a list, built once, and the names of its parameters.

    shape: for each term of a search, whether it is the beginning of a token. The first whole token
    leads: its rows are read in the order of the list, and the reading stops when the page is full.
    """
    author, owner = aliased(Person), aliased(Person)
    statement = (
        select(
            Suggestion.id, Suggestion.kind, Suggestion.title, Suggestion.status,
            Suggestion.author_id, author.name, Suggestion.owner_id, owner.name,
            Suggestion.answer_due_on, Suggestion.sent_at, waiting(), Suggestion.reward_coins,
        )
        .join(author, author.id == Suggestion.author_id)
        .join(owner, owner.id == Suggestion.owner_id)
        .where(_visible(bindparam("me")), *_among(which))
        .limit(bindparam("most"))
    )  # fmt: skip
    place: Any = Suggestion.id
    if shape and not shape[0]:
        place = SuggestionWord.suggestion_id
        statement = statement.join(SuggestionWord, place == Suggestion.id).where(
            SuggestionWord.token == bindparam("t0")
        )
    for number, is_beginning in enumerate(shape):
        if number or is_beginning:
            statement = statement.where(_contains(number, is_beginning))
    if which in BY_DUE_DAY:
        statement = statement.order_by(Suggestion.answer_due_on, Suggestion.id)
        further = tuple_(Suggestion.answer_due_on, Suggestion.id) > tuple_(
            bindparam("after_day", type_=Date()), bindparam("after_id")
        )
    else:
        statement = statement.order_by(place.desc())
        further = place < bindparam("after_id")
    if is_further:
        statement = statement.where(further)
    # those that have no value of their own yet
    return statement, tuple(
        name for name, value in statement.compile().params.items() if value is None
    )


def _contains(number: int, is_beginning: bool) -> ColumnElement[bool]:
    word = aliased(SuggestionWord)
    if is_beginning:
        return Suggestion.id.in_(
            select(word.suggestion_id).where(
                word.token >= bindparam(f"t{number}"), word.token < bindparam(f"z{number}")
            )
        )
    return exists(
        select(word.token).where(
            word.token == bindparam(f"t{number}"), word.suggestion_id == Suggestion.id
        )
    )


# ---- counts and short lists -----------------------------------------------------------------


def pending(viewer: Viewer) -> Pending:
    """What is late in the whole house, what waits for the viewer's answer, what is with them."""
    row = fetch(_pending(), me=viewer.id, today=clock.today())[0]
    return Pending(*row)


@lru_cache(maxsize=1)
def _pending() -> AnySelect:
    def counted(*conditions: ColumnElement[bool]) -> Any:
        few = select(Suggestion.id).where(*conditions).limit(MOST_COUNTED).subquery()
        return select(func.count()).select_from(few).scalar_subquery()

    return select(
        counted(*_among("overdue")), counted(*_among("queue")), counted(*_among("working"))
    )


def latest_of(viewer: Viewer, limit: int = 3) -> list[Line]:
    """The viewer's own suggestions, the newest first: for the first screen."""
    return listed(viewer, "mine", limit=limit)[0]


def answers_due(viewer: Viewer, limit: int = 3) -> list[Line]:
    """What waits for the viewer's first answer, the most urgent first: for the first screen."""
    return listed(viewer, "queue", limit=limit)[0]


def all_overdue() -> list[Line]:
    """Everything that has waited longer than was promised, the longest first."""
    statement, names = _statement("overdue", False, ())
    values: dict[str, Any] = {"me": 0, "today": clock.today(), "most": MOST_LISTED}
    return [
        _line(row)
        for row in fetch(statement, **{name: values[name] for name in names if name in values})
    ]
