"""Suggestions: a fault that was found (啄木鸟) or an idea that points at gold (金手指).

Each has an owner and a day by which it gets its first answer. What happens to it is a row of its
history, with who, when and why; the rows of the history are never changed.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.history import true_on
from portal.base.words import lazy as _l
from portal.people.models import Role, UnitPath, sorted_text

MOST_TITLE, MOST_WHAT, MOST_SPOT, MOST_SINCE, MOST_MORE = 60, 2000, 80, 60, 500
MOST_REASON, MOST_COMMENT, MOST_TOKEN, MOST_COINS = 500, 500, 40, 10_000


class Kind(StrEnum):
    """A fault, or an idea."""

    WOODPECKER = "woodpecker"
    GOLDEN_FINGER = "golden_finger"

    @property
    def label(self) -> str:
        """The kind in the reader's words."""
        return str(_KIND_LABELS[self])


class Status(StrEnum):
    """Where a suggestion stands. Declined, done and withdrawn are ends."""

    SENT = "sent"
    ANSWERED = "answered"
    IN_WORK = "in_work"
    ADOPTED = "adopted"
    DECLINED = "declined"
    DONE = "done"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The status in the reader's words."""
        return str(_STATUS_LABELS[self])

    @property
    def tone(self) -> str:
        """The colour that goes with the word."""
        return _TONES.get(self, "plain")


_KIND_LABELS = {Kind.WOODPECKER: _l("啄木鸟"), Kind.GOLDEN_FINGER: _l("金手指")}
_STATUS_LABELS = {
    Status.SENT: _l("等待答复"),
    Status.ANSWERED: _l("已答复"),
    Status.IN_WORK: _l("处理中"),
    Status.ADOPTED: _l("已采纳"),
    Status.DECLINED: _l("未采纳"),
    Status.DONE: _l("已办成"),
    Status.WITHDRAWN: _l("已撤回"),
}
_TONES = {
    Status.SENT: "sun",
    Status.ANSWERED: "sky",
    Status.IN_WORK: "sky",
    Status.ADOPTED: "leaf",
    Status.DONE: "leaf",
}

CLOSED = frozenset({Status.DECLINED, Status.DONE, Status.WITHDRAWN})
ANSWERS: dict[Status, tuple[Status, ...]] = {
    Status.SENT: (
        Status.ANSWERED, Status.IN_WORK, Status.ADOPTED, Status.DONE, Status.DECLINED,
    ),
    Status.ANSWERED: (Status.IN_WORK, Status.ADOPTED, Status.DONE, Status.DECLINED),
    Status.IN_WORK: (Status.ADOPTED, Status.DONE, Status.DECLINED),
    Status.ADOPTED: (Status.DONE,),
}  # fmt: skip
"""What an owner may answer, by where the suggestion stands. What is done is adopted on the way."""

_STATUSES = ", ".join(f"'{status.value}'" for status in Status)
_KINDS = ", ".join(f"'{kind.value}'" for kind in Kind)
_WAITING = "first_answered_at IS NULL AND closed_at IS NULL"


class Topic(Base):
    """What suggestions can be about, and by which rule: whose it is, how soon, what it earns.

    The owner is a person, or whoever holds a role nearest to the author; where neither is named,
    the author's leader. `answer_days`: by when the first answer is promised, in calendar days.
    `reward_coins` go to the author once, at adoption.
    """

    __tablename__ = "suggestion_topic"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("length(key) BETWEEN 1 AND 30", name="key_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 40", name="name_length"),
        CheckConstraint("length(name_en) BETWEEN 1 AND 80", name="name_en_length"),
        CheckConstraint("owner_role IS NULL OR owner_id IS NULL", name="one_owner"),
        CheckConstraint("answer_days BETWEEN 1 AND 90", name="answer_days_in_bounds"),
        CheckConstraint(f"reward_coins BETWEEN 0 AND {MOST_COINS}", name="reward_in_bounds"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(80))
    owner_role: Mapped[Role | None] = mapped_column(String(20))
    owner_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    answer_days: Mapped[int] = mapped_column(default=7)
    reward_coins: Mapped[int] = mapped_column(default=20)
    position: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]


class Suggestion(Base):
    """What one person suggested, whose turn it is, and until when the first answer is promised.

    `what`: what is wrong, or what to do. `spot`, `since`, `cost` belong to a fault, `effect` to an
    idea. `unit_id`: the author's team when it was sent. `content_hash` fixes who said what when.
    `step`: how many rows its history has. `escalated_on`: when the next level up was told.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        CheckConstraint(f"status IN ({_STATUSES})", name="status_known"),
        CheckConstraint(f"length(title) BETWEEN 1 AND {MOST_TITLE}", name="title_length"),
        CheckConstraint(f"length(what) BETWEEN 1 AND {MOST_WHAT}", name="what_length"),
        CheckConstraint(
            "kind <> 'woodpecker' OR (spot IS NOT NULL AND effect IS NULL)", name="fault_fields"
        ),
        CheckConstraint(
            "kind <> 'golden_finger' OR (effect IS NOT NULL AND spot IS NULL AND since IS NULL"
            " AND cost IS NULL)",
            name="idea_fields",
        ),
        CheckConstraint(f"length(cost) <= {MOST_MORE}", name="cost_length"),
        CheckConstraint(f"length(effect) BETWEEN 1 AND {MOST_MORE}", name="effect_length"),
        CheckConstraint("owner_id <> author_id", name="owner_is_another"),
        CheckConstraint("length(content_hash) = 64", name="hash_whole"),
        CheckConstraint("step > 0", name="step_positive"),
        CheckConstraint(
            "(status IN ('declined', 'done', 'withdrawn')) = (closed_at IS NOT NULL)",
            name="closed_has_time",
        ),
        CheckConstraint("(closed_at IS NULL) = (closing_reason IS NULL)", name="closed_has_reason"),
        CheckConstraint("length(trim(closing_reason)) > 0", name="closing_reason_said"),
        CheckConstraint(
            "(status IN ('sent', 'withdrawn')) = (first_answered_at IS NULL)",
            name="answered_has_time",
        ),
        CheckConstraint(
            "(status IN ('adopted', 'done')) = (adopted_at IS NOT NULL)", name="adopted_has_time"
        ),
        CheckConstraint(
            "(adopted_at IS NULL) = (reward_coins IS NULL)", name="reward_when_adopted"
        ),
        CheckConstraint(f"reward_coins BETWEEN 0 AND {MOST_COINS}", name="reward_in_bounds"),
        Index("ix_suggestion_author", "author_id", "id"),
        Index("ix_suggestion_topic", "topic_id"),
        *(
            Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
            for name, columns, where in (
                ("ix_suggestion_open", ("id",), "closed_at IS NULL"),
                ("ix_suggestion_adopted", ("id",), "adopted_at IS NOT NULL"),
                ("ix_suggestion_due", ("answer_due_on", "id"), _WAITING),
                ("ix_suggestion_queue", ("owner_id", "answer_due_on", "id"), _WAITING),
                ("ix_suggestion_owned", ("owner_id", "id"), "closed_at IS NULL"),
            )
        ),
    )

    id: Mapped[Id]
    kind: Mapped[Kind] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(MOST_TITLE))
    what: Mapped[str] = mapped_column(Text)
    spot: Mapped[str | None] = mapped_column(String(MOST_SPOT))
    since: Mapped[str | None] = mapped_column(String(MOST_SINCE))
    cost: Mapped[str | None] = mapped_column(Text)
    effect: Mapped[str | None] = mapped_column(Text)
    topic_id: Mapped[int] = mapped_column(Ref, ForeignKey("suggestion_topic.id"))
    author_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    owner_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    answer_due_on: Mapped[date]
    status: Mapped[Status] = mapped_column(String(12), default=Status.SENT)
    step: Mapped[int] = mapped_column(default=1)
    sent_at: Mapped[datetime] = mapped_column(default=clock.now)
    first_answered_at: Mapped[datetime | None]
    adopted_at: Mapped[datetime | None]
    reward_coins: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str | None] = mapped_column(Text)
    escalated_on: Mapped[date | None]
    content_hash: Mapped[str] = mapped_column(String(64))

    topic: Mapped[Topic] = relationship()

    @property
    def is_waiting(self) -> bool:
        """Nobody has answered yet."""
        return self.first_answered_at is None and self.closed_at is None

    @property
    def is_overdue(self) -> bool:
        """The first answer was promised for a day that is over."""
        return self.is_waiting and self.answer_due_on < clock.today()

    @property
    def days_left(self) -> int:
        """Days until the first answer is due; below zero when that is over."""
        return (self.answer_due_on - clock.today()).days

    @property
    def answers(self) -> tuple[Status, ...]:
        """What may be answered from here; nothing once it has come to an end."""
        return ANSWERS.get(Status(self.status), ())

    @property
    def place(self) -> tuple[int, ...]:
        """The team it came from and the units above it today, the nearest first."""
        current = object_session(self)
        if current is None or self.unit_id is None:
            return ()
        statement = (
            select(UnitPath.ancestor_id)
            .where(UnitPath.unit_id == self.unit_id, true_on(UnitPath, clock.today()))
            .order_by(UnitPath.distance)
        )
        return tuple(current.scalars(statement))


class StatusChange(Base):
    """One step of a suggestion: by whom, when, from where to where, under which owner, and why.

    Where the status stays, the suggestion was handed over to `owner_id`.
    """

    __tablename__ = "suggestion_step"
    __table_args__ = (
        UniqueConstraint("suggestion_id", "step"),
        CheckConstraint(f"to_status IN ({_STATUSES})", name="to_known"),
        CheckConstraint(f"from_status IN ({_STATUSES})", name="from_known"),
        CheckConstraint("(step = 1) = (from_status IS NULL)", name="first_from_nowhere"),
        CheckConstraint("step <> 1 OR to_status = 'sent'", name="first_is_sent"),
        CheckConstraint("step = 1 OR length(trim(reason)) > 0", name="reason_said"),
        CheckConstraint(f"length(reason) <= {MOST_REASON}", name="reason_length"),
    )

    id: Mapped[Id]
    suggestion_id: Mapped[int] = mapped_column(Ref, ForeignKey("suggestion.id"))
    step: Mapped[int]
    from_status: Mapped[Status | None] = mapped_column(String(12))
    to_status: Mapped[Status] = mapped_column(String(12))
    by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    owner_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Comment(Base):
    """Something a colleague says under a suggestion."""

    __tablename__ = "suggestion_comment"
    __table_args__ = (
        CheckConstraint(f"length(words) BETWEEN 1 AND {MOST_COMMENT}", name="words_length"),
        Index("ix_suggestion_comment_list", "suggestion_id", "id"),
    )

    id: Mapped[Id]
    suggestion_id: Mapped[int] = mapped_column(Ref, ForeignKey("suggestion.id"))
    author_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=clock.now)


class SuggestionWord(Base):
    """A token of a title: two neighbouring characters of Chinese, or a word of Latin letters."""

    __tablename__ = "suggestion_word"
    __table_args__ = ({"sqlite_with_rowid": False},)

    token: Mapped[str] = mapped_column(sorted_text(MOST_TOKEN), primary_key=True)
    suggestion_id: Mapped[int] = mapped_column(Ref, ForeignKey("suggestion.id"), primary_key=True)


# ---- the second wall: the database itself keeps the history as it was written ----------------

_TOLD = "the history of a suggestion is never changed"
_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION suggestion_steps_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_TOLD}' USING ERRCODE = 'integrity_constraint_violation'; END $$"""


def _on_create(ddl: str, dialect: str) -> None:
    statement: Any = DDL(ddl)  # type: ignore[no-untyped-call]
    event.listen(StatusChange.__table__, "after_create", statement.execute_if(dialect=dialect))


for _name, _when in (
    ("no_update", "UPDATE ON suggestion_step"),
    ("no_delete", "DELETE ON suggestion_step"),
    (
        "no_replace",
        "INSERT ON suggestion_step WHEN EXISTS (SELECT 1 FROM suggestion_step WHERE id = NEW.id"
        " OR (suggestion_id, step) = (NEW.suggestion_id, NEW.step))",
    ),
):
    _on_create(
        f"CREATE TRIGGER IF NOT EXISTS suggestion_step_{_name} BEFORE {_when}"
        f" BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END",
        "sqlite",
    )
_on_create(_FUNCTION, "postgresql")
for _name, _when, _level in (
    ("no_change", "UPDATE OR DELETE", "ROW"),
    ("no_truncate", "TRUNCATE", "STATEMENT"),
):
    _on_create(
        f"CREATE OR REPLACE TRIGGER suggestion_step_{_name} BEFORE {_when} ON suggestion_step"
        f" FOR EACH {_level} EXECUTE FUNCTION suggestion_steps_stay()",
        "postgresql",
    )
