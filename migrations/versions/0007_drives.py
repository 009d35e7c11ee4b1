"""Drives: its tables, and the triggers that keep posted rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGERS = (
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS drive_fixed BEFORE UPDATE ON drive FOR EACH ROW WHEN OLD.state <> 'draft' AND (NEW.title IS NOT OLD.title OR NEW.story IS NOT OLD.story OR NEW.goal_fen IS NOT OLD.goal_fen OR NEW.opens_on IS NOT OLD.opens_on OR NEW.closes_on IS NOT OLD.closes_on OR NEW.surplus_rule IS NOT OLD.surplus_rule OR NEW.unit_id IS NOT OLD.unit_id) BEGIN SELECT RAISE(ABORT, 'what givers rely on is fixed when a drive opens'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION drive_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'draft' AND (NEW.title IS DISTINCT FROM OLD.title OR NEW.story IS DISTINCT FROM OLD.story OR NEW.goal_fen IS DISTINCT FROM OLD.goal_fen OR NEW.opens_on IS DISTINCT FROM OLD.opens_on OR NEW.closes_on IS DISTINCT FROM OLD.closes_on OR NEW.surplus_rule IS DISTINCT FROM OLD.surplus_rule OR NEW.unit_id IS DISTINCT FROM OLD.unit_id) THEN RAISE EXCEPTION 'what givers rely on is fixed when a drive opens' USING ERRCODE = 'check_violation'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER drive_fixed BEFORE UPDATE ON drive FOR EACH ROW EXECUTE FUNCTION drive_fixed()
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS drive_forward BEFORE UPDATE ON drive FOR EACH ROW WHEN (OLD.state = 'open' AND NEW.state = 'draft') OR (OLD.state = 'closed' AND NEW.state <> 'closed') BEGIN SELECT RAISE(ABORT, 'a drive only goes forward'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION drive_forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (OLD.state = 'open' AND NEW.state = 'draft') OR (OLD.state = 'closed' AND NEW.state <> 'closed') THEN RAISE EXCEPTION 'a drive only goes forward' USING ERRCODE = 'check_violation'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER drive_forward BEFORE UPDATE ON drive FOR EACH ROW EXECUTE FUNCTION drive_forward()
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS drive_no_delete BEFORE DELETE ON drive FOR EACH ROW WHEN OLD.state <> 'draft' BEGIN SELECT RAISE(ABORT, 'opened drives stay'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION drive_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'draft' THEN RAISE EXCEPTION 'opened drives stay' USING ERRCODE = 'check_violation'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER drive_no_delete BEFORE DELETE ON drive FOR EACH ROW EXECUTE FUNCTION drive_no_delete()
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS gift_no_update BEFORE UPDATE ON gift FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'gifts are never changed'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION gift_no_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'gifts are never changed' USING ERRCODE = 'check_violation'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER gift_no_update BEFORE UPDATE ON gift FOR EACH ROW EXECUTE FUNCTION gift_no_update()
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS gift_no_delete BEFORE DELETE ON gift FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'gifts are never deleted'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION gift_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN RAISE EXCEPTION 'gifts are never deleted' USING ERRCODE = 'check_violation'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER gift_no_delete BEFORE DELETE ON gift FOR EACH ROW EXECUTE FUNCTION gift_no_delete()
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS gift_no_replace BEFORE INSERT ON gift FOR EACH ROW WHEN EXISTS (SELECT 1 FROM gift WHERE id = NEW.id OR transfer_id = NEW.transfer_id OR reverses_id = NEW.reverses_id OR (drive_id, receipt_no) = (NEW.drive_id, NEW.receipt_no)) BEGIN SELECT RAISE(ABORT, 'gifts are never replaced'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION gift_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'gifts are never deleted' USING ERRCODE = 'check_violation'; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER gift_no_truncate BEFORE TRUNCATE ON gift FOR EACH STATEMENT EXECUTE FUNCTION gift_no_truncate()
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS gift_while_open BEFORE INSERT ON gift FOR EACH ROW WHEN NEW.reverses_id IS NULL AND (SELECT state FROM drive WHERE id = NEW.drive_id) <> 'open' BEGIN SELECT RAISE(ABORT, 'this drive takes no gifts'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION gift_while_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.reverses_id IS NULL AND (SELECT state FROM drive WHERE id = NEW.drive_id) <> 'open' THEN RAISE EXCEPTION 'this drive takes no gifts' USING ERRCODE = 'check_violation'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER gift_while_open BEFORE INSERT ON gift FOR EACH ROW EXECUTE FUNCTION gift_while_open()
""",
    ),
)


def upgrade() -> None:
    op.create_table(
        "drive",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("goal_fen", sa.BigInteger(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("surplus_rule", sa.String(length=12), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("last_receipt_no", sa.Integer(), nullable=False),
        sa.Column(
            "made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "opened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_note", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by_id IS NULL) AND (closed_at IS NULL) = (closing_note IS NULL)",
            name=op.f("ck_drive_closed_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (opened_at IS NULL) AND (opened_at IS NULL) = (opened_by_id IS NULL)",
            name=op.f("ck_drive_opened_by_somebody"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'closed')", name=op.f("ck_drive_state_known")
        ),
        sa.CheckConstraint(
            "surplus_rule IN ('care_fund', 'next_drive', 'charity')",
            name=op.f("ck_drive_surplus_rule_known"),
        ),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_drive_dates_forward")),
        sa.CheckConstraint("goal_fen > 0", name=op.f("ck_drive_goal_positive")),
        sa.CheckConstraint("last_receipt_no >= 0", name=op.f("ck_drive_receipt_no_not_negative")),
        sa.CheckConstraint("length(story) BETWEEN 1 AND 2000", name=op.f("ck_drive_story_length")),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 60", name=op.f("ck_drive_title_length")),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["person.id"], name=op.f("fk_drive_closed_by_id")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_drive_made_by_id")),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["person.id"], name=op.f("fk_drive_opened_by_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_drive_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drive")),
    )

    op.create_index("ix_drive_state", "drive", ["state", "closes_on", "id"], unique=False)

    op.create_table(
        "drive_update",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drive_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column(
            "posted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(words) BETWEEN 1 AND 500", name=op.f("ck_drive_update_words_length")
        ),
        sa.ForeignKeyConstraint(["drive_id"], ["drive.id"], name=op.f("fk_drive_update_drive_id")),
        sa.ForeignKeyConstraint(
            ["posted_by_id"], ["person.id"], name=op.f("fk_drive_update_posted_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drive_update")),
    )

    op.create_index("ix_drive_update_drive", "drive_update", ["drive_id", "id"], unique=False)

    op.create_table(
        "gift",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drive_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("giver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("giver_name", sa.String(length=60), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("amount_coins", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.String(length=9), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=True),
        sa.Column("receipt_no", sa.Integer(), nullable=True),
        sa.Column(
            "received_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "counted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'cash' AND amount_coins IS NULL AND amount_fen IS NOT NULL AND amount_fen > 0) OR (kind = 'coins' AND amount_fen IS NULL AND amount_coins IS NOT NULL AND amount_coins > 0)",
            name=op.f("ck_gift_one_positive_amount"),
        ),
        sa.CheckConstraint(
            "(kind = 'cash' OR reverses_id IS NOT NULL) = (received_by_id IS NOT NULL) AND (received_by_id IS NULL) = (counted_by_id IS NULL)",
            name=op.f("ck_gift_two_answer_for_cash"),
        ),
        sa.CheckConstraint(
            "(kind = 'cash') = (receipt_no IS NOT NULL)", name=op.f("ck_gift_cash_has_a_receipt")
        ),
        sa.CheckConstraint(
            "giver_name IS NULL OR (kind = 'cash' AND shown = 'committee' AND length(giver_name) BETWEEN 1 AND 60)",
            name=op.f("ck_gift_outsider_for_the_committee"),
        ),
        sa.CheckConstraint("kind IN ('cash', 'coins')", name=op.f("ck_gift_kind_known")),
        sa.CheckConstraint(
            "shown <> 'anonymous' OR (giver_id IS NULL AND giver_name IS NULL)",
            name=op.f("ck_gift_anonymous_names_nobody"),
        ),
        sa.CheckConstraint(
            "shown = 'anonymous' OR (giver_id IS NULL) <> (giver_name IS NULL)",
            name=op.f("ck_gift_named_by_one_name"),
        ),
        sa.CheckConstraint(
            "shown IN ('public', 'committee', 'anonymous')", name=op.f("ck_gift_shown_known")
        ),
        sa.CheckConstraint(
            "(reverses_id IS NULL) = (reason IS NULL)", name=op.f("ck_gift_reversal_has_a_reason")
        ),
        sa.CheckConstraint(
            "giver_id IS NULL OR received_by_id IS NULL OR (giver_id <> received_by_id AND giver_id <> counted_by_id)",
            name=op.f("ck_gift_giver_does_not_count"),
        ),
        sa.CheckConstraint(
            "message IS NULL OR length(message) <= 200", name=op.f("ck_gift_message_length")
        ),
        sa.CheckConstraint(
            "receipt_no IS NULL OR receipt_no > 0", name=op.f("ck_gift_receipt_no_positive")
        ),
        sa.CheckConstraint(
            "received_by_id <> counted_by_id", name=op.f("ck_gift_counted_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["counted_by_id"], ["person.id"], name=op.f("fk_gift_counted_by_id")
        ),
        sa.ForeignKeyConstraint(["drive_id"], ["drive.id"], name=op.f("fk_gift_drive_id")),
        sa.ForeignKeyConstraint(["giver_id"], ["person.id"], name=op.f("fk_gift_giver_id")),
        sa.ForeignKeyConstraint(
            ["received_by_id"], ["person.id"], name=op.f("fk_gift_received_by_id")
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["gift.id"], name=op.f("fk_gift_reverses_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_gift_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("drive_id", "receipt_no", name=op.f("uq_gift_drive_id_receipt_no")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_gift_reverses_id")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_gift_transfer_id")),
    )

    op.create_index("ix_gift_drive", "gift", ["drive_id", "id"], unique=False)

    op.create_index("ix_gift_giver", "gift", ["giver_id", "id"], unique=False)
    for dialect, statement in TRIGGERS:
        if op.get_context().dialect.name == dialect:
            op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    op.drop_table("gift")
    op.drop_table("drive_update")
    op.drop_table("drive")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS drive_fixed")
        op.execute("DROP FUNCTION IF EXISTS drive_forward")
        op.execute("DROP FUNCTION IF EXISTS drive_no_delete")
        op.execute("DROP FUNCTION IF EXISTS gift_no_delete")
        op.execute("DROP FUNCTION IF EXISTS gift_no_truncate")
        op.execute("DROP FUNCTION IF EXISTS gift_no_update")
        op.execute("DROP FUNCTION IF EXISTS gift_while_open")
