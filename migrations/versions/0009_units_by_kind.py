"""Units are found by their kind: the sites among thousands of teams."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_unit_kind", "unit", ["kind", "name"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_unit_kind", table_name="unit")
