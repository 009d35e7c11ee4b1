"""Accounts are frozen, thawed and closed by a decision with its reason, which is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.base import clock
from portal.base.errors import Refused
from portal.coins import rules
from portal.coins.models import Account, AccountAct, AccountKind, Reason

WHY = "本人反映有一笔不是自己领的"


@pytest.fixture
def run(app: Any) -> Any:
    runner = app.test_cli_runner()
    return lambda *args: runner.invoke(args=["coins", *args])


@pytest.fixture
def wallet(db: Any, cast: Any, fund: Any, give: Any) -> int:
    fund()
    give(5)
    with db():
        return rules.account(AccountKind.WALLET, cast.agent.id).id


def move(db: Any, wallet: int, amount: int, key: str) -> None:
    with db():
        other = rules.account(AccountKind.STORE).id
        legs = ((wallet, amount), (other, -amount))
        rules.transfer(key=key, reason=Reason.ORDER, legs=legs, by_id=None)


def test_frozen_nothing_goes_out_and_all_comes_in(
    db: Any, cast: Any, give: Any, wallet: int, is_sound: Any
) -> None:
    with db():
        rules.freeze(wallet, why=WHY, by_id=cast.auditor.id)
    with pytest.raises(Refused, match="正在核查"):
        move(db, wallet, -1, "spend")
    with pytest.raises(Refused, match="正在核查"), db():
        rules.hold(
            key="h", account_id=wallet, amount=1, by_id=None,
            lapses_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
    award = give(3, key="more")
    with db() as session:
        from portal.coins.models import Award
        from tests.drives.making import as_viewer

        rules.withdraw(as_viewer(cast.leader), session.get_one(Award, award))
    with db():
        rules.thaw(wallet, why="查清楚了，是本人领的", by_id=cast.auditor.id)
    move(db, wallet, -1, "spend")
    acts = db.rows(select(AccountAct.deed, AccountAct.why, AccountAct.by_id).order_by("id"))
    assert [tuple(act) for act in acts] == [
        ("freeze", WHY, cast.auditor.id),
        ("thaw", "查清楚了，是本人领的", cast.auditor.id),
    ]
    assert is_sound()


def test_closed_only_at_zero_and_for_good(db: Any, wallet: int, is_sound: Any) -> None:
    with pytest.raises(Refused, match="还有 5"), db():
        rules.close(wallet, why=WHY, by_id=None)
    move(db, wallet, -5, "spend")
    with db():
        rules.close(wallet, why=WHY, by_id=None)
    with pytest.raises(Refused, match="已经关闭"):
        move(db, wallet, -1, "again")
    for verb in (rules.freeze, rules.thaw, rules.close):
        with pytest.raises(Refused, match="已经关闭"), db():
            verb(wallet, why=WHY, by_id=None)
    assert is_sound()


def test_not_while_something_waits(db: Any, wallet: int) -> None:
    with db():
        rules.hold(
            key="h", account_id=wallet, amount=5, by_id=None,
            lapses_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
    with pytest.raises(Refused, match="暂存"), db():
        rules.close(wallet, why=WHY, by_id=None)


def test_refusals(db: Any, wallet: int) -> None:
    with pytest.raises(Refused, match="没有冻结"), db():
        rules.thaw(wallet, why=WHY, by_id=None)
    for why in ("", "   x ", "长" * 301):
        with pytest.raises(Refused, match="原因"), db():
            rules.freeze(wallet, why=why, by_id=None)
    with db():
        rules.freeze(wallet, why=WHY, by_id=None)
    with pytest.raises(Refused, match="已经冻结"), db():
        rules.freeze(wallet, why=WHY, by_id=None)
    with pytest.raises(Refused, match="没有这个账户"), db():
        rules.freeze(999_999, why=WHY, by_id=None)
    assert db.scalar(select(Account.frozen_at).where(Account.id == wallet)) is not None


def test_the_second_wall(db: Any, wallet: int) -> None:
    with pytest.raises(IntegrityError), db() as session:
        session.execute(
            text("UPDATE account SET closed_at = '2026-01-01' WHERE id = :id"), {"id": wallet}
        )
    with db():
        rules.freeze(wallet, why=WHY, by_id=None)
    for statement in ("UPDATE account_act SET why = 'another'", "DELETE FROM account_act"):
        with pytest.raises(DBAPIError), db() as session:
            session.execute(text(statement))


def test_its_owner_is_told_calmly(cast: Any, client_of: Any, db: Any, wallet: int) -> None:
    browser = client_of(cast.agent)
    assert "只进不出" not in browser.get("/coins/").text
    with db():
        rules.freeze(wallet, why=WHY, by_id=None)
    page = browser.get("/coins/").text
    assert "只进不出" in page
    assert WHY not in page


def test_commands(run: Any, cast: Any, db: Any, wallet: int) -> None:
    staff_no = cast.agent.staff_no
    assert "冻结" in run("freeze", staff_no, "--why", WHY).output
    assert run("freeze", staff_no, "--why", WHY).exit_code == 1
    assert "正常" in run("thaw", "--account", str(wallet), "--why", WHY).output
    refused = run("close", staff_no, "--why", WHY)
    assert refused.exit_code == 1
    assert "还有 5" in refused.output
    for wrong in (
        ("freeze", "--why", WHY),
        ("freeze", "nobody", "--why", WHY),
        ("close", staff_no),
    ):
        assert run(*wrong).exit_code != 0
    move(db, wallet, -5, "spend")
    assert "关闭" in run("close", staff_no, "--why", WHY).output


def test_the_balances_of_a_year(  # noqa: PLR0917
    cast: Any, client_of: Any, db: Any, at: Any, fund: Any, give: Any
) -> None:
    from portal.coins import queries

    at("2026-01-10 12:00")
    fund()
    give(5, key="a")
    at("2026-03-10 12:00")
    with db():
        purse = rules.account(AccountKind.WALLET, cast.agent.id).id
    move(db, purse, -2, "spend")
    with db(read_only=True):
        wallet = queries.wallet_with_months(cast.agent.id)
        months = queries.months_until(clock.today())
        assert queries.balances_by_month(wallet, months) == [0] * 9 + [5, 5, 3]
    assert "一年里的余额" in client_of(cast.agent).get("/coins/").text
