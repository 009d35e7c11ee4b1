"""Coins: its tables, and the triggers that keep posted rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TRIGGERS = (
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS transfer_no_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'posted rows are never changed: reverse them'); END
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS transfer_no_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'posted rows are never changed: reverse them'); END
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS transfer_no_replace BEFORE INSERT ON transfer WHEN EXISTS (SELECT 1 FROM transfer WHERE id = NEW.id OR key = NEW.key OR reverses_id = NEW.reverses_id) BEGIN SELECT RAISE(ABORT, 'posted rows are never changed: reverse them'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION posted_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'posted rows are never changed: reverse them' USING ERRCODE = 'integrity_constraint_violation'; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER transfer_no_change BEFORE UPDATE OR DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION posted_rows_stay()
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER transfer_no_truncate BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION posted_rows_stay()
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'posted rows are never changed: reverse them'); END
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'posted rows are never changed: reverse them'); END
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS entry_no_replace BEFORE INSERT ON entry WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id OR (transfer_id, account_id) = (NEW.transfer_id, NEW.account_id)) BEGIN SELECT RAISE(ABORT, 'posted rows are never changed: reverse them'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION posted_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'posted rows are never changed: reverse them' USING ERRCODE = 'integrity_constraint_violation'; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION posted_rows_stay()
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER entry_no_truncate BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION posted_rows_stay()
""",
    ),
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("currency", sa.String(length=4), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "balance >= 0 OR kind IN ('issue', 'cash')",
            name=op.f("ck_account_balance_not_negative"),
        ),
        sa.CheckConstraint("currency IN ('coin', 'fen')", name=op.f("ck_account_currency_known")),
        sa.CheckConstraint(
            "kind IN ('issue', 'budget', 'allowance', 'wallet', 'store', 'drive', 'held', 'expired', 'cash')",
            name=op.f("ck_account_kind_known"),
        ),
        sa.CheckConstraint("length(period) <= 20", name=op.f("ck_account_period_length")),
        sa.CheckConstraint("owner_id >= 0", name=op.f("ck_account_owner_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("kind", "owner_id", "period", "currency", name="uq_account_place"),
    )

    op.create_table(
        "budget_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("set_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rate BETWEEN 0 AND 1000", name=op.f("ck_budget_rule_rate_in_bounds")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_budget_rule_valid_forward")
        ),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["person.id"], name=op.f("fk_budget_rule_set_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_rule")),
    )

    op.create_index("ix_budget_rule_from", "budget_rule", ["valid_from"], unique=False)

    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("memo", sa.String(length=300), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.String(length=4), nullable=False),
        sa.Column(
            "reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("currency IN ('coin', 'fen')", name=op.f("ck_transfer_currency_known")),
        sa.CheckConstraint(
            "reason IN ('fund', 'award', 'thank', 'withdraw', 'reversal', 'gift_to_drive', 'cash_received', 'greeting', 'suggestion_reward', 'order', 'refund', 'expire', 'opening')",
            name=op.f("ck_transfer_reason_known"),
        ),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name=op.f("ck_transfer_key_length")),
        sa.CheckConstraint("length(memo) <= 300", name=op.f("ck_transfer_memo_length")),
        sa.CheckConstraint(
            "reverses_id IS NULL OR reverses_id < id", name=op.f("ck_transfer_reverses_earlier")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_transfer_by_id")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["transfer.id"], name=op.f("fk_transfer_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("key", name=op.f("uq_transfer_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_transfer_reverses_id")),
    )

    op.create_table(
        "wallet_month",
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_wallet_month_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_wallet_month")),
    )

    op.create_table(
        "award",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("head_count", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "value IN ('patience', 'care', 'teamwork', 'improvement', 'excellence', 'courage')",
            name=op.f("ck_award_value_known"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_award_amount_positive")),
        sa.CheckConstraint("head_count > 0", name=op.f("ck_award_somebody")),
        sa.CheckConstraint(
            "length(reason) BETWEEN 10 AND 300", name=op.f("ck_award_reason_length")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_award_by_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_award_transfer_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_award_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_award_transfer_id")),
    )

    op.create_index("ix_award_giver", "award", ["by_id", "id"], unique=False)

    op.create_index("ix_award_unit", "award", ["unit_id", "id"], unique=False)

    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_entry_amount_not_zero")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_entry_account_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_entry_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("transfer_id", "account_id", name="uq_entry_leg"),
    )

    op.create_index("ix_entry_account", "entry", ["account_id", "id"], unique=False)
    for dialect, statement in TRIGGERS:
        if op.get_context().dialect.name == dialect:
            op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    op.drop_table("entry")
    op.drop_table("award")
    op.drop_table("wallet_month")
    op.drop_table("transfer")
    op.drop_table("budget_rule")
    op.drop_table("account")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS posted_rows_stay")
