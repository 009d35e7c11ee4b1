"""Cases: two people whose coins went round in a way that asks for an explanation."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, object_session

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.history import true_on
from portal.people.models import UnitPath

SHORTEST_WORDS, LONGEST_WORDS = 10, 600
STILL_OPEN = text("state = 'open'")


class CaseKind(StrEnum):
    MUTUAL = "mutual"
    FAVOURITE = "favourite"

    @property
    def label(self) -> str:
        """The pattern in the reader's words: a question, not a verdict."""
        return str(
            {"mutual": _("两个人互相给得多"), "favourite": _("一半以上给了同一个人")}[self.value]
        )


class CaseState(StrEnum):
    """lapsed: nobody decided in time, which clears it."""

    OPEN = "open"
    CLEARED = "cleared"
    CORRECTED = "corrected"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        """The state in the reader's words."""
        return str(
            {
                "open": _("在核查"),
                "cleared": _("没有问题"),
                "corrected": _("已更正"),
                "lapsed": _("到期，没有问题"),
            }[self.value]
        )


class Case(Base):
    """A question to two people about coins between them; a pattern proves nothing.

    `there`: coins from the giver to the receiver since `since`; `back`: the other way; `given`: all
    that the giver gave to anybody. The units are those of the two when it was opened: who answers
    for one of them does not decide.
    """

    __tablename__ = "fairness_case"
    __table_args__ = (
        CheckConstraint("kind IN ('mutual', 'favourite')", name="kind_known"),
        CheckConstraint("state IN ('open', 'cleared', 'corrected', 'lapsed')", name="state_known"),
        CheckConstraint("giver_id <> receiver_id", name="two_people"),
        CheckConstraint("there > 0 AND back >= 0 AND given >= there", name="amounts_fit"),
        CheckConstraint("(kind = 'mutual') = (back > 0)", name="back_when_mutual"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_has_time"),
        CheckConstraint(
            "(state IN ('cleared', 'corrected')) = (decided_by_id IS NOT NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("(decided_by_id IS NULL) = (reasons IS NULL)", name="decided_with_reasons"),
        CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id NOT IN (giver_id, receiver_id)",
            name="decided_by_another",
        ),
        CheckConstraint("due_on > since", name="due_later"),
        Index(
            "uq_fairness_case_open",
            "giver_id",
            "receiver_id",
            unique=True,
            sqlite_where=STILL_OPEN,
            postgresql_where=STILL_OPEN,
        ),
        Index(
            "ix_fairness_case_due", "due_on", sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN
        ),
        Index("ix_fairness_case_giver", "giver_id", "id"),
        Index("ix_fairness_case_receiver", "receiver_id", "id"),
    )

    id: Mapped[Id]
    kind: Mapped[CaseKind] = mapped_column(String(10))
    giver_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    receiver_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    giver_unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    receiver_unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    since: Mapped[date]
    there: Mapped[int]
    back: Mapped[int] = mapped_column(default=0)
    given: Mapped[int]
    state: Mapped[CaseState] = mapped_column(String(10), default=CaseState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    reasons: Mapped[str | None] = mapped_column(String(LONGEST_WORDS))

    @property
    def people(self) -> tuple[int, int]:
        """The two it is about."""
        return (self.giver_id, self.receiver_id)

    @property
    def place(self) -> tuple[int, ...]:
        """The units of both, and all above them today."""
        current = object_session(self)
        units = [each for each in (self.giver_unit_id, self.receiver_unit_id) if each]
        if current is None or not units:
            return ()
        above = select(UnitPath.ancestor_id).where(
            UnitPath.unit_id.in_(units), true_on(UnitPath, clock.today())
        )
        return tuple(current.scalars(above.distinct()))

    @property
    def kind_label(self) -> str:
        return CaseKind(self.kind).label

    @property
    def state_label(self) -> str:
        return CaseState(self.state).label

    @property
    def is_open(self) -> bool:
        return self.state == CaseState.OPEN


class CaseItem(Base):
    """A transfer that a case asks about, and what took it back, if anything did.

    A transfer is asked about once for ever. `there`: from the giver to the receiver.
    """

    __tablename__ = "fairness_case_item"
    __table_args__ = (
        UniqueConstraint("transfer_id"),
        UniqueConstraint("reversal_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("reversal_id IS NULL OR reversal_id > transfer_id", name="reversed_later"),
    )

    case_id: Mapped[int] = mapped_column(Ref, ForeignKey("fairness_case.id"), primary_key=True)
    transfer_id: Mapped[int] = mapped_column(Ref, ForeignKey("transfer.id"), primary_key=True)
    there: Mapped[bool]
    amount: Mapped[int]
    reversal_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("transfer.id"))


class CaseHold(Base):
    """Coins that are held in a receiver's name while a case is open."""

    __tablename__ = "fairness_case_hold"
    __table_args__ = (UniqueConstraint("hold_id"),)

    case_id: Mapped[int] = mapped_column(Ref, ForeignKey("fairness_case.id"), primary_key=True)
    hold_id: Mapped[int] = mapped_column(Ref, ForeignKey("hold.id"), primary_key=True)


class CaseAnswer(Base):
    """What one of the two says to it; may be said better until it is decided."""

    __tablename__ = "fairness_case_answer"
    __table_args__ = (
        CheckConstraint(
            f"length(words) BETWEEN {SHORTEST_WORDS} AND {LONGEST_WORDS}", name="words_length"
        ),
    )

    case_id: Mapped[int] = mapped_column(Ref, ForeignKey("fairness_case.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"), primary_key=True)
    words: Mapped[str] = mapped_column(String(LONGEST_WORDS))
    said_at: Mapped[datetime] = mapped_column(default=clock.now)
