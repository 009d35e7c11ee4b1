"""Drives: a cause with a goal, the gifts it received, and short words on how it goes."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref


class DriveState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class SurplusRule(StrEnum):
    """Where the money goes that is more than the cause needs."""

    CARE_FUND = "care_fund"
    NEXT_DRIVE = "next_drive"
    CHARITY = "charity"


class GiftKind(StrEnum):
    CASH = "cash"
    COINS = "coins"


class Shown(StrEnum):
    """To whom the giver's name is shown."""

    PUBLIC = "public"
    COMMITTEE = "committee"
    ANONYMOUS = "anonymous"


class Phase(StrEnum):
    """Where a drive stands on a day, as people see it."""

    DRAFT = "draft"
    COMING = "coming"
    RUNNING = "running"
    COUNTING = "counting"
    CLOSED = "closed"


class Drive(Base):
    """A cause that colleagues give to: its story, goal, dates and the rule for what is left."""

    __tablename__ = "drive"
    __table_args__ = (
        CheckConstraint("length(title) BETWEEN 1 AND 60", name="title_length"),
        CheckConstraint("length(story) BETWEEN 1 AND 2000", name="story_length"),
        CheckConstraint("goal_fen > 0", name="goal_positive"),
        CheckConstraint("closes_on >= opens_on", name="dates_forward"),
        CheckConstraint(
            "surplus_rule IN ('care_fund', 'next_drive', 'charity')", name="surplus_rule_known"
        ),
        CheckConstraint("state IN ('draft', 'open', 'closed')", name="state_known"),
        CheckConstraint(
            "(state = 'draft') = (opened_at IS NULL) AND (opened_at IS NULL) = (opened_by_id IS"
            " NULL)",
            name="opened_by_somebody",
        ),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)"
            " AND (closed_at IS NULL) = (closed_by_id IS NULL)"
            " AND (closed_at IS NULL) = (closing_note IS NULL)",
            name="closed_by_somebody",
        ),
        CheckConstraint("last_receipt_no >= 0", name="receipt_no_not_negative"),
        Index("ix_drive_state", "state", "closes_on", "id"),
    )

    id: Mapped[Id]
    title: Mapped[str] = mapped_column(String(60))
    story: Mapped[str] = mapped_column(Text)
    goal_fen: Mapped[int] = mapped_column(BigInteger)
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    surplus_rule: Mapped[SurplusRule] = mapped_column(String(12))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    state: Mapped[DriveState] = mapped_column(String(6), default=DriveState.DRAFT)
    last_receipt_no: Mapped[int] = mapped_column(default=0)
    made_by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    opened_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    opened_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closing_note: Mapped[str | None] = mapped_column(String(500))

    @property
    def place(self) -> tuple[int, ...]:
        """The site whose staff it is for; empty for the whole house."""
        return () if self.unit_id is None else (self.unit_id,)

    def phase_on(self, day: date) -> Phase:
        """Where it stands on `day`. After its last day cash is still counted until it closes."""
        if self.state != DriveState.OPEN:
            return Phase(self.state)
        if day < self.opens_on:
            return Phase.COMING
        return Phase.RUNNING if day <= self.closes_on else Phase.COUNTING


class DriveUpdate(Base):
    """Short words to all on how a drive is going."""

    __tablename__ = "drive_update"
    __table_args__ = (
        CheckConstraint("length(words) BETWEEN 1 AND 500", name="words_length"),
        Index("ix_drive_update_drive", "drive_id", "id"),
    )

    id: Mapped[Id]
    drive_id: Mapped[int] = mapped_column(Ref, ForeignKey("drive.id"))
    words: Mapped[str] = mapped_column(String(500))
    posted_by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    posted_at: Mapped[datetime] = mapped_column(default=clock.now)


class Gift(Base):
    """Money or coins that a drive received once; never changed, only reversed by a later row.

    giver_id is empty where nobody is to be named: anonymous gifts, and cash of an outsider, whose
    typed name (giver_name) is kept for the committee. received_by and counted_by are the two
    who took and counted cash, or who made a correction.
    """

    __tablename__ = "gift"
    __table_args__ = (
        CheckConstraint("kind IN ('cash', 'coins')", name="kind_known"),
        CheckConstraint(
            "(kind = 'cash' AND amount_coins IS NULL AND amount_fen IS NOT NULL AND amount_fen > 0)"
            " OR (kind = 'coins' AND amount_fen IS NULL AND amount_coins IS NOT NULL"
            " AND amount_coins > 0)",
            name="one_positive_amount",
        ),
        CheckConstraint("shown IN ('public', 'committee', 'anonymous')", name="shown_known"),
        CheckConstraint(
            "shown <> 'anonymous' OR (giver_id IS NULL AND giver_name IS NULL)",
            name="anonymous_names_nobody",
        ),
        CheckConstraint(
            "shown = 'anonymous' OR (giver_id IS NULL) <> (giver_name IS NULL)",
            name="named_by_one_name",
        ),
        CheckConstraint(
            "giver_name IS NULL OR (kind = 'cash' AND shown = 'committee'"
            " AND length(giver_name) BETWEEN 1 AND 60)",
            name="outsider_for_the_committee",
        ),
        CheckConstraint("(kind = 'cash') = (receipt_no IS NOT NULL)", name="cash_has_a_receipt"),
        CheckConstraint("receipt_no IS NULL OR receipt_no > 0", name="receipt_no_positive"),
        CheckConstraint(
            "(kind = 'cash' OR reverses_id IS NOT NULL) = (received_by_id IS NOT NULL)"
            " AND (received_by_id IS NULL) = (counted_by_id IS NULL)",
            name="two_answer_for_cash",
        ),
        CheckConstraint("received_by_id <> counted_by_id", name="counted_by_another"),
        CheckConstraint(
            "giver_id IS NULL OR received_by_id IS NULL"
            " OR (giver_id <> received_by_id AND giver_id <> counted_by_id)",
            name="giver_does_not_count",
        ),
        CheckConstraint("(reverses_id IS NULL) = (reason IS NULL)", name="reversal_has_a_reason"),
        CheckConstraint("message IS NULL OR length(message) <= 200", name="message_length"),
        UniqueConstraint("drive_id", "receipt_no"),
        UniqueConstraint("transfer_id"),
        UniqueConstraint("reverses_id"),
        Index("ix_gift_drive", "drive_id", "id"),
        Index("ix_gift_giver", "giver_id", "id"),
    )

    id: Mapped[Id]
    drive_id: Mapped[int] = mapped_column(Ref, ForeignKey("drive.id"))
    kind: Mapped[GiftKind] = mapped_column(String(5))
    giver_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    giver_name: Mapped[str | None] = mapped_column(String(60))
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    amount_coins: Mapped[int | None] = mapped_column(BigInteger)
    shown: Mapped[Shown] = mapped_column(String(9))
    message: Mapped[str | None] = mapped_column(String(200))
    receipt_no: Mapped[int | None]
    received_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    counted_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    transfer_id: Mapped[int] = mapped_column(Ref, ForeignKey("transfer.id"))
    reverses_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("gift.id"))
    reason: Mapped[str | None] = mapped_column(String(200))
    given_at: Mapped[datetime] = mapped_column(default=clock.now)

    drive: Mapped[Drive] = relationship()

    @property
    def place(self) -> tuple[int, ...]:
        """The place of its drive. Lists do not ask it: they know their drive."""
        return self.drive.place


# ---- what the database itself refuses -----------------------------------------------------

FIXED = ("title", "story", "goal_fen", "opens_on", "closes_on", "surplus_rule", "unit_id")
"""What givers rely on: fixed when the drive opens, before the first gift."""


Statements = dict[str, tuple[str, ...]]


def _refusals(table: str, name: str, when: str, condition: str, words: str) -> Statements:
    """The statements that make both databases refuse `when` (BEFORE …) under `condition`."""
    return {
        "sqlite": (
            f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {when} ON {table} FOR EACH ROW"
            f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{words}'); END",
        ),
        "postgresql": (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {condition} THEN RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation';"
            " END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
            f"CREATE OR REPLACE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION {name}()",
        ),
    }


def _differs(dialect: str, column: str) -> str:
    if dialect == "sqlite":
        return f"NEW.{column} IS NOT OLD.{column}"
    return f"NEW.{column} IS DISTINCT FROM OLD.{column}"


def _any_differs(dialect: str) -> str:
    return " OR ".join(_differs(dialect, column) for column in FIXED)


TRIGGERS: list[tuple[type[Base], Statements]] = [
    (Gift, _refusals("gift", "gift_no_update", "UPDATE", "TRUE", "gifts are never changed")),
    (Gift, _refusals("gift", "gift_no_delete", "DELETE", "TRUE", "gifts are never deleted")),
    (
        Gift,
        {
            "sqlite": _refusals(
                "gift", "gift_no_replace", "INSERT",
                "EXISTS (SELECT 1 FROM gift WHERE id = NEW.id OR transfer_id = NEW.transfer_id"
                " OR reverses_id = NEW.reverses_id"
                " OR (drive_id, receipt_no) = (NEW.drive_id, NEW.receipt_no))",
                "gifts are never replaced",
            )["sqlite"],
            "postgresql": (
                "CREATE OR REPLACE FUNCTION gift_no_truncate() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE EXCEPTION 'gifts are never deleted'"
                " USING ERRCODE = 'check_violation'; END $$",
                "CREATE OR REPLACE TRIGGER gift_no_truncate BEFORE TRUNCATE ON gift"
                " FOR EACH STATEMENT EXECUTE FUNCTION gift_no_truncate()",
            ),
        },
    ),
    (
        Gift,
        _refusals(
            "gift", "gift_while_open", "INSERT",
            "NEW.reverses_id IS NULL"
            " AND (SELECT state FROM drive WHERE id = NEW.drive_id) <> 'open'",
            "this drive takes no gifts",
        ),
    ),
    *(
        (
            Drive,
            {
                dialect: _refusals(
                    "drive", "drive_fixed", "UPDATE",
                    f"OLD.state <> 'draft' AND ({_any_differs(dialect)})",
                    "what givers rely on is fixed when a drive opens",
                )[dialect]
            },
        )
        for dialect in ("sqlite", "postgresql")
    ),
    (
        Drive,
        _refusals(
            "drive", "drive_forward", "UPDATE",
            "(OLD.state = 'open' AND NEW.state = 'draft')"
            " OR (OLD.state = 'closed' AND NEW.state <> 'closed')",
            "a drive only goes forward",
        ),
    ),
    (
        Drive,
        _refusals(
            "drive", "drive_no_delete", "DELETE", "OLD.state <> 'draft'", "opened drives stay"
        ),
    ),
]  # fmt: skip
"""(table, statement by dialect): attached below, and copied into the migration."""

for _model, _by_dialect in TRIGGERS:
    for _dialect, _statements in _by_dialect.items():
        for _statement in _statements:
            _ddl = DDL(_statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(_model.__table__, "after_create", _ddl.execute_if(dialect=_dialect))
