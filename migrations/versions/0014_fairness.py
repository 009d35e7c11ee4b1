"""Boards that one can leave, cases with due process, awards by rule; three more numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBERS = "'rate', 'allowance', 'expiry', 'review', 'most_received', 'most_of_pair'"


def _know_numbers(known: str) -> None:
    with op.batch_alter_table("coin_rule") as table:
        table.drop_constraint(op.f("ck_coin_rule_name_known"), type_="check")
        table.create_check_constraint(op.f("ck_coin_rule_name_known"), f"name IN ({known})")


def upgrade() -> None:
    _know_numbers(f"{NUMBERS}, 'ring', 'favour', 'ring_hold'")
    op.create_table(
        "off_boards",
        sa.Column("person_id", Id, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_off_boards_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_off_boards")),
    )
    op.create_table(
        "group_total",
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("shift", sa.String(length=40), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("coins", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "heads > 0 AND people BETWEEN 0 AND heads",
            name=op.f("ck_group_total_people_within_heads"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_group_total_unit_id")),
        sa.PrimaryKeyConstraint("period", "unit_id", "shift", name=op.f("pk_group_total")),
    )
    op.create_table(
        "team_total",
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("coins", sa.BigInteger(), nullable=False),
        sa.Column("per_head", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.CheckConstraint("NOT shown OR heads >= 5", name=op.f("ck_team_total_shown_from_five")),
        sa.CheckConstraint(
            "heads >= 0 AND people BETWEEN 0 AND heads",
            name=op.f("ck_team_total_people_within_heads"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_team_total_unit_id")),
        sa.PrimaryKeyConstraint("period", "unit_id", name=op.f("pk_team_total")),
    )
    op.create_index(
        "ix_team_total_board",
        "team_total",
        ["period", "per_head", "unit_id"],
        unique=False,
        sqlite_where=sa.text("shown"),
        postgresql_where=sa.text("shown"),
    )
    op.create_table(
        "value_total",
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("value", sa.String(length=12), nullable=False),
        sa.Column("awards", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "value IN ('patience', 'care', 'teamwork', 'improvement', 'excellence', 'courage')",
            name=op.f("ck_value_total_value_known"),
        ),
        sa.CheckConstraint("awards > 0", name=op.f("ck_value_total_some")),
        sa.PrimaryKeyConstraint("period", "value", name=op.f("pk_value_total")),
    )
    op.create_table(
        "team_goal",
        sa.Column("id", Id, nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("set_by_id", Id, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('everybody', 'values')", name=op.f("ck_team_goal_kind_known")),
        sa.CheckConstraint("month LIKE '____-__'", name=op.f("ck_team_goal_month_form")),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f("fk_team_goal_set_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_team_goal_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_goal")),
        sa.UniqueConstraint("unit_id", "month", name=op.f("uq_team_goal_unit_id_month")),
    )
    op.create_table(
        "fairness_case",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("giver_id", Id, nullable=False),
        sa.Column("receiver_id", Id, nullable=False),
        sa.Column("giver_unit_id", Id, nullable=True),
        sa.Column("receiver_unit_id", Id, nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("there", sa.Integer(), nullable=False),
        sa.Column("back", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("reasons", sa.String(length=600), nullable=True),
        sa.CheckConstraint(
            "(kind = 'mutual') = (back > 0)", name=op.f("ck_fairness_case_back_when_mutual")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_fairness_case_ended_has_time")
        ),
        sa.CheckConstraint(
            "(state IN ('cleared', 'corrected')) = (decided_by_id IS NOT NULL)",
            name=op.f("ck_fairness_case_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "kind IN ('mutual', 'favourite')", name=op.f("ck_fairness_case_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'cleared', 'corrected', 'lapsed')",
            name=op.f("ck_fairness_case_state_known"),
        ),
        sa.CheckConstraint(
            "(decided_by_id IS NULL) = (reasons IS NULL)",
            name=op.f("ck_fairness_case_decided_with_reasons"),
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id NOT IN (giver_id, receiver_id)",
            name=op.f("ck_fairness_case_decided_by_another"),
        ),
        sa.CheckConstraint("due_on > since", name=op.f("ck_fairness_case_due_later")),
        sa.CheckConstraint("giver_id <> receiver_id", name=op.f("ck_fairness_case_two_people")),
        sa.CheckConstraint(
            "there > 0 AND back >= 0 AND given >= there", name=op.f("ck_fairness_case_amounts_fit")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_fairness_case_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["person.id"], name=op.f("fk_fairness_case_giver_id")
        ),
        sa.ForeignKeyConstraint(
            ["giver_unit_id"], ["unit.id"], name=op.f("fk_fairness_case_giver_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["person.id"], name=op.f("fk_fairness_case_receiver_id")
        ),
        sa.ForeignKeyConstraint(
            ["receiver_unit_id"], ["unit.id"], name=op.f("fk_fairness_case_receiver_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fairness_case")),
    )
    op.create_index(
        "ix_fairness_case_due",
        "fairness_case",
        ["due_on"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_fairness_case_giver", "fairness_case", ["giver_id", "id"], unique=False)
    op.create_index(
        "ix_fairness_case_receiver", "fairness_case", ["receiver_id", "id"], unique=False
    )
    op.create_index(
        "uq_fairness_case_open",
        "fairness_case",
        ["giver_id", "receiver_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "fairness_case_item",
        sa.Column("case_id", Id, nullable=False),
        sa.Column("transfer_id", Id, nullable=False),
        sa.Column("there", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reversal_id", Id, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fairness_case_item_amount_positive")),
        sa.CheckConstraint(
            "reversal_id IS NULL OR reversal_id > transfer_id",
            name=op.f("ck_fairness_case_item_reversed_later"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["fairness_case.id"], name=op.f("fk_fairness_case_item_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["reversal_id"], ["transfer.id"], name=op.f("fk_fairness_case_item_reversal_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_fairness_case_item_transfer_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "transfer_id", name=op.f("pk_fairness_case_item")),
        sa.UniqueConstraint("reversal_id", name=op.f("uq_fairness_case_item_reversal_id")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_fairness_case_item_transfer_id")),
    )
    op.create_table(
        "fairness_case_hold",
        sa.Column("case_id", Id, nullable=False),
        sa.Column("hold_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["fairness_case.id"], name=op.f("fk_fairness_case_hold_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["hold.id"], name=op.f("fk_fairness_case_hold_hold_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "hold_id", name=op.f("pk_fairness_case_hold")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_fairness_case_hold_hold_id")),
    )
    op.create_table(
        "fairness_case_answer",
        sa.Column("case_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("words", sa.String(length=600), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(words) BETWEEN 10 AND 600", name=op.f("ck_fairness_case_answer_words_length")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["fairness_case.id"], name=op.f("fk_fairness_case_answer_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_fairness_case_answer_person_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_fairness_case_answer")),
    )
    op.create_table(
        "award_rule",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("every_years", sa.Integer(), nullable=True),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("set_by_id", Id, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'service') = (every_years IS NOT NULL)",
            name=op.f("ck_award_rule_years_when_service"),
        ),
        sa.CheckConstraint(
            "kind IN ('service', 'suggestion', 'star')", name=op.f("ck_award_rule_kind_known")
        ),
        sa.CheckConstraint(
            "amount BETWEEN 1 AND 10000", name=op.f("ck_award_rule_amount_in_bounds")
        ),
        sa.CheckConstraint(
            "every_years IS NULL OR every_years BETWEEN 1 AND 50",
            name=op.f("ck_award_rule_years_fit"),
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 40", name=op.f("ck_award_rule_name_length")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_award_rule_valid_forward")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_award_rule_owner_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f("fk_award_rule_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_rule")),
    )
    op.create_index("ix_award_rule_kind", "award_rule", ["kind", "valid_from"], unique=False)
    op.create_table(
        "award_due",
        sa.Column("id", Id, nullable=False),
        sa.Column("rule_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("occurrence", sa.String(length=60), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("reasons", sa.String(length=200), nullable=True),
        sa.Column("transfer_id", Id, nullable=True),
        sa.CheckConstraint(
            "(state = 'paid') = (transfer_id IS NOT NULL)",
            name=op.f("ck_award_due_paid_by_transfer"),
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (reasons IS NOT NULL)",
            name=op.f("ck_award_due_refused_with_reason"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_award_due_decided_has_time")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_by_id IS NULL)",
            name=op.f("ck_award_due_decided_by_one"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'paid', 'refused', 'dropped')",
            name=op.f("ck_award_due_state_known"),
        ),
        sa.CheckConstraint(
            "amount BETWEEN 1 AND 10000", name=op.f("ck_award_due_amount_in_bounds")
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> person_id",
            name=op.f("ck_award_due_not_for_oneself"),
        ),
        sa.CheckConstraint(
            "length(occurrence) BETWEEN 1 AND 60", name=op.f("ck_award_due_occurrence_length")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_award_due_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_award_due_person_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["award_rule.id"], name=op.f("fk_award_due_rule_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_award_due_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_due")),
        sa.UniqueConstraint(
            "rule_id",
            "person_id",
            "occurrence",
            name=op.f("uq_award_due_rule_id_person_id_occurrence"),
        ),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_award_due_transfer_id")),
    )
    op.create_index(
        "ix_award_due_waiting",
        "award_due",
        ["rule_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("award_due")
    op.drop_table("award_rule")
    op.drop_table("fairness_case_answer")
    op.drop_table("fairness_case_hold")
    op.drop_table("fairness_case_item")
    op.drop_table("fairness_case")
    op.drop_table("team_goal")
    op.drop_table("value_total")
    op.drop_table("team_total")
    op.drop_table("group_total")
    op.drop_table("off_boards")
    op.execute("DELETE FROM coin_rule WHERE name IN ('ring', 'favour', 'ring_hold')")
    _know_numbers(NUMBERS)
