"""Rewards: what coins can be exchanged for, who ordered it, and how its stock changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.files import StoredFile
from portal.coins.models import Hold

CODE_DIGITS = 6
MOST_PIECES = 100_000
MOST_PRICE = 100_000


class Shelf(StrEnum):
    """Where an item stands: on the shelf, put aside for now, or taken away for good."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The state in the reader's words."""
        words = {"shown": _("在架上"), "hidden": _("先收起"), "withdrawn": _("已下架")}
        return str(words[self.value])


class OrderState(StrEnum):
    """Where an order stands. It begins reserved; only what was handed over can be refunded later,
    and what was never fetched."""

    RESERVED = "reserved"
    HANDED = "handed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    REFUNDED = "refunded"

    @property
    def label(self) -> str:
        """The state in the reader's words."""
        words = {
            "reserved": _("等着领取"),
            "handed": _("已领取"),
            "cancelled": _("已取消"),
            "lapsed": _("过期退回"),
            "refunded": _("已退回"),
        }
        return str(words[self.value])


COUNTED = (OrderState.RESERVED, OrderState.HANDED)
"""The orders that count towards what one person may have."""


class Reward(Base):
    """Something that coins can be exchanged for: its price, its stock, and for whom it is.

    stock: pieces ever brought in; reserved: ordered and not yet fetched; handed: gone for good.
    per_person, per_month: how many one person may have ever, and in a calendar month.
    unit_id: the site whose staff it is for; empty for the whole house.
    """

    __tablename__ = "reward"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 40", name="name_length"),
        CheckConstraint("length(story) <= 500", name="story_length"),
        CheckConstraint("length(fetch_at) BETWEEN 1 AND 80", name="fetch_at_length"),
        CheckConstraint(f"price BETWEEN 1 AND {MOST_PRICE}", name="price_in_bounds"),
        CheckConstraint(f"stock BETWEEN 0 AND {MOST_PIECES}", name="stock_in_bounds"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("handed >= 0", name="handed_not_negative"),
        CheckConstraint("reserved + handed <= stock", name="no_more_than_there_is"),
        CheckConstraint("per_person IS NULL OR per_person > 0", name="per_person_positive"),
        CheckConstraint("per_month IS NULL OR per_month > 0", name="per_month_positive"),
        CheckConstraint("closes_on IS NULL OR closes_on >= opens_on", name="dates_forward"),
        CheckConstraint("shelf IN ('shown', 'hidden', 'withdrawn')", name="shelf_known"),
        Index("ix_reward_shelf", "shelf", "price", "id"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(40))
    story: Mapped[str] = mapped_column(Text, default="")
    price: Mapped[int]
    stock: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    handed: Mapped[int] = mapped_column(default=0)
    per_person: Mapped[int | None]
    per_month: Mapped[int | None]
    opens_on: Mapped[date]
    closes_on: Mapped[date | None]
    fetch_at: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    shelf: Mapped[Shelf] = mapped_column(String(9), default=Shelf.SHOWN)
    picture_id: Mapped[int | None] = mapped_column(Ref, ForeignKey(StoredFile.id))
    made_by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def place(self) -> tuple[int, ...]:
        """The site whose staff it is for; empty for the whole house."""
        return () if self.unit_id is None else (self.unit_id,)

    @property
    def left(self) -> int:
        """How many can still be ordered."""
        return self.stock - self.reserved - self.handed

    @property
    def standing(self) -> str:
        """Where it stands, in the reader's words."""
        return Shelf(self.shelf).label

    def is_open(self, day: date) -> bool:
        """On the shelf, and within its dates on `day`."""
        on_time = self.opens_on <= day and (self.closes_on is None or day <= self.closes_on)
        return self.shelf == Shelf.SHOWN and on_time


class StockChange(Base):
    """Pieces brought in or taken off the shelf, with the reason; without one, when it was new."""

    __tablename__ = "reward_stock"
    __table_args__ = (
        CheckConstraint("pieces <> 0", name="pieces_not_zero"),
        CheckConstraint("reason IS NULL OR length(reason) BETWEEN 1 AND 100", name="reason_length"),
        Index("ix_reward_stock_reward", "reward_id", "id"),
    )

    id: Mapped[Id]
    reward_id: Mapped[int] = mapped_column(Ref, ForeignKey("reward.id"))
    pieces: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(100))
    by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Order(Base):
    """One piece that a person ordered, from the moment it is set aside for them.

    code: what they say or show when they fetch it; of those that wait no two are alike. price: in
    coins, as it was then. unit_id: the site that hands it over. hold_id: the coins set aside for
    it. is_returned: the piece is back on the shelf after a refund.
    """

    __tablename__ = "reward_order"
    __table_args__ = (
        CheckConstraint(
            "state IN ('reserved', 'handed', 'cancelled', 'lapsed', 'refunded')", name="state_known"
        ),
        CheckConstraint("price > 0", name="price_positive"),
        CheckConstraint(f"length(code) = {CODE_DIGITS}", name="code_length"),
        CheckConstraint("lapses_at > ordered_at", name="lapses_later"),
        CheckConstraint("(handed_at IS NULL) = (handed_by_id IS NULL)", name="handed_by_somebody"),
        CheckConstraint(
            "(state = 'handed' AND handed_at IS NOT NULL) OR state = 'refunded'"
            " OR (state <> 'handed' AND handed_at IS NULL)",
            name="handed_has_its_time",
        ),
        CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_its_time"
        ),
        CheckConstraint("(state = 'lapsed') = (lapsed_at IS NOT NULL)", name="lapsed_has_its_time"),
        CheckConstraint(
            "(state = 'refunded') = (refunded_at IS NOT NULL)"
            " AND (refunded_at IS NULL) = (refunded_by_id IS NULL)"
            " AND (refunded_at IS NULL) = (refund_reason IS NULL)",
            name="refunded_with_a_reason",
        ),
        CheckConstraint(
            "refund_reason IS NULL OR length(refund_reason) BETWEEN 1 AND 200",
            name="refund_reason_length",
        ),
        CheckConstraint("NOT is_returned OR state = 'refunded'", name="returned_when_refunded"),
        CheckConstraint("handed_by_id <> person_id", name="handed_by_another"),
        CheckConstraint("refunded_by_id <> person_id", name="refunded_by_another"),
        UniqueConstraint("hold_id"),
        Index(
            "uq_reward_order_code",
            "code",
            unique=True,
            sqlite_where=text("state = 'reserved'"),
            postgresql_where=text("state = 'reserved'"),
        ),
        Index(
            "ix_reward_order_due",
            "lapses_at",
            "id",
            sqlite_where=text("state = 'reserved'"),
            postgresql_where=text("state = 'reserved'"),
        ),
        Index("ix_reward_order_person", "person_id", "id"),
        Index("ix_reward_order_reward", "reward_id", "person_id"),
        Index("ix_reward_order_unit", "unit_id", "state", "id"),
        Index("ix_reward_order_state", "state", "id"),
    )

    id: Mapped[Id]
    reward_id: Mapped[int] = mapped_column(Ref, ForeignKey("reward.id"))
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    price: Mapped[int]
    code: Mapped[str] = mapped_column(String(CODE_DIGITS))
    hold_id: Mapped[int] = mapped_column(Ref, ForeignKey(Hold.id))
    state: Mapped[OrderState] = mapped_column(String(9), default=OrderState.RESERVED)
    ordered_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    handed_at: Mapped[datetime | None]
    handed_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    cancelled_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]
    refunded_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    refund_reason: Mapped[str | None] = mapped_column(String(200))
    is_returned: Mapped[bool] = mapped_column(default=False)

    reward: Mapped[Reward] = relationship()

    @property
    def place(self) -> tuple[int, ...]:
        """The site that hands it over; empty where its person works at none."""
        return () if self.unit_id is None else (self.unit_id,)

    @property
    def standing(self) -> str:
        """Where it stands, in the reader's words."""
        return OrderState(self.state).label

    @property
    def is_waiting(self) -> bool:
        """Set aside, and not yet fetched."""
        return self.state == OrderState.RESERVED

    @property
    def fetch_by(self) -> date:
        """The last day on which it can be fetched."""
        return clock.local(self.lapses_at - timedelta(minutes=1)).date()

    @property
    def spoken(self) -> str:
        """The code in two halves, as it is said aloud."""
        return f"{self.code[:3]} {self.code[3:]}"


# ---- what the database itself refuses -----------------------------------------------------

_WENT_BACK = (
    "OLD.state <> NEW.state AND OLD.state <> 'reserved'"
    " AND NOT (OLD.state = 'handed' AND NEW.state = 'refunded')"
)
_TOLD = "an order only goes forward"
FORWARD = {
    "sqlite": (
        "CREATE TRIGGER IF NOT EXISTS reward_order_forward BEFORE UPDATE ON reward_order"
        f" FOR EACH ROW WHEN {_WENT_BACK} BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION reward_order_forward() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {_WENT_BACK} THEN RAISE EXCEPTION '{_TOLD}' USING ERRCODE = 'check_violation';"
        " END IF; RETURN NEW; END $$",
        "CREATE OR REPLACE TRIGGER reward_order_forward BEFORE UPDATE ON reward_order"
        " FOR EACH ROW EXECUTE FUNCTION reward_order_forward()",
    ),
}
"""Statements by dialect: attached below, and copied into the migration."""

for _dialect, _statements in FORWARD.items():
    for _statement in _statements:
        _ddl = DDL(_statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(Order.__table__, "after_create", _ddl.execute_if(dialect=_dialect))
