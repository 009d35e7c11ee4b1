"""Notices to people, their delivery by mail, and what each person wants mailed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref

LONGEST_KEY, LONGEST_LINK, LONGEST_WHY = 200, 300, 200


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    DEAD = "dead"


class Notice(Base):
    """Something a person is told once: a line of their inbox, from `not_before` on.

    key: what makes it this one and no other, for ever. kind: "coins.awarded" is worded by
    templates/coins/mail/awarded.txt from `params`.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint(f"length(key) BETWEEN 1 AND {LONGEST_KEY}", name="key_length"),
        CheckConstraint("kind LIKE '%_._%'", name="kind_of_a_room"),
        CheckConstraint(
            "link IS NULL OR (link LIKE '/%' AND link NOT LIKE '//%')", name="link_ours"
        ),
        Index("ix_notice_inbox", "person_id", "not_before", "id"),
        Index(
            "ix_notice_unread",
            "person_id",
            "not_before",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    link: Mapped[str | None] = mapped_column(String(LONGEST_LINK))
    why: Mapped[str] = mapped_column(String(LONGEST_WHY), default="")
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    not_before: Mapped[datetime] = mapped_column(default=clock.now)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]


class Delivery(Base):
    """A notice on its way out of the house by one channel.

    due_at: from when a worker may take it up; None when nothing is to be done any more. While one
    sends, it lies in the future: if the worker dies, the next takes it up then, and `token` tells
    whose the row is.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        CheckConstraint("channel IN ('mail')", name="channel_known"),
        CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'skipped', 'dead')", name="state_known"
        ),
        CheckConstraint("(state = 'sending') = (token IS NOT NULL)", name="sending_has_token"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint(
            "(state IN ('pending', 'sending')) = (due_at IS NOT NULL)", name="waiting_is_due"
        ),
        Index(
            "ix_delivery_due",
            "due_at",
            "id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_delivery_state", "state", "id"),
    )

    id: Mapped[Id]
    notice_id: Mapped[int] = mapped_column(Ref, ForeignKey("notice.id"))
    channel: Mapped[str] = mapped_column(String(10), default="mail")
    state: Mapped[DeliveryState] = mapped_column(String(10), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    token: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(300), default="")

    notice: Mapped[Notice] = relationship()


class Preference(Base):
    """What a person decided about one kind of notice: whether it is also mailed to them."""

    __tablename__ = "notice_preference"

    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    mail: Mapped[bool]
