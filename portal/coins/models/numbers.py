"""What the house decides about coins, as numbers with dates."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref


class RuleName(StrEnum):
    """What the house decides about coins, as a number: a closed list."""

    RATE = "rate"  # coins a month that each head brings to its unit's budget
    ALLOWANCE = "allowance"  # coins a month that everybody has to thank with
    EXPIRY = "expiry"  # months that coins last after the one they came in; 0: for ever
    REVIEW = (
        "review"  # an award above so many coins in all waits for a second pair of eyes; 0: none
    )
    MOST_RECEIVED = "most_received"  # coins a month that one person may be awarded; 0: no limit
    MOST_OF_PAIR = (
        "most_of_pair"  # coins a month from the same giver to the same person; 0: no limit
    )
    RING = "ring"  # coins in 90 days, there and back, from which two people are asked; 0: never
    FAVOUR = "favour"  # coins in 90 days to one person alone from which a giver is asked; 0: never
    RING_HOLD = "ring_hold"  # 1: the coins in question are held while a case is open


class CoinRule(Base):
    """A number that the house decided, from a day until another."""

    __tablename__ = "coin_rule"
    __table_args__ = (
        CheckConstraint(
            "name IN ('rate', 'allowance', 'expiry', 'review', 'most_received', 'most_of_pair',"
            " 'ring', 'favour', 'ring_hold')",
            name="name_known",
        ),
        CheckConstraint("number BETWEEN 0 AND 1000000", name="number_in_bounds"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_forward"),
        Index("ix_coin_rule_from", "name", "valid_from"),
    )

    id: Mapped[Id]
    name: Mapped[RuleName] = mapped_column(String(16))
    number: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    set_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
