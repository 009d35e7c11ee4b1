"""`coins verify` finds each kind of fault, and the commands speak in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from portal.coins.models import Account, AccountKind, Entry

LITE_OFF = [
    f"DROP TRIGGER {table}_no_{verb}"
    for table in ("entry", "transfer")
    for verb in ("update", "delete", "replace")
]
POSTGRES_OFF = [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in ("entry", "transfer")]


@pytest.fixture
def unlocked(db: Any, database_kind: str, fund: Any, give: Any) -> None:
    """A good ledger, its triggers taken away as only the owner of the database can."""
    fund()
    give(5, key="a")
    give(3, key="b")
    with db() as session:
        for statement in LITE_OFF if database_kind == "sqlite" else POSTGRES_OFF:
            session.execute(text(statement))


@pytest.fixture
def run(app: Any) -> Any:
    runner = app.test_cli_runner()
    return lambda *args: runner.invoke(args=["coins", *args])


def test_all_is_well(run: Any, fund: Any, give: Any) -> None:
    fund()
    give()
    answer = run("verify")
    assert answer.exit_code == 0
    assert "4" in answer.output


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("UPDATE entry SET amount = 6 WHERE id = 4", "分录 4"),
        ("UPDATE entry SET balance_after = 9 WHERE id = 6", "分录 6"),
        ("DELETE FROM entry WHERE id = 6", "第 3 笔"),
        ("UPDATE transfer SET memo = 'another story' WHERE id = 3", "校验码"),
        ("UPDATE transfer SET happened_on = '2020-01-01' WHERE id = 2", "校验码"),
        ("UPDATE transfer SET by_id = NULL WHERE id = 2", "校验码"),
        ("UPDATE entry SET hash = 'a' || substr(hash, 1, 63) WHERE id = 3", "分录 3"),
        ("UPDATE entry SET seq = seq + 5 WHERE id = 6", "分录 6"),
        ("UPDATE account SET head = 'a' || substr(head, 1, 63) WHERE kind = 'budget'", "账户"),
        ("UPDATE account SET balance = balance + 1 WHERE kind = 'wallet'", "余额是 9"),
        ("UPDATE account SET balance = balance + 1 WHERE kind = 'issue'", "相加不是零"),
        ("UPDATE wallet_month SET received = 99", "各月合计"),
        ("UPDATE account SET currency = 'fen' WHERE kind = 'wallet'", "两种单位"),
    ],
)
def test_each_fault_is_named(run: Any, db: Any, unlocked: None, *, fault: str, told: str) -> None:
    assert run("verify").exit_code == 0
    with db() as session:
        session.execute(text(fault))
    answer = run("verify")
    assert answer.exit_code == 1
    assert told in answer.output


def test_the_first_broken_entry_is_named(db: Any, unlocked: None) -> None:
    from portal.coins import queries

    with db() as session:
        wallet = session.scalar(select(Account.id).where(Account.kind == AccountKind.WALLET))
        first = session.scalar(select(Entry.id).where(Entry.account_id == wallet).limit(1))
        session.execute(text("UPDATE entry SET amount = amount + 1 WHERE amount > 0 AND id > 2"))
    with db(read_only=True):
        assert queries.verify()[0].entry_id == first


def test_statement(run: Any, cast: Any, fund: Any, give: Any) -> None:
    fund()
    give(5)
    answer = run("statement", cast.agent.staff_no)
    assert answer.exit_code == 0
    assert "0 → 5" in answer.output
    assert cast.leader.name in answer.output
    assert run("statement", cast.colleague.staff_no).exit_code == 0
    nobody = run("statement", "nobody")
    assert nobody.exit_code == 1
    assert "nobody" in nobody.output


def test_fund_and_rate(run: Any, fund: Any) -> None:
    answer = run("fund", "--unit", "太原一班", "--amount", "12")
    assert answer.exit_code == 0
    assert "12" in answer.output
    for wrong in (
        ("--unit", "没有这个班", "--amount", "5"),
        ("--unit", "太原一班", "--amount", "0"),
    ):
        refused = run("fund", *wrong)
        assert refused.exit_code == 1
        assert refused.output.strip()
        assert "Traceback" not in refused.output
    assert run("rate", "5").exit_code == 0
    assert run("rate", "5000").exit_code == 1
    assert run("verify").exit_code == 0
