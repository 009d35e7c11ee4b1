"""Coins that can be checked: chained entries, digests, holds, sliced budgets, numbers with dates.

Every entry there is gets its place and its hash; the rate of budgets becomes one of several
numbers.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TOLD = "posted rows are never changed: reverse them"
REASONS = (
    "'fund', 'award', 'thank', 'withdraw', 'reversal', 'gift_to_drive', 'cash_received',"
    " 'greeting', 'suggestion_reward', 'order', 'refund', 'expire', 'opening'"
)
TAKEN_BEFORE = {
    "transfer": "id = NEW.id OR key = NEW.key OR reverses_id = NEW.reverses_id",
    "entry": "id = NEW.id OR (transfer_id, account_id) = (NEW.transfer_id, NEW.account_id)",
}
TAKEN = {
    "transfer": TAKEN_BEFORE["transfer"],
    "entry": TAKEN_BEFORE["entry"] + " OR (account_id, seq) = (NEW.account_id, NEW.seq)",
    "digest": "id = NEW.id OR day = NEW.day",
    "digest_leaf": "(digest_id, place) = (NEW.digest_id, NEW.place)",
}
CHUNK = 5000
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _is_sqlite() -> bool:
    return bool(op.get_context().dialect.name == "sqlite")


def _protect(table: str, taken: str) -> None:
    if _is_sqlite():
        for name, when in (
            ("no_update", f"UPDATE ON {table}"),
            ("no_delete", f"DELETE ON {table}"),
            ("no_replace", f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"),  # noqa: S608
        ):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {when}"
                f" BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
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


def _unprotect(*tables: str) -> None:
    names = (
        ("no_update", "no_delete", "no_replace") if _is_sqlite() else ("no_change", "no_truncate")
    )
    for table in tables:
        for name in names:
            on = "" if _is_sqlite() else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{on}")


# ---- the chains, as they were worked out when this was written ---------------------------------


def _digest(*fields: object) -> str:
    return sha256("".join(f"{field}\n" for field in fields).encode()).hexdigest()


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _instant(value: Any) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _link_entries() -> None:
    """Page by page, so that a ledger of any size fits into the memory."""
    connection = op.get_bind()
    page = sa.text(
        "SELECT entry.id, account_id, transfer_id, amount, balance_after, reason, happened_on,"
        " entered_at, key, content_hash, memo, by_id, currency, reverses_id"
        " FROM entry JOIN transfer ON transfer.id = entry.transfer_id"
        " WHERE (account_id, entry.id) > (:account_id, :id) ORDER BY account_id, entry.id"
        " LIMIT :chunk"
    )
    entry = sa.text("UPDATE entry SET seq = :seq, hash = :hash WHERE id = :id")
    head = sa.text("UPDATE account SET entries = :seq, head = :hash WHERE id = :account_id")
    last, seq, before = {"account_id": 0, "id": 0}, 0, ""
    while rows := connection.execute(page, last | {"chunk": CHUNK}).all():
        links: list[dict[str, Any]] = []
        heads: dict[int, dict[str, Any]] = {}
        for row in rows:
            if row.account_id != last["account_id"]:
                seq, before = 0, "0" * 64
            last, seq = {"account_id": row.account_id, "id": row.id}, seq + 1
            before = _hash(row, seq, before)
            links.append({"id": row.id, "seq": seq, "hash": before})
            heads[row.account_id] = {"account_id": row.account_id, "seq": seq, "hash": before}
        connection.execute(entry, links)
        connection.execute(head, list(heads.values()))


def _hash(row: Any, seq: int, before: str) -> str:
    seal = _digest(
        row.key, row.content_hash, row.memo, row.by_id or "", row.currency, row.reverses_id or ""
    )
    return _digest(
        before, row.account_id, seq, row.transfer_id, row.amount, row.balance_after, row.reason,
        _day(row.happened_on), _instant(row.entered_at), seal,
    )  # fmt: skip


def _begin_lots() -> None:
    """A wallet's lot of a month: what came in, net of what was taken back."""
    month = (
        "strftime('%Y-%m', transfer.happened_on)"
        if _is_sqlite()
        else "to_char(transfer.happened_on, 'YYYY-MM')"
    )
    came_in = f"""
        SELECT sum(entry.amount) FROM entry JOIN transfer ON transfer.id = entry.transfer_id
        LEFT JOIN transfer AS original ON original.id = transfer.reverses_id
        WHERE entry.account_id = wallet_month.account_id
        AND coalesce(original.reason, transfer.reason) <> 'refund'
        AND (entry.amount > 0) = (transfer.reverses_id IS NULL)
        AND {month} = wallet_month.month"""  # noqa: S608
    op.execute(f"UPDATE wallet_month SET lot = coalesce(({came_in}), 0)")  # noqa: S608


# ---- there and back -------------------------------------------------------------------------


def upgrade() -> None:
    _unprotect("transfer", "entry")
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("slice", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("entries", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("head", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint("uq_account_place", type_="unique")
        table.create_unique_constraint(
            "uq_account_place", ["kind", "owner_id", "period", "currency", "slice"]
        )
        table.create_check_constraint(op.f("ck_account_slice_in_bounds"), "slice BETWEEN 0 AND 63")
    with op.batch_alter_table("transfer") as table:
        table.drop_constraint(op.f("ck_transfer_reason_known"), type_="check")
        table.create_check_constraint(
            op.f("ck_transfer_reason_known"), f"reason IN ({REASONS}, 'hold', 'release', 'rule')"
        )
    with op.batch_alter_table("entry") as table:
        table.add_column(sa.Column("seq", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("hash", sa.String(64), nullable=True))
    op.add_column(
        "wallet_month", sa.Column("lot", sa.BigInteger(), nullable=False, server_default="0")
    )
    _unprotect("transfer", "entry")
    _link_entries()
    _begin_lots()
    with op.batch_alter_table("account") as table:
        table.create_check_constraint(
            op.f("ck_account_head_of_entries"), "entries >= 0 AND (entries = 0) = (head = '')"
        )
    with op.batch_alter_table("entry") as table:
        table.alter_column("seq", existing_type=sa.BigInteger(), nullable=False)
        table.alter_column("hash", existing_type=sa.String(64), nullable=False)
        table.drop_index("ix_entry_account")
        table.create_unique_constraint("uq_entry_place", ["account_id", "seq"])
        table.create_check_constraint(op.f("ck_entry_seq_positive"), "seq > 0")
        table.create_check_constraint(op.f("ck_entry_hash_length"), "length(hash) = 64")
    _make_numbers()
    _make_digests()
    _make_holds()
    for name, taken in TAKEN.items():
        _protect(name, taken)


def _make_numbers() -> None:
    op.create_table(
        "coin_rule",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("set_by_id", Id, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "name IN ('rate', 'allowance', 'expiry', 'review', 'most_received', 'most_of_pair')",
            name=op.f("ck_coin_rule_name_known"),
        ),
        sa.CheckConstraint(
            "number BETWEEN 0 AND 1000000", name=op.f("ck_coin_rule_number_in_bounds")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_coin_rule_valid_forward")
        ),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f("fk_coin_rule_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coin_rule")),
    )
    op.create_index("ix_coin_rule_from", "coin_rule", ["name", "valid_from"])
    op.execute(
        "INSERT INTO coin_rule (name, number, valid_from, valid_to, set_by_id, created_at)"
        " SELECT 'rate', rate, valid_from, valid_to, set_by_id, created_at FROM budget_rule"
        " ORDER BY id"
    )
    op.drop_table("budget_rule")


def _make_digests() -> None:
    op.create_table(
        "digest",
        sa.Column("id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("through_id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("leaves >= 0", name=op.f("ck_digest_leaves_not_negative")),
        sa.CheckConstraint("length(root) = 64", name=op.f("ck_digest_root_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("day", name=op.f("uq_digest_day")),
    )
    op.create_table(
        "digest_leaf",
        sa.Column("digest_id", Id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_digest_leaf_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name=op.f("fk_digest_leaf_digest_id")
        ),
        sa.PrimaryKeyConstraint("digest_id", "place", name=op.f("pk_digest_leaf")),
    )
    op.create_index("ix_digest_leaf_account", "digest_leaf", ["account_id", "digest_id"])


def _make_holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", Id, nullable=False),
        sa.Column("transfer_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("held_id", Id, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by_id", Id, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'posted', 'voided', 'lapsed')", name=op.f("ck_hold_state_known")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_hold_amount_positive")),
        sa.CheckConstraint("posted BETWEEN 0 AND amount", name=op.f("ck_hold_posted_within")),
        sa.CheckConstraint(
            "(state = 'posted') = (posted > 0)", name=op.f("ck_hold_posted_when_posted")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (ended_by_id IS NULL)", name=op.f("ck_hold_ended_by_a_transfer")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_hold_account_id")),
        sa.ForeignKeyConstraint(["held_id"], ["account.id"], name=op.f("fk_hold_held_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_hold_transfer_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["transfer.id"], name=op.f("fk_hold_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_hold_transfer_id")),
        sa.UniqueConstraint("ended_by_id", name=op.f("uq_hold_ended_by_id")),
    )
    op.create_index(
        "ix_hold_lapses",
        "hold",
        ["lapses_at"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    """Slices become budgets of their own; holds and rules get the nearest of the older reasons."""
    _unprotect(*TAKEN)
    op.execute("UPDATE account SET period = period || '/' || slice WHERE slice > 0")
    for new, old in (("hold", "order"), ("release", "refund"), ("rule", "greeting")):
        op.execute(f"UPDATE transfer SET reason = '{old}' WHERE reason = '{new}'")  # noqa: S608
    op.drop_table("hold")
    op.drop_table("digest_leaf")
    op.drop_table("digest")
    op.create_table(
        "budget_rule",
        sa.Column("id", Id, nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("set_by_id", Id, nullable=True),
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
    op.create_index("ix_budget_rule_from", "budget_rule", ["valid_from"])
    op.execute(
        "INSERT INTO budget_rule (rate, valid_from, valid_to, set_by_id, created_at)"
        " SELECT number, valid_from, valid_to, set_by_id, created_at FROM coin_rule"
        " WHERE name = 'rate' ORDER BY id"
    )
    op.drop_table("coin_rule")
    op.drop_column("wallet_month", "lot")
    with op.batch_alter_table("entry") as table:
        table.drop_constraint("uq_entry_place", type_="unique")
        table.drop_constraint(op.f("ck_entry_seq_positive"), type_="check")
        table.drop_constraint(op.f("ck_entry_hash_length"), type_="check")
        table.drop_column("seq")
        table.drop_column("hash")
        table.create_index("ix_entry_account", ["account_id", "id"])
    with op.batch_alter_table("transfer") as table:
        table.drop_constraint(op.f("ck_transfer_reason_known"), type_="check")
        table.create_check_constraint(op.f("ck_transfer_reason_known"), f"reason IN ({REASONS})")
    with op.batch_alter_table("account") as table:
        table.drop_constraint(op.f("ck_account_slice_in_bounds"), type_="check")
        table.drop_constraint(op.f("ck_account_head_of_entries"), type_="check")
        table.drop_constraint("uq_account_place", type_="unique")
        table.create_unique_constraint(
            "uq_account_place", ["kind", "owner_id", "period", "currency"]
        )
        for name in ("slice", "entries", "head", "frozen_at"):
            table.drop_column(name)
    for name, taken in TAKEN_BEFORE.items():
        _protect(name, taken)
