"""Rewards: its tables, and the trigger that keeps orders going forward."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TRIGGERS = (
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS reward_order_forward BEFORE UPDATE ON reward_order FOR EACH ROW WHEN OLD.state <> NEW.state AND OLD.state <> 'reserved' AND NOT (OLD.state = 'handed' AND NEW.state = 'refunded') BEGIN SELECT RAISE(ABORT, 'an order only goes forward'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION reward_order_forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> NEW.state AND OLD.state <> 'reserved' AND NOT (OLD.state = 'handed' AND NEW.state = 'refunded') THEN RAISE EXCEPTION 'an order only goes forward' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER reward_order_forward BEFORE UPDATE ON reward_order FOR EACH ROW EXECUTE FUNCTION reward_order_forward()
""",
    ),
)


def upgrade() -> None:
    op.create_table(
        "reward",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("handed", sa.Integer(), nullable=False),
        sa.Column("per_person", sa.Integer(), nullable=True),
        sa.Column("per_month", sa.Integer(), nullable=True),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("fetch_at", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shelf", sa.String(length=9), nullable=False),
        sa.Column(
            "picture_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "shelf IN ('shown', 'hidden', 'withdrawn')", name=op.f("ck_reward_shelf_known")
        ),
        sa.CheckConstraint(
            "closes_on IS NULL OR closes_on >= opens_on", name=op.f("ck_reward_dates_forward")
        ),
        sa.CheckConstraint("handed >= 0", name=op.f("ck_reward_handed_not_negative")),
        sa.CheckConstraint(
            "length(fetch_at) BETWEEN 1 AND 80", name=op.f("ck_reward_fetch_at_length")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 40", name=op.f("ck_reward_name_length")),
        sa.CheckConstraint("length(story) <= 500", name=op.f("ck_reward_story_length")),
        sa.CheckConstraint(
            "per_month IS NULL OR per_month > 0", name=op.f("ck_reward_per_month_positive")
        ),
        sa.CheckConstraint(
            "per_person IS NULL OR per_person > 0", name=op.f("ck_reward_per_person_positive")
        ),
        sa.CheckConstraint("price BETWEEN 1 AND 100000", name=op.f("ck_reward_price_in_bounds")),
        sa.CheckConstraint(
            "reserved + handed <= stock", name=op.f("ck_reward_no_more_than_there_is")
        ),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_reward_reserved_not_negative")),
        sa.CheckConstraint("stock BETWEEN 0 AND 100000", name=op.f("ck_reward_stock_in_bounds")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_reward_made_by_id")),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["stored_file.id"], name=op.f("fk_reward_picture_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reward_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward")),
    )

    op.create_index("ix_reward_shelf", "reward", ["shelf", "price", "id"], unique=False)

    op.create_table(
        "reward_stock",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reward_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pieces <> 0", name=op.f("ck_reward_stock_pieces_not_zero")),
        sa.CheckConstraint(
            "reason IS NULL OR length(reason) BETWEEN 1 AND 100",
            name=op.f("ck_reward_stock_reason_length"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_reward_stock_by_id")),
        sa.ForeignKeyConstraint(
            ["reward_id"], ["reward.id"], name=op.f("fk_reward_stock_reward_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward_stock")),
    )

    op.create_index("ix_reward_stock_reward", "reward_stock", ["reward_id", "id"], unique=False)

    op.create_table(
        "reward_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reward_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "handed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "refunded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("refund_reason", sa.String(length=200), nullable=True),
        sa.Column("is_returned", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_reward_order_cancelled_has_its_time"),
        ),
        sa.CheckConstraint(
            "(state = 'handed' AND handed_at IS NOT NULL) OR state = 'refunded' OR (state <> 'handed' AND handed_at IS NULL)",
            name=op.f("ck_reward_order_handed_has_its_time"),
        ),
        sa.CheckConstraint(
            "(state = 'lapsed') = (lapsed_at IS NOT NULL)",
            name=op.f("ck_reward_order_lapsed_has_its_time"),
        ),
        sa.CheckConstraint(
            "(state = 'refunded') = (refunded_at IS NOT NULL) AND (refunded_at IS NULL) = (refunded_by_id IS NULL) AND (refunded_at IS NULL) = (refund_reason IS NULL)",
            name=op.f("ck_reward_order_refunded_with_a_reason"),
        ),
        sa.CheckConstraint(
            "NOT is_returned OR state = 'refunded'",
            name=op.f("ck_reward_order_returned_when_refunded"),
        ),
        sa.CheckConstraint(
            "state IN ('reserved', 'handed', 'cancelled', 'lapsed', 'refunded')",
            name=op.f("ck_reward_order_state_known"),
        ),
        sa.CheckConstraint(
            "(handed_at IS NULL) = (handed_by_id IS NULL)",
            name=op.f("ck_reward_order_handed_by_somebody"),
        ),
        sa.CheckConstraint(
            "handed_by_id <> person_id", name=op.f("ck_reward_order_handed_by_another")
        ),
        sa.CheckConstraint("lapses_at > ordered_at", name=op.f("ck_reward_order_lapses_later")),
        sa.CheckConstraint("length(code) = 6", name=op.f("ck_reward_order_code_length")),
        sa.CheckConstraint("price > 0", name=op.f("ck_reward_order_price_positive")),
        sa.CheckConstraint(
            "refund_reason IS NULL OR length(refund_reason) BETWEEN 1 AND 200",
            name=op.f("ck_reward_order_refund_reason_length"),
        ),
        sa.CheckConstraint(
            "refunded_by_id <> person_id", name=op.f("ck_reward_order_refunded_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["handed_by_id"], ["person.id"], name=op.f("fk_reward_order_handed_by_id")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_reward_order_hold_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_reward_order_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["refunded_by_id"], ["person.id"], name=op.f("fk_reward_order_refunded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["reward_id"], ["reward.id"], name=op.f("fk_reward_order_reward_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reward_order_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward_order")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_reward_order_hold_id")),
    )

    op.create_index(
        "ix_reward_order_due",
        "reward_order",
        ["lapses_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'reserved'"),
        postgresql_where=sa.text("state = 'reserved'"),
    )

    op.create_index("ix_reward_order_person", "reward_order", ["person_id", "id"], unique=False)

    op.create_index(
        "ix_reward_order_reward", "reward_order", ["reward_id", "person_id"], unique=False
    )

    op.create_index("ix_reward_order_state", "reward_order", ["state", "id"], unique=False)

    op.create_index(
        "ix_reward_order_unit", "reward_order", ["unit_id", "state", "id"], unique=False
    )

    op.create_index(
        "uq_reward_order_code",
        "reward_order",
        ["code"],
        unique=True,
        sqlite_where=sa.text("state = 'reserved'"),
        postgresql_where=sa.text("state = 'reserved'"),
    )
    for dialect, statement in TRIGGERS:
        if op.get_context().dialect.name == dialect:
            op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    op.drop_table("reward_order")
    op.drop_table("reward_stock")
    op.drop_table("reward")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS reward_order_forward")
