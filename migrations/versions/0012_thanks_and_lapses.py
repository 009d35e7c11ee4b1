"""Thanks between colleagues, and coins that last for a while.

An award may come from somebody's own allowance and join in with another; a lapse is what somebody
was told will be gone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    with op.batch_alter_table("award") as table:
        table.add_column(sa.Column("kind", sa.String(8), nullable=False, server_default="award"))
        table.add_column(sa.Column("adds_to_id", Id, nullable=True))
        table.alter_column("value", existing_type=sa.String(12), nullable=True)
        table.create_foreign_key(op.f("fk_award_adds_to_id"), "award", ["adds_to_id"], ["id"])
        table.create_check_constraint(op.f("ck_award_kind_known"), "kind IN ('award', 'thank')")
        table.create_check_constraint(
            op.f("ck_award_value_of_awards"), "kind = 'thank' OR value IS NOT NULL"
        )
        table.create_check_constraint(
            op.f("ck_award_thanks_are_added"), "kind = 'thank' OR adds_to_id IS NULL"
        )
        table.create_check_constraint(
            op.f("ck_award_adds_to_earlier"), "adds_to_id IS NULL OR adds_to_id < id"
        )
    _partial_index("ix_award_added", "award", ["adds_to_id", "id"], "adds_to_id IS NOT NULL")
    _partial_index("ix_account_period", "account", ["kind", "period"], "period <> ''")
    op.create_table(
        "lapse",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("transfer_id", Id, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_lapse_amount_positive")),
        sa.CheckConstraint("told_on IS NULL OR until > told_on", name=op.f("ck_lapse_told_before")),
        sa.CheckConstraint(
            "transfer_id IS NULL OR told_on IS NOT NULL", name=op.f("ck_lapse_never_untold")
        ),
        sa.CheckConstraint(
            "reminded_on IS NULL OR reminded_on <= until", name=op.f("ck_lapse_reminded_before")
        ),
        sa.CheckConstraint(
            "transfer_id IS NULL OR ended_on > until", name=op.f("ck_lapse_lapsed_after")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lapse_account_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_lapse_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lapse")),
    )
    _partial_index("ix_lapse_open", "lapse", ["account_id", "until"], "ended_on IS NULL")
    _partial_index("ix_lapse_due", "lapse", ["until", "id"], "ended_on IS NULL")


def downgrade() -> None:
    """Thanks become awards of no unit's budget; what was told about lapses is forgotten."""
    op.drop_table("lapse")
    op.drop_index("ix_account_period", "account")
    op.drop_index("ix_award_added", "award")
    op.execute("UPDATE award SET value = 'teamwork' WHERE value IS NULL")
    with op.batch_alter_table("award") as table:
        for name in ("kind_known", "value_of_awards", "thanks_are_added", "adds_to_earlier"):
            table.drop_constraint(op.f(f"ck_award_{name}"), type_="check")
        table.drop_constraint(op.f("fk_award_adds_to_id"), type_="foreignkey")
        table.drop_column("adds_to_id")
        table.drop_column("kind")
        table.alter_column("value", existing_type=sa.String(12), nullable=False)
