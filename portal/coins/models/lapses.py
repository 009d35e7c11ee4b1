"""Lapses: coins of which somebody was told until when they last."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref

IS_OPEN = "ended_on IS NULL"


class Lapse(Base):
    """So many coins of a wallet that last until a day, as their owner was told 30 days before.

    `until`: the last day; put off when its owner is told late. Nothing lapses that was not told;
    what is spent meanwhile is taken off `amount`. Ended with a transfer when coins lapsed, without
    one when there was nothing left to lapse, or the house decided otherwise.
    """

    __tablename__ = "lapse"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("told_on IS NULL OR until > told_on", name="told_before"),
        CheckConstraint("transfer_id IS NULL OR told_on IS NOT NULL", name="never_untold"),
        CheckConstraint("reminded_on IS NULL OR reminded_on <= until", name="reminded_before"),
        CheckConstraint("transfer_id IS NULL OR ended_on > until", name="lapsed_after"),
        Index(
            "ix_lapse_open",
            "account_id",
            "until",
            sqlite_where=text(IS_OPEN),
            postgresql_where=text(IS_OPEN),
        ),
        Index(
            "ix_lapse_due",
            "until",
            "id",
            sqlite_where=text(IS_OPEN),
            postgresql_where=text(IS_OPEN),
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"))
    amount: Mapped[int]
    until: Mapped[date]
    told_on: Mapped[date | None]
    reminded_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    transfer_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("transfer.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
