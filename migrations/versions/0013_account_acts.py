"""Accounts that are frozen, thawed and closed by a decision with its reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TOLD = "posted rows are never changed: reverse them"
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _protect() -> None:
    if op.get_context().dialect.name == "sqlite":
        for name, when in (
            ("no_update", "UPDATE ON account_act"),
            ("no_delete", "DELETE ON account_act"),
            (
                "no_replace",
                "INSERT ON account_act WHEN EXISTS (SELECT 1 FROM account_act WHERE id = NEW.id)",
            ),
        ):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS account_act_{name} BEFORE {when}"
                f" BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
            )
        return
    for name, when, level in (
        ("no_change", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE OR REPLACE TRIGGER account_act_{name} BEFORE {when} ON account_act"
            f" FOR EACH {level} EXECUTE FUNCTION posted_rows_stay()"
        )


def upgrade() -> None:
    op.create_table(
        "account_act",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("deed", sa.String(6), nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "deed IN ('freeze', 'thaw', 'close')", name=op.f("ck_account_act_deed_known")
        ),
        sa.CheckConstraint("length(why) BETWEEN 4 AND 300", name=op.f("ck_account_act_why_length")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_act_account_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_account_act_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_act")),
    )
    op.create_index("ix_account_act_account", "account_act", ["account_id", "id"])
    with op.batch_alter_table("account") as table:
        table.create_check_constraint(
            op.f("ck_account_closed_at_zero"), "closed_at IS NULL OR balance = 0"
        )
    _protect()


def downgrade() -> None:
    with op.batch_alter_table("account") as table:
        table.drop_constraint(op.f("ck_account_closed_at_zero"), type_="check")
    op.drop_table("account_act")
