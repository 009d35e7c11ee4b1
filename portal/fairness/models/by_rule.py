"""Awards by rule: what the house gives to whoever fulfils a rule, after its owner has looked."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref

MOST_COINS, LONGEST_NAME = 10_000, 40


class RuleKind(StrEnum):
    SERVICE = "service"
    SUGGESTION = "suggestion"
    STAR = "star"

    @property
    def label(self) -> str:
        """The kind in the reader's words."""
        return str(
            {
                "service": _("司龄周年"),
                "suggestion": _("建议被采纳"),
                "star": _("每月之星"),
            }[self.value]
        )


class DueState(StrEnum):
    """dropped: had left before it was decided."""

    WAITING = "waiting"
    PAID = "paid"
    REFUSED = "refused"
    DROPPED = "dropped"


class AwardRule(Base):
    """A rule by which coins are given, from a day on; its owner looks each one over.

    `every_years`: of a rule for years of service, which anniversaries.
    """

    __tablename__ = "award_rule"
    __table_args__ = (
        CheckConstraint("kind IN ('service', 'suggestion', 'star')", name="kind_known"),
        CheckConstraint(f"amount BETWEEN 1 AND {MOST_COINS}", name="amount_in_bounds"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(
            "(kind = 'service') = (every_years IS NOT NULL)", name="years_when_service"
        ),
        CheckConstraint("every_years IS NULL OR every_years BETWEEN 1 AND 50", name="years_fit"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_forward"),
        Index("ix_award_rule_kind", "kind", "valid_from"),
    )

    id: Mapped[Id]
    kind: Mapped[RuleKind] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    amount: Mapped[int]
    every_years: Mapped[int | None]
    owner_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    set_by_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Due(Base):
    """What somebody should get by a rule for one occurrence, once for ever.

    `occurrence`: "5" years, the month "2026-11", or what another room calls it ("suggestion:12").
    `amount`: as the rule said when it was proposed.
    """

    __tablename__ = "award_due"
    __table_args__ = (
        UniqueConstraint("rule_id", "person_id", "occurrence"),
        UniqueConstraint("transfer_id"),
        CheckConstraint("state IN ('waiting', 'paid', 'refused', 'dropped')", name="state_known"),
        CheckConstraint(f"amount BETWEEN 1 AND {MOST_COINS}", name="amount_in_bounds"),
        CheckConstraint("length(occurrence) BETWEEN 1 AND 60", name="occurrence_length"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("(state = 'waiting') = (decided_by_id IS NULL)", name="decided_by_one"),
        CheckConstraint("(state = 'paid') = (transfer_id IS NOT NULL)", name="paid_by_transfer"),
        CheckConstraint("(state = 'refused') = (reasons IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> person_id", name="not_for_oneself"
        ),
        Index(
            "ix_award_due_waiting",
            "rule_id",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[Id]
    rule_id: Mapped[int] = mapped_column(Ref, ForeignKey("award_rule.id"))
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    occurrence: Mapped[str] = mapped_column(String(60))
    due_on: Mapped[date]
    amount: Mapped[int]
    state: Mapped[DueState] = mapped_column(String(8), default=DueState.WAITING)
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    reasons: Mapped[str | None] = mapped_column(String(200))
    transfer_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("transfer.id"))

    rule: Mapped[AwardRule] = relationship()
