"""What the house decides about coins, as numbers with dates."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.words import lazy as _l


class RuleName(StrEnum):
    """What the house decides about coins, as a number: a closed list."""

    RATE = "rate"  # coins a month that each head brings to its unit's budget
    ALLOWANCE = "allowance"  # coins a month that everybody has to thank with
    EXPIRY = "expiry"  # months that coins last after the one they came in; 0: for ever
    REVIEW = "review"  # an award of more coins in all waits for a second pair of eyes; 0: none
    MOST_RECEIVED = "most_received"  # coins a month that one person may be awarded; 0: no limit
    MOST_OF_PAIR = "most_of_pair"  # coins a month from one giver to one person; 0: no limit
    RING = "ring"  # coins in 90 days, there and back, from which two people are asked; 0: never
    FAVOUR = "favour"  # coins in 90 days to one person alone from which a giver is asked; 0: never
    RING_HOLD = "ring_hold"  # 1: the coins in question are held while a case is open

    @property
    def label(self) -> str:
        """The number in the reader's words."""
        return str(_LABELS[self.value])

    @property
    def sentence(self) -> str:
        """What the number does, and what happens without it."""
        return str(_SENTENCES[self.value])

    @property
    def unit(self) -> str:
        """What the number counts."""
        if self is RuleName.RING_HOLD:
            return ""
        return str(_("个月") if self is RuleName.EXPIRY else _("枚"))

    @property
    def most(self) -> int:
        """The largest number that makes sense."""
        return {"rate": 1000, "allowance": 1000, "expiry": 120, "ring_hold": 1}.get(
            self.value, 100_000
        )


_LABELS = {
    "rate": _l("预算：每人每月几枚"),
    "allowance": _l("感谢额度：每人每月几枚"),
    "expiry": _l("金币的期限：几个月"),
    "review": _l("大额表扬：多少枚以上要复核"),
    "most_received": _l("每人每月最多收到几枚表扬"),
    "most_of_pair": _l("同一位班长每月最多给同一个人几枚"),
    "ring": _l("互相给：90 天里几枚起要问一问"),
    "favour": _l("只给一个人：90 天里几枚起要问一问"),
    "ring_hold": _l("问清之前先暂存（1 是，0 否）"),
}
_SENTENCES = {
    "rate": _l(
        "每个月，每个有班长的单位得到：人数 × 这个数。有人调动，差额当月补上或收回。"
        "填 0 就不再自动拨入。"
    ),
    "allowance": _l(
        "每位同事每个月有这么多枚，只能用来谢谢别人，同一个人最多三分之一；"
        "月底没用完的不留到下个月。填 0 就不开放。"
    ),
    "expiry": _l(
        "某个月得到的金币，再过这么多个月的月底到期，先到的先用。"
        "到期前 30 天和 7 天各提醒一次。填 0 就永不到期。"
    ),
    "review": _l("一次表扬合计超过这么多枚，要另一个人看过才发出。填 0 就不复核。"),
    "most_received": _l("一个人一个月收到的表扬不超过这么多枚。填 0 就不限。"),
    "most_of_pair": _l("一位班长一个月给同一个人的不超过这么多枚。填 0 就不限。"),
    "ring": _l("两个人 90 天里互相给的都到了这么多枚，会请两人说明。填 0 就不问。"),
    "favour": _l("一个人 90 天里过半给了同一个人、又到了这么多枚，会请两人说明。填 0 就不问。"),
    "ring_hold": _l("填 1：说明期间，有疑问的金币先暂存；填 0：只记下，不暂存。"),
}


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
