"""Growth: its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "honour",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.String(length=80), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "withdrawn_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("withdrawn_because", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "kind = 'personal' OR unit_id IS NOT NULL", name=op.f("ck_honour_collective_has_unit")
        ),
        sa.CheckConstraint("kind IN ('personal', 'collective')", name=op.f("ck_honour_kind_known")),
        sa.CheckConstraint(
            "level IN ('centre', 'city', 'group', 'province', 'nation')",
            name=op.f("ck_honour_level_known"),
        ),
        sa.CheckConstraint(
            "(recorded_to IS NULL) = (withdrawn_because IS NULL)",
            name=op.f("ck_honour_withdrawn_with_reason"),
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 120", name=op.f("ck_honour_name_length")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_honour_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_honour_unit_id")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["person.id"], name=op.f("fk_honour_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_honour")),
    )

    op.create_index("ix_honour_awarded", "honour", ["awarded_on", "id"], unique=False)

    op.create_index("ix_honour_unit", "honour", ["unit_id", "awarded_on"], unique=False)

    op.create_table(
        "performance_sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_name", sa.String(length=150), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("new_count", sa.Integer(), nullable=False),
        sa.Column("changed_count", sa.Integer(), nullable=False),
        sa.Column("stop_count", sa.Integer(), nullable=False),
        sa.Column("ask_count", sa.Integer(), nullable=False),
        sa.Column("note_count", sa.Integer(), nullable=False),
        sa.Column(
            "imported_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "undone_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "(applied_at IS NULL) = (state IN ('checked', 'dropped'))",
            name=op.f("ck_performance_sheet_applied_has_time"),
        ),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (state <> 'undone')",
            name=op.f("ck_performance_sheet_undone_has_time"),
        ),
        sa.CheckConstraint(
            "(version > 0) = (state IN ('applied', 'undone'))",
            name=op.f("ck_performance_sheet_version_when_applied"),
        ),
        sa.CheckConstraint(
            "CAST(month AS VARCHAR(10)) LIKE '____-__-01'",
            name=op.f("ck_performance_sheet_month_begins"),
        ),
        sa.CheckConstraint(
            "state IN ('checked', 'applied', 'undone', 'dropped')",
            name=op.f("ck_performance_sheet_state_known"),
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_performance_sheet_sha256_whole")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_performance_sheet_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["person.id"], name=op.f("fk_performance_sheet_imported_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["person.id"], name=op.f("fk_performance_sheet_undone_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_sheet")),
    )

    op.create_index(
        "ix_performance_sheet_imported_by",
        "performance_sheet",
        ["imported_by_id", "id"],
        unique=False,
    )

    op.create_index(
        "ix_performance_sheet_month", "performance_sheet", ["month", "version"], unique=False
    )

    op.create_index(
        "uq_performance_sheet_applied_once",
        "performance_sheet",
        ["sha256"],
        unique=True,
        sqlite_where=sa.text("state = 'applied'"),
        postgresql_where=sa.text("state = 'applied'"),
    )

    op.create_table(
        "sheet_mapping",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column(
            "saved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["person.id"], name=op.f("fk_sheet_mapping_saved_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_mapping")),
        sa.UniqueConstraint("signature", name=op.f("uq_sheet_mapping_signature")),
    )

    op.create_table(
        "honour_holder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "honour_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "employment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("certificate_no", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["employment_id"], ["employment.id"], name=op.f("fk_honour_holder_employment_id")
        ),
        sa.ForeignKeyConstraint(
            ["honour_id"], ["honour.id"], name=op.f("fk_honour_holder_honour_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_honour_holder")),
        sa.UniqueConstraint(
            "honour_id", "employment_id", name=op.f("uq_honour_holder_honour_id_employment_id")
        ),
    )

    op.create_index("ix_honour_holder_employment", "honour_holder", ["employment_id"], unique=False)

    op.create_table(
        "monthly_figure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "employment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=True),
        sa.Column("talk_seconds", sa.Integer(), nullable=True),
        sa.Column("satisfaction_share", sa.Double(), nullable=True),
        sa.Column("quality_score", sa.Double(), nullable=True),
        sa.Column("first_resolution_share", sa.Double(), nullable=True),
        sa.Column("complaints", sa.Integer(), nullable=True),
        sa.Column("praises", sa.Integer(), nullable=True),
        sa.Column("attendance_days", sa.Double(), nullable=True),
        sa.Column("late_times", sa.Integer(), nullable=True),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "CAST(month AS VARCHAR(10)) LIKE '____-__-01'",
            name=op.f("ck_monthly_figure_month_begins"),
        ),
        sa.CheckConstraint(
            "attendance_days BETWEEN 0 AND 31", name=op.f("ck_monthly_figure_attendance_in_range")
        ),
        sa.CheckConstraint("calls >= 0", name=op.f("ck_monthly_figure_calls_not_negative")),
        sa.CheckConstraint(
            "complaints >= 0", name=op.f("ck_monthly_figure_complaints_not_negative")
        ),
        sa.CheckConstraint(
            "first_resolution_share BETWEEN 0 AND 1",
            name=op.f("ck_monthly_figure_resolution_is_share"),
        ),
        sa.CheckConstraint("late_times >= 0", name=op.f("ck_monthly_figure_late_not_negative")),
        sa.CheckConstraint("praises >= 0", name=op.f("ck_monthly_figure_praises_not_negative")),
        sa.CheckConstraint(
            "quality_score BETWEEN 0 AND 100", name=op.f("ck_monthly_figure_quality_in_range")
        ),
        sa.CheckConstraint(
            "recorded_to IS NULL OR recorded_to >= recorded_from",
            name=op.f("ck_monthly_figure_recorded_forward"),
        ),
        sa.CheckConstraint(
            "satisfaction_share BETWEEN 0 AND 1",
            name=op.f("ck_monthly_figure_satisfaction_is_share"),
        ),
        sa.CheckConstraint(
            "talk_seconds BETWEEN 0 AND 36000", name=op.f("ck_monthly_figure_talk_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["employment_id"], ["employment.id"], name=op.f("fk_monthly_figure_employment_id")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["performance_sheet.id"], name=op.f("fk_monthly_figure_sheet_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_figure")),
        sa.UniqueConstraint(
            "sheet_id", "employment_id", name=op.f("uq_monthly_figure_sheet_id_employment_id")
        ),
    )

    op.create_index(
        "ix_monthly_figure_history",
        "monthly_figure",
        ["employment_id", "month", "recorded_from"],
        unique=False,
    )

    op.create_index(
        "uq_monthly_figure_current",
        "monthly_figure",
        ["employment_id", "month"],
        unique=True,
        sqlite_where=sa.text("recorded_to IS NULL"),
        postgresql_where=sa.text("recorded_to IS NULL"),
    )

    op.create_table(
        "sheet_finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("severity", sa.String(length=4), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("table_name", sa.String(length=80), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("column_letters", sa.String(length=3), nullable=False),
        sa.Column("column_name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "severity IN ('stop', 'ask', 'note')", name=op.f("ck_sheet_finding_severity_known")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["performance_sheet.id"], name=op.f("fk_sheet_finding_sheet_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_finding")),
    )

    op.create_index("ix_sheet_finding_sheet", "sheet_finding", ["sheet_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("sheet_finding")
    op.drop_table("monthly_figure")
    op.drop_table("honour_holder")
    op.drop_table("sheet_mapping")
    op.drop_table("performance_sheet")
    op.drop_table("honour")
