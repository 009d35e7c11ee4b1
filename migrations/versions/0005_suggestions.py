"""Suggestions: its tables, and the triggers that keep posted rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TRIGGERS = (
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS suggestion_step_no_update BEFORE UPDATE ON suggestion_step BEGIN SELECT RAISE(ABORT, 'the history of a suggestion is never changed'); END
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS suggestion_step_no_delete BEFORE DELETE ON suggestion_step BEGIN SELECT RAISE(ABORT, 'the history of a suggestion is never changed'); END
""",
    ),
    (
        "sqlite",
        """
CREATE TRIGGER IF NOT EXISTS suggestion_step_no_replace BEFORE INSERT ON suggestion_step WHEN EXISTS (SELECT 1 FROM suggestion_step WHERE id = NEW.id OR (suggestion_id, step) = (NEW.suggestion_id, NEW.step)) BEGIN SELECT RAISE(ABORT, 'the history of a suggestion is never changed'); END
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE FUNCTION suggestion_steps_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the history of a suggestion is never changed' USING ERRCODE = 'integrity_constraint_violation'; END $$
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER suggestion_step_no_change BEFORE UPDATE OR DELETE ON suggestion_step FOR EACH ROW EXECUTE FUNCTION suggestion_steps_stay()
""",
    ),
    (
        "postgresql",
        """
CREATE OR REPLACE TRIGGER suggestion_step_no_truncate BEFORE TRUNCATE ON suggestion_step FOR EACH STATEMENT EXECUTE FUNCTION suggestion_steps_stay()
""",
    ),
)


def upgrade() -> None:
    op.create_table(
        "suggestion_topic",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("owner_role", sa.String(length=20), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.Column("reward_coins", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answer_days BETWEEN 1 AND 90", name=op.f("ck_suggestion_topic_answer_days_in_bounds")
        ),
        sa.CheckConstraint(
            "length(key) BETWEEN 1 AND 30", name=op.f("ck_suggestion_topic_key_length")
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 40", name=op.f("ck_suggestion_topic_name_length")
        ),
        sa.CheckConstraint(
            "length(name_en) BETWEEN 1 AND 80", name=op.f("ck_suggestion_topic_name_en_length")
        ),
        sa.CheckConstraint(
            "owner_role IS NULL OR owner_id IS NULL", name=op.f("ck_suggestion_topic_one_owner")
        ),
        sa.CheckConstraint(
            "reward_coins BETWEEN 0 AND 10000", name=op.f("ck_suggestion_topic_reward_in_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["person.id"], name=op.f("fk_suggestion_topic_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_topic")),
        sa.UniqueConstraint("key", name=op.f("uq_suggestion_topic_key")),
    )

    op.create_table(
        "suggestion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("spot", sa.String(length=80), nullable=True),
        sa.Column("since", sa.String(length=60), nullable=True),
        sa.Column("cost", sa.Text(), nullable=True),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("topic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer_due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reward_coins", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_reason", sa.Text(), nullable=True),
        sa.Column("escalated_on", sa.Date(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(status IN ('adopted', 'done')) = (adopted_at IS NOT NULL)",
            name=op.f("ck_suggestion_adopted_has_time"),
        ),
        sa.CheckConstraint(
            "(status IN ('declined', 'done', 'withdrawn')) = (closed_at IS NOT NULL)",
            name=op.f("ck_suggestion_closed_has_time"),
        ),
        sa.CheckConstraint(
            "(status IN ('sent', 'withdrawn')) = (first_answered_at IS NULL)",
            name=op.f("ck_suggestion_answered_has_time"),
        ),
        sa.CheckConstraint(
            "kind <> 'golden_finger' OR (effect IS NOT NULL AND spot IS NULL AND since IS NULL AND cost IS NULL)",
            name=op.f("ck_suggestion_idea_fields"),
        ),
        sa.CheckConstraint(
            "kind <> 'woodpecker' OR (spot IS NOT NULL AND effect IS NULL)",
            name=op.f("ck_suggestion_fault_fields"),
        ),
        sa.CheckConstraint(
            "kind IN ('woodpecker', 'golden_finger')", name=op.f("ck_suggestion_kind_known")
        ),
        sa.CheckConstraint(
            "status IN ('sent', 'answered', 'in_work', 'adopted', 'declined', 'done', 'withdrawn')",
            name=op.f("ck_suggestion_status_known"),
        ),
        sa.CheckConstraint(
            "(adopted_at IS NULL) = (reward_coins IS NULL)",
            name=op.f("ck_suggestion_reward_when_adopted"),
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closing_reason IS NULL)",
            name=op.f("ck_suggestion_closed_has_reason"),
        ),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_suggestion_hash_whole")),
        sa.CheckConstraint("length(cost) <= 500", name=op.f("ck_suggestion_cost_length")),
        sa.CheckConstraint(
            "length(effect) BETWEEN 1 AND 500", name=op.f("ck_suggestion_effect_length")
        ),
        sa.CheckConstraint(
            "length(title) BETWEEN 1 AND 60", name=op.f("ck_suggestion_title_length")
        ),
        sa.CheckConstraint(
            "length(trim(closing_reason)) > 0", name=op.f("ck_suggestion_closing_reason_said")
        ),
        sa.CheckConstraint(
            "length(what) BETWEEN 1 AND 2000", name=op.f("ck_suggestion_what_length")
        ),
        sa.CheckConstraint("owner_id <> author_id", name=op.f("ck_suggestion_owner_is_another")),
        sa.CheckConstraint(
            "reward_coins BETWEEN 0 AND 10000", name=op.f("ck_suggestion_reward_in_bounds")
        ),
        sa.CheckConstraint("step > 0", name=op.f("ck_suggestion_step_positive")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_suggestion_author_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_suggestion_owner_id")),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["suggestion_topic.id"], name=op.f("fk_suggestion_topic_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_suggestion_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )

    op.create_index(
        "ix_suggestion_adopted",
        "suggestion",
        ["id"],
        unique=False,
        sqlite_where=sa.text("adopted_at IS NOT NULL"),
        postgresql_where=sa.text("adopted_at IS NOT NULL"),
    )

    op.create_index("ix_suggestion_author", "suggestion", ["author_id", "id"], unique=False)

    op.create_index(
        "ix_suggestion_due",
        "suggestion",
        ["answer_due_on", "id"],
        unique=False,
        sqlite_where=sa.text("first_answered_at IS NULL AND closed_at IS NULL"),
        postgresql_where=sa.text("first_answered_at IS NULL AND closed_at IS NULL"),
    )

    op.create_index(
        "ix_suggestion_open",
        "suggestion",
        ["id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_index(
        "ix_suggestion_owned",
        "suggestion",
        ["owner_id", "id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_index(
        "ix_suggestion_queue",
        "suggestion",
        ["owner_id", "answer_due_on", "id"],
        unique=False,
        sqlite_where=sa.text("first_answered_at IS NULL AND closed_at IS NULL"),
        postgresql_where=sa.text("first_answered_at IS NULL AND closed_at IS NULL"),
    )

    op.create_index("ix_suggestion_topic", "suggestion", ["topic_id"], unique=False)

    op.create_table(
        "suggestion_comment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "suggestion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(words) BETWEEN 1 AND 500", name=op.f("ck_suggestion_comment_words_length")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_suggestion_comment_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestion.id"], name=op.f("fk_suggestion_comment_suggestion_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_comment")),
    )

    op.create_index(
        "ix_suggestion_comment_list", "suggestion_comment", ["suggestion_id", "id"], unique=False
    )

    op.create_table(
        "suggestion_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "suggestion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.String(length=12), nullable=True),
        sa.Column("to_status", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "from_status IN ('sent', 'answered', 'in_work', 'adopted', 'declined', 'done', 'withdrawn')",
            name=op.f("ck_suggestion_step_from_known"),
        ),
        sa.CheckConstraint(
            "step <> 1 OR to_status = 'sent'", name=op.f("ck_suggestion_step_first_is_sent")
        ),
        sa.CheckConstraint(
            "to_status IN ('sent', 'answered', 'in_work', 'adopted', 'declined', 'done', 'withdrawn')",
            name=op.f("ck_suggestion_step_to_known"),
        ),
        sa.CheckConstraint(
            "(step = 1) = (from_status IS NULL)", name=op.f("ck_suggestion_step_first_from_nowhere")
        ),
        sa.CheckConstraint("length(reason) <= 500", name=op.f("ck_suggestion_step_reason_length")),
        sa.CheckConstraint(
            "step = 1 OR length(trim(reason)) > 0", name=op.f("ck_suggestion_step_reason_said")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_suggestion_step_by_id")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["person.id"], name=op.f("fk_suggestion_step_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestion.id"], name=op.f("fk_suggestion_step_suggestion_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_step")),
        sa.UniqueConstraint(
            "suggestion_id", "step", name=op.f("uq_suggestion_step_suggestion_id_step")
        ),
    )

    op.create_table(
        "suggestion_word",
        sa.Column(
            "token",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "suggestion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestion.id"], name=op.f("fk_suggestion_word_suggestion_id")
        ),
        sa.PrimaryKeyConstraint("token", "suggestion_id", name=op.f("pk_suggestion_word")),
        sqlite_with_rowid=False,
    )
    for dialect, statement in TRIGGERS:
        if op.get_context().dialect.name == dialect:
            op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    op.drop_table("suggestion_word")
    op.drop_table("suggestion_step")
    op.drop_table("suggestion_comment")
    op.drop_table("suggestion")
    op.drop_table("suggestion_topic")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS suggestion_steps_stay")
