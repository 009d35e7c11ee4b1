"""Greetings: its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "greeting_rule",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("coins", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('birthday')", name=op.f("ck_greeting_rule_kind_known")),
        sa.CheckConstraint("coins BETWEEN 0 AND 1000", name=op.f("ck_greeting_rule_coins_bounded")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_greeting_rule")),
    )

    op.create_table(
        "birthday",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("born_calendar", sa.String(length=5), nullable=False),
        sa.Column("calendar", sa.String(length=5), nullable=False),
        sa.Column("calendar_chosen", sa.Boolean(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("is_leap_month", sa.Boolean(), nullable=False),
        sa.Column("year_shift", sa.Integer(), nullable=False),
        sa.Column("leap_rule", sa.String(length=5), nullable=False),
        sa.Column("feb29", sa.String(length=5), nullable=False),
        sa.Column("tell", sa.String(length=6), nullable=False),
        sa.CheckConstraint(
            "NOT is_leap_month OR calendar = 'lunar'", name=op.f("ck_birthday_leap_month_is_lunar")
        ),
        sa.CheckConstraint(
            "calendar IN ('solar', 'lunar')", name=op.f("ck_birthday_calendar_known")
        ),
        sa.CheckConstraint(
            "day BETWEEN 1 AND 31 AND (calendar = 'solar' OR day <= 30)",
            name=op.f("ck_birthday_day_real"),
        ),
        sa.CheckConstraint("feb29 IN ('feb28', 'mar1')", name=op.f("ck_birthday_feb29_known")),
        sa.CheckConstraint(
            "leap_rule IN ('first', 'leap', 'both')", name=op.f("ck_birthday_leap_rule_known")
        ),
        sa.CheckConstraint(
            "tell IN ('nobody', 'me', 'team', 'all')", name=op.f("ck_birthday_tell_known")
        ),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name=op.f("ck_birthday_month_real")),
        sa.CheckConstraint("year_shift IN (0, 1)", name=op.f("ck_birthday_shift_small")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_birthday_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_birthday")),
    )

    op.create_index(
        "ix_birthday_kept_on", "birthday", ["calendar", "month", "day", "person_id"], unique=False
    )

    op.create_table(
        "greeting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("celebrated_year", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("coins", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('birthday')", name=op.f("ck_greeting_kind_known")),
        sa.CheckConstraint("coins >= 0", name=op.f("ck_greeting_coins_not_negative")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_greeting_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greeting")),
        sa.UniqueConstraint(
            "person_id",
            "kind",
            "celebrated_year",
            name=op.f("uq_greeting_person_id_kind_celebrated_year"),
        ),
    )

    op.create_index("ix_greeting_day", "greeting", ["day", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("greeting")
    op.drop_table("birthday")
    op.drop_table("greeting_rule")
