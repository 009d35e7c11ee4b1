"""What was decided about an account: that it is frozen, thawed, closed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.kept import keep_rows

LONGEST_WHY = 300


class AccountDeed(StrEnum):
    FREEZE = "freeze"
    THAW = "thaw"
    CLOSE = "close"


class AccountAct(Base):
    """A decision about an account, with its reason; never changed after.

    `by_id` None: the operator, or the house itself.
    """

    __tablename__ = "account_act"
    __table_args__ = (
        CheckConstraint("deed IN ('freeze', 'thaw', 'close')", name="deed_known"),
        CheckConstraint(f"length(why) BETWEEN 4 AND {LONGEST_WHY}", name="why_length"),
        Index("ix_account_act_account", "account_id", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"))
    deed: Mapped[AccountDeed] = mapped_column(String(6))
    why: Mapped[str] = mapped_column(String(LONGEST_WHY))
    by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)


keep_rows("account_act", "id = NEW.id")
