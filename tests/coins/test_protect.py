"""B9: posted rows cannot be changed or taken away, by the ORM or by SQL, on either database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.coins.models import Account, Entry, Transfer


@pytest.fixture
def posted(fund: Any, give: Any) -> None:
    fund()
    give()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET amount = 1000",
        "UPDATE entry SET balance_after = 0 WHERE id = 1",
        "DELETE FROM entry",
        "DELETE FROM entry WHERE id = 1",
        "UPDATE transfer SET memo = 'x'",
        "UPDATE transfer SET happened_on = '2020-01-01'",
        "DELETE FROM transfer",
    ],
)
def test_by_sql(db: Any, posted: None, statement: str) -> None:
    before = db.rows(select(Entry.__table__)), db.rows(select(Transfer.__table__))
    with pytest.raises(DBAPIError, match="never changed"), db() as session:
        session.execute(text(statement))
    assert (db.rows(select(Entry.__table__)), db.rows(select(Transfer.__table__))) == before


def test_not_even_by_replacing(db: Any, database_kind: str, posted: None) -> None:
    statements = {
        "sqlite": (
            "INSERT OR REPLACE INTO entry SELECT * FROM entry",
            "REPLACE INTO transfer SELECT * FROM transfer",
            "INSERT OR REPLACE INTO entry"
            " (transfer_id, account_id, seq, amount, balance_after, hash)"
            " SELECT transfer_id, account_id, seq, 5, 5, hash FROM entry LIMIT 1",
        ),
        "postgres": (
            "TRUNCATE entry",
            "TRUNCATE transfer CASCADE",
            "INSERT INTO entry (id, transfer_id, account_id, seq, amount, balance_after, hash)"
            " SELECT id, transfer_id, account_id, seq, 5, 5, hash FROM entry"
            " ON CONFLICT (id) DO UPDATE SET amount = 5",
        ),
    }
    for statement in statements[database_kind]:
        with pytest.raises(DBAPIError, match="never changed"), db() as session:
            session.execute(text(statement))


@pytest.mark.parametrize("model", [Entry, Transfer])
def test_by_the_orm(db: Any, posted: None, model: Any) -> None:
    def change(session: Any) -> None:
        row = session.scalars(select(model)).first()
        if model is Entry:
            row.amount += 7
        else:
            row.memo = "another story"
        session.flush()

    def remove(session: Any) -> None:
        session.delete(session.scalars(select(model)).first())
        session.flush()

    for deed in (change, remove):
        with pytest.raises(DBAPIError, match="never changed"), db() as session:
            deed(session)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET balance = -1 WHERE kind = 'wallet'",
        "INSERT INTO entry (transfer_id, account_id, seq, amount, balance_after, hash)"
        " SELECT 1, 1, 99, 0, 0, hash FROM entry LIMIT 1",
        "INSERT INTO account (kind, currency, owner_id, period, balance)"
        " VALUES ('purse', 'coin', 1, '', 0)",
        "INSERT INTO account (kind, currency, owner_id, period, balance)"
        " VALUES ('wallet', 'gold', 1, '', 0)",
    ],
)
def test_what_must_never_be_true(db: Any, posted: None, statement: str) -> None:
    assert db.scalar(select(Account.id).where(Account.kind == "wallet"))
    with pytest.raises(DBAPIError), db() as session:
        session.execute(text(statement))
