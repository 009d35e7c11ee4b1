"""Awards: coins with the fact and the behaviour they are for."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.history import true_on
from portal.coins.models.kinds import AccountKind, Value
from portal.coins.models.ledger import Account, Entry, Transfer
from portal.people.models import UnitPath


class AwardKind(StrEnum):
    """Out of which purse it came."""

    AWARD = "award"  # a leader's, from a unit's budget
    THANK = "thank"  # a colleague's, from their own allowance


class Award(Base):
    """Coins given to one or several people, with the fact and the behaviour they are for.

    `amount` is for each. `unit_id`: where it is told; whose budget an award came from, the team of
    who was thanked. `adds_to_id`: the award that this one joins in with ("I thank you too").
    """

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("transfer_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("head_count > 0", name="somebody"),
        CheckConstraint("length(reason) BETWEEN 10 AND 300", name="reason_length"),
        CheckConstraint(
            "value IN ('patience', 'care', 'teamwork', 'improvement', 'excellence', 'courage')",
            name="value_known",
        ),
        CheckConstraint("kind IN ('award', 'thank')", name="kind_known"),
        CheckConstraint("kind = 'thank' OR value IS NOT NULL", name="value_of_awards"),
        CheckConstraint("kind = 'thank' OR adds_to_id IS NULL", name="thanks_are_added"),
        CheckConstraint("adds_to_id IS NULL OR adds_to_id < id", name="adds_to_earlier"),
        Index("ix_award_unit", "unit_id", "id"),
        Index("ix_award_giver", "by_id", "id"),
        Index(
            "ix_award_added",
            "adds_to_id",
            "id",
            sqlite_where=text("adds_to_id IS NOT NULL"),
            postgresql_where=text("adds_to_id IS NOT NULL"),
        ),
        Index("ix_award_words", "by_id", "reason"),
    )

    id: Mapped[Id]
    transfer_id: Mapped[int] = mapped_column(Ref, ForeignKey("transfer.id"))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    kind: Mapped[AwardKind] = mapped_column(
        String(8), default=AwardKind.AWARD, server_default=AwardKind.AWARD.value
    )
    adds_to_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("award.id"))
    value: Mapped[Value | None] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    amount: Mapped[int]
    head_count: Mapped[int]

    transfer: Mapped[Transfer] = relationship()

    @property
    def people(self) -> tuple[int, ...]:
        """Who received it."""
        current = object_session(self)
        if current is None:
            return ()
        statement = (
            select(Account.owner_id)
            .join(Entry, Entry.account_id == Account.id)
            .where(Entry.transfer_id == self.transfer_id, Account.kind == AccountKind.WALLET)
        )
        return tuple(current.scalars(statement))

    @property
    def place(self) -> tuple[int, ...]:
        """The unit where it is told and those above it today, the nearest first."""
        return place_of(self, self.unit_id)


def place_of(row: object, unit_id: int | None) -> tuple[int, ...]:
    """A unit and those above it today, the nearest first, by the session of `row`."""
    current = object_session(row)
    if current is None or unit_id is None:
        return ()
    statement = (
        select(UnitPath.ancestor_id)
        .where(UnitPath.unit_id == unit_id, true_on(UnitPath, clock.today()))
        .order_by(UnitPath.distance)
    )
    return tuple(current.scalars(statement))
