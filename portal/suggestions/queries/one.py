"""One suggestion: the names around it, its history, what is said under it; and all for export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from portal.base import clock, words
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.base.room import FileEntry, FileSection
from portal.people.models import Employment, Person, Unit
from portal.suggestions.models import Comment, Status, StatusChange, Suggestion, Topic

CHUNK = 1000
MOST_ENTRIES = 30


@dataclass(frozen=True, slots=True)
class Around:
    """The names that belong to a suggestion."""

    author: str
    owner: str
    unit: str | None
    topic_key: str
    topic: str
    topic_en: str
    reward_coins: int

    def topic_label(self, language: str) -> str:
        return self.topic_en if language == "en" else self.topic


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the history."""

    step: int
    from_status: Status | None
    to_status: Status
    by: str
    owner: str
    reason: str
    at: datetime

    @property
    def is_hand_over(self) -> bool:
        return self.from_status == self.to_status


@dataclass(frozen=True, slots=True)
class Said:
    """A comment with the name of who said it."""

    id: int
    author_id: int
    author: str
    words: str
    at: datetime


def around(suggestion_id: int) -> Around:
    """The names that belong to this suggestion."""
    author, owner = aliased(Person), aliased(Person)
    statement = (
        select(
            author.name, owner.name, Unit.name, Topic.key, Topic.name, Topic.name_en,
            Topic.reward_coins,
        )
        .select_from(Suggestion)
        .join(author, author.id == Suggestion.author_id)
        .join(owner, owner.id == Suggestion.owner_id)
        .join(Topic, Topic.id == Suggestion.topic_id)
        .outerjoin(Unit, Unit.id == Suggestion.unit_id)
        .where(Suggestion.id == suggestion_id)
    )  # fmt: skip
    return Around(*session().execute(statement).one())


def steps(suggestion_id: int) -> list[Step]:
    """The history, the oldest first."""
    by, owner = aliased(Person), aliased(Person)
    statement = (
        select(
            StatusChange.step, StatusChange.from_status, StatusChange.to_status, by.name,
            owner.name, StatusChange.reason, StatusChange.at,
        )
        .join(by, by.id == StatusChange.by_id)
        .join(owner, owner.id == StatusChange.owner_id)
        .where(StatusChange.suggestion_id == suggestion_id)
        .order_by(StatusChange.step)
    )  # fmt: skip
    rows: Sequence[AnyRow] = session().execute(statement).all()
    return [_step(row) for row in rows]


def _step(row: AnyRow) -> Step:
    number, before, after, *rest = row
    return Step(number, Status(before) if before else None, Status(after), *rest)


def comments(
    suggestion_id: int, after: int | None = None, limit: int = 25
) -> tuple[list[Said], int | None]:
    """A page of what is said under a suggestion, newest first, and where the next one begins."""
    statement = (
        select(Comment.id, Comment.author_id, Person.name, Comment.words, Comment.at)
        .join(Person, Person.id == Comment.author_id)
        .where(Comment.suggestion_id == suggestion_id)
        .order_by(Comment.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(Comment.id < after)
    found = [Said(*row) for row in session().execute(statement)]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def everything() -> Iterator[AnyRow]:
    """All that was suggested and not withdrawn, the oldest first, read piece by piece."""
    author, owner = aliased(Person), aliased(Person)
    number = (
        select(Employment.staff_no)
        .where(Employment.person_id == Suggestion.author_id)
        .order_by(Employment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(
            Suggestion.id, Suggestion.kind, Suggestion.title, Suggestion.what, Suggestion.spot,
            Suggestion.since, Suggestion.cost, Suggestion.effect, Topic.name.label("topic"),
            author.name.label("author"), number.label("staff_no"), Unit.name.label("unit"),
            owner.name.label("owner"), Suggestion.status, Suggestion.sent_at,
            Suggestion.answer_due_on, Suggestion.first_answered_at, Suggestion.adopted_at,
            Suggestion.reward_coins, Suggestion.closed_at, Suggestion.closing_reason,
        )
        .join(author, author.id == Suggestion.author_id)
        .join(owner, owner.id == Suggestion.owner_id)
        .join(Topic, Topic.id == Suggestion.topic_id)
        .outerjoin(Unit, Unit.id == Suggestion.unit_id)
        .where(Suggestion.status != "withdrawn")
        .order_by(Suggestion.id)
        .limit(CHUNK)
    )  # fmt: skip
    last = 0
    while rows := session().execute(statement.where(Suggestion.id > last)).all():
        yield from rows
        last = rows[-1].id


# ---- the growth file ------------------------------------------------------------------------


def file_sections(person_id: int, _viewer: Viewer) -> list[FileSection]:
    """How many suggestions a person sent and how many were adopted, and those as moments.

    Suggestions stand open to all who work here, so whoever reads the file may read these.
    """
    sent, adopted = fetch(_counts(), person_id=person_id)[0]
    if not sent:
        return []
    entries = _adopted(person_id) if adopted else []
    value = ngettext("%(num)s 条", "%(num)s 条", sent)
    if adopted:
        value = _("%(sent)s，采纳 %(adopted)s", sent=value, adopted=adopted)
    return [FileSection("suggestions", _("合理化建议"), value, entries=entries)]


@cache
def _counts() -> AnySelect:
    return select(func.count(), func.count(Suggestion.adopted_at)).where(
        Suggestion.author_id == bindparam("person_id"), Suggestion.status != "withdrawn"
    )


@cache
def _adopted_of() -> AnySelect:
    return (
        select(Suggestion.id, Suggestion.title, Suggestion.adopted_at, Suggestion.reward_coins)
        .where(Suggestion.author_id == bindparam("person_id"), Suggestion.adopted_at.is_not(None))
        .order_by(Suggestion.id.desc())
        .limit(MOST_ENTRIES)
    )


def _adopted(person_id: int) -> list[FileEntry]:
    return [
        FileEntry(
            day=_day(row.adopted_at),
            tone="leaf",
            title=_("建议被采纳：%(title)s", title=row.title),
            text=_("奖励 %(coins)s", coins=words.coins(row.reward_coins))
            if row.reward_coins
            else "",
            url=f"/suggestions/{row.id}",
        )
        for row in fetch(_adopted_of(), person_id=person_id)
    ]


def _day(moment: datetime) -> date:
    return clock.local(moment).date()
