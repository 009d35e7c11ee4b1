"""A second pair of eyes: awards that wait, and awards to be taken back late.

The coins of an award that waits are on hold already; what is new is who asked for what, and who
decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TOLD_OF_COLUMNS = "what was asked is never changed: ask anew"
TOLD_OF_ROWS = "posted rows are never changed: reverse them"
FIXED = {
    "award_request": (
        "by_id", "unit_id", "value", "amount", "head_count", "happened_on", "hold_id",
    ),
    "withdrawal_request": ("by_id", "award_id"),
}  # fmt: skip
TAKEN = "(request_id, person_id) = (NEW.request_id, NEW.person_id)"
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _is_sqlite() -> bool:
    return bool(op.get_context().dialect.name == "sqlite")


def _fix(table: str, columns: Sequence[str]) -> None:
    when = f"{table}_stays BEFORE UPDATE OF {', '.join(columns)} ON {table}"
    if _is_sqlite():
        refusal = f"BEGIN SELECT RAISE(ABORT, '{TOLD_OF_COLUMNS}'); END"
        op.execute(f"CREATE TRIGGER IF NOT EXISTS {when} {refusal}")
    else:
        op.execute(f"CREATE TRIGGER {when} FOR EACH ROW EXECUTE FUNCTION posted_rows_stay()")


def _keep_rows(table: str, taken: str) -> None:
    if _is_sqlite():
        for name, when in (
            ("no_update", f"UPDATE ON {table}"),
            ("no_delete", f"DELETE ON {table}"),
            ("no_replace", f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"),  # noqa: S608
        ):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {when}"
                f" BEGIN SELECT RAISE(ABORT, '{TOLD_OF_ROWS}'); END"
            )
        return
    for name, when, level in (
        ("no_change", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE OR REPLACE TRIGGER {table}_{name} BEFORE {when} ON {table}"
            f" FOR EACH {level} EXECUTE FUNCTION posted_rows_stay()"
        )


def _asked(table: str) -> list[Any]:
    """The columns of whatever somebody asks and somebody else decides."""
    return [
        sa.Column("id", Id, nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.CheckConstraint("version > 0", name=op.f(f"ck_{table}_version_positive")),
        sa.CheckConstraint(
            "length(reason) BETWEEN 10 AND 300", name=op.f(f"ck_{table}_reason_length")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)",
            name=op.f(f"ck_{table}_decided_when_decided"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by_id IS NOT NULL)",
            name=op.f(f"ck_{table}_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> by_id",
            name=op.f(f"ck_{table}_decided_by_another"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR length(answer) > 0", name=op.f(f"ck_{table}_refused_in_words")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f(f"fk_{table}_by_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f(f"fk_{table}_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _make_award_requests() -> None:
    op.create_table(
        "award_request",
        *_asked("award_request"),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("value", sa.String(12), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("head_count", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hold_id", Id, nullable=False),
        sa.Column("award_id", Id, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'recalled', 'lapsed')",
            name=op.f("ck_award_request_state_known"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_award_request_amount_positive")),
        sa.CheckConstraint("head_count > 0", name=op.f("ck_award_request_somebody")),
        sa.CheckConstraint(
            "value IN ('patience', 'care', 'teamwork', 'improvement', 'excellence', 'courage')",
            name=op.f("ck_award_request_value_known"),
        ),
        sa.CheckConstraint(
            "(state = 'approved') = (award_id IS NOT NULL)",
            name=op.f("ck_award_request_awarded_if_so"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_award_request_unit_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_award_request_hold_id")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_award_request_award_id")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_award_request_hold_id")),
        sa.UniqueConstraint("award_id", name=op.f("uq_award_request_award_id")),
    )
    op.create_index("ix_award_request_asker", "award_request", ["by_id", "unit_id", "id"])
    op.create_index(
        "ix_award_request_waiting",
        "award_request",
        ["id"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "award_request_person",
        sa.Column("request_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["award_request.id"], name=op.f("fk_award_request_person_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_award_request_person_person_id")
        ),
        sa.PrimaryKeyConstraint("request_id", "person_id", name=op.f("pk_award_request_person")),
    )
    op.create_index("ix_award_request_person_person_id", "award_request_person", ["person_id"])


def _make_withdrawal_requests() -> None:
    op.create_table(
        "withdrawal_request",
        *_asked("withdrawal_request"),
        sa.Column("award_id", Id, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'recalled')",
            name=op.f("ck_withdrawal_request_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["award_id"], ["award.id"], name=op.f("fk_withdrawal_request_award_id")
        ),
    )
    op.create_index("ix_withdrawal_request_award_id", "withdrawal_request", ["award_id", "id"])
    op.create_index(
        "uq_withdrawal_request_waiting",
        "withdrawal_request",
        ["award_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def upgrade() -> None:
    op.create_index("ix_award_words", "award", ["by_id", "reason"])
    _make_award_requests()
    _make_withdrawal_requests()
    for table, columns in FIXED.items():
        _fix(table, columns)
    _keep_rows("award_request_person", TAKEN)


def downgrade() -> None:
    """Coins that are held stay on hold: they lapse back into their budgets in time."""
    for table in ("withdrawal_request", "award_request_person", "award_request"):
        op.drop_table(table)
    op.drop_index("ix_award_words", "award")
