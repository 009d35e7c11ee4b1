"""Coins that last some months: told 30 and 7 days before, oldest first, and never untold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.coins import jobs, queries, rules
from portal.coins.models import AccountKind, Lapse, Reason, RuleName
from portal.coins.queries import due_month, last_day
from portal.notify.models import Notice

JANUARY = date(2026, 1, 1)


@pytest.fixture
def two_months(db: Any, at: Any) -> None:
    """Coins of January last until the end of March."""
    at("2026-01-10 12:00")
    with db():
        rules.set_number(None, RuleName.EXPIRY, number=2, since=JANUARY)


@pytest.fixture
def get(db: Any, cast: Any) -> Callable[..., None]:
    """Coins come to the agent, counting for a day."""

    def receive(amount: int, day: date) -> None:
        with db():
            source = rules.account(AccountKind.ISSUE).id
            wallet = rules.account(AccountKind.WALLET, cast.agent.id).id
            rules.transfer(
                key=f"got:{day}:{amount}", reason=Reason.RULE,
                legs=[(source, -amount), (wallet, amount)], by_id=None, happened_on=day,
            )  # fmt: skip

    return receive


def spend(db: Any, cast: Any, amount: int, key: str = "spent") -> int:
    with db():
        wallet = rules.account(AccountKind.WALLET, cast.agent.id).id
        store = rules.account(AccountKind.STORE).id
        legs = [(wallet, -amount), (store, amount)]
        return rules.transfer(key=key, reason=Reason.ORDER, legs=legs, by_id=cast.agent.id).id


def give_back(db: Any, transfer_id: int) -> None:
    with db():
        rules.reverse(transfer_id, key=f"back:{transfer_id}", reason=Reason.REFUND, by_id=None)


def run(db: Any, at: Any, day: date) -> tuple[int, int]:
    """What both jobs did on a day: told, and lapsed. Twice: the second time nothing."""
    at(f"{day} 12:00")
    with db():
        jobs.plan_lapses(day)
    with db():
        assert jobs.plan_lapses(day) == 0
    with db.app.app_context():
        told = jobs.tell_lapses(day)
        assert jobs.tell_lapses(day) == 0
        lapsed = jobs.lapse(day)
        assert jobs.lapse(day) == 0
    return told, lapsed


def wallet(db: Any, cast: Any) -> int:
    with db(read_only=True):
        return queries.wallet(cast.agent.id)


def lots_of(db: Any, cast: Any) -> dict[int, int]:
    with db(read_only=True):
        found = queries.wallet_with_months(cast.agent.id)
        assert found.account_id is not None
        return {lot.month.month: lot.left for lot in queries.lots(found.account_id, found.balance)}


@pytest.mark.parametrize("expiry", [1, 2, 12, 24])
def test_the_month_and_its_last_day_agree(expiry: int) -> None:
    for number in range(800):
        day = date(2025, 12, 1) + timedelta(days=number)
        month = date.fromisoformat(due_month(day, expiry) + "-01")
        after = (month + timedelta(days=32)).replace(day=1)
        assert last_day(month, expiry) <= day < last_day(after, expiry)


def test_told_twice_and_gone_at_the_end(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any, client_of: Any, is_sound: Any
) -> None:
    get(10, date(2026, 1, 10))
    get(4, date(2026, 2, 3))
    assert run(db, at, date(2026, 2, 28)) == (0, 0)
    assert run(db, at, date(2026, 3, 1)) == (1, 0)
    text = client_of(cast.agent).get("/coins/").text
    assert "10 枚到 3月31日 为止" in text
    assert "用到 2026-04-30" in text
    assert run(db, at, date(2026, 3, 23)) == (0, 0)
    assert run(db, at, date(2026, 3, 24)) == (1, 0)
    assert run(db, at, date(2026, 3, 31)) == (1, 0), "February's coins: until 30 April"
    at("2026-04-01 05:59")
    with db.app.app_context():
        assert jobs.lapse(date(2026, 4, 1)) == 0, "the last night is not over"
    assert run(db, at, date(2026, 4, 1)) == (0, 1)
    assert wallet(db, cast) == 4
    told = db.rows(select(Notice.key, Notice.params).where(Notice.kind == "coins.lapsing"))
    assert [row.params for row in told] == [
        {"amount": 10, "until": "2026-03-31"},
        {"amount": 10, "until": "2026-03-31"},
        {"amount": 4, "until": "2026-04-30"},
    ]
    assert "到期" in client_of(cast.agent).get("/coins/").text
    assert is_sound()


def test_the_oldest_are_used_first(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any, is_sound: Any
) -> None:
    get(10, date(2026, 1, 10))
    get(4, date(2026, 2, 3))
    assert run(db, at, date(2026, 3, 1)) == (1, 0)
    spend(db, cast, 7)
    assert lots_of(db, cast) == {1: 3, 2: 4}
    assert run(db, at, date(2026, 3, 2)) == (0, 0)
    assert db.rows(select(Lapse.amount)) == [(3,)]
    spend(db, cast, 1, key="later")
    assert run(db, at, date(2026, 4, 1))[1] == 1
    assert (wallet(db, cast), lots_of(db, cast)) == (4, {2: 4})
    assert is_sound()


def test_what_comes_back_late_stays_thirty_days(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any, is_sound: Any
) -> None:
    get(10, date(2026, 1, 10))
    at("2026-03-01 08:00")
    order = spend(db, cast, 10)
    assert run(db, at, date(2026, 3, 2)) == (0, 0)
    assert run(db, at, date(2026, 4, 1)) == (0, 0)
    at("2026-04-10 08:00")
    give_back(db, order)
    assert lots_of(db, cast) == {1: 10}
    assert run(db, at, date(2026, 4, 11)) == (1, 0)
    assert db.rows(select(Lapse.until)) == [(date(2026, 5, 11),)]
    assert run(db, at, date(2026, 5, 11)) == (1, 0), "the last day: reminded, and still there"
    assert wallet(db, cast) == 10
    assert run(db, at, date(2026, 5, 12)) == (0, 1)
    assert wallet(db, cast) == 0
    assert is_sound()


def test_what_comes_back_after_it_was_told_is_told_anew(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any, is_sound: Any
) -> None:
    get(10, date(2026, 1, 10))
    at("2026-02-20 08:00")
    order = spend(db, cast, 6)
    assert run(db, at, date(2026, 3, 1)) == (1, 0)
    at("2026-03-20 08:00")
    give_back(db, order)
    assert run(db, at, date(2026, 3, 20)) == (1, 0)
    assert run(db, at, date(2026, 4, 1)) == (0, 1)
    assert wallet(db, cast) == 6, "told of four"
    assert run(db, at, date(2026, 4, 20)) == (0, 1)
    assert wallet(db, cast) == 0
    assert is_sound()


def test_a_scheduler_that_slept_tells_before_anything_goes(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any
) -> None:
    get(10, date(2026, 1, 10))
    assert run(db, at, date(2026, 4, 15)) == (1, 0)
    assert run(db, at, date(2026, 5, 15))[1] == 0
    assert wallet(db, cast) == 10
    assert run(db, at, date(2026, 5, 20)) == (0, 1)


def test_told_by_day_and_what_is_told_late_lasts_longer(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any
) -> None:
    get(10, date(2026, 1, 10))
    at("2026-03-01 23:00")
    with db():
        assert jobs.plan_lapses(date(2026, 3, 1)) == 1
    with db.app.app_context():
        assert jobs.tell_lapses(date(2026, 3, 1)) == 0, "not at night"
    at("2026-03-03 09:00")
    with db.app.app_context():
        assert jobs.tell_lapses(date(2026, 3, 3)) == 1
    assert db.rows(select(Lapse.told_on, Lapse.until)) == [(date(2026, 3, 3), date(2026, 4, 2))]


def test_nothing_untold_lapses(cast: Any, db: Any, at: Any, *, two_months: None, get: Any) -> None:
    get(10, date(2026, 1, 10))
    at("2026-03-01 12:00")
    with db():
        assert jobs.plan_lapses(date(2026, 3, 1)) == 1
    at("2026-06-01 12:00")
    with db.app.app_context():
        assert jobs.lapse(date(2026, 6, 1)) == 0
    assert wallet(db, cast) == 10


@pytest.mark.parametrize("number", [None, 0])
def test_without_the_number_nothing_lapses(
    cast: Any, db: Any, at: Any, *, get: Any, number: int | None, client_of: Any
) -> None:
    at("2026-01-10 12:00")
    if number is not None:
        with db():
            rules.set_number(None, RuleName.EXPIRY, number=number, since=JANUARY)
    get(10, date(2026, 1, 10))
    for day in (date(2026, 3, 1), date(2026, 4, 1), date(2030, 1, 1)):
        assert run(db, at, day) == (0, 0)
    assert wallet(db, cast) == 10
    assert "用到什么时候" not in client_of(cast.agent).get("/coins/").text
    assert db.rows(select(Notice.id)) == []


def test_switched_off_it_is_called_off(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any, client_of: Any
) -> None:
    get(10, date(2026, 1, 10))
    assert run(db, at, date(2026, 3, 1)) == (1, 0)
    with db():
        rules.set_number(None, RuleName.EXPIRY, number=0, since=date(2026, 4, 1))
    assert run(db, at, date(2026, 4, 1)) == (0, 0)
    assert wallet(db, cast) == 10
    assert "为止" not in client_of(cast.agent).get("/coins/").text
    with db():
        rules.set_number(None, RuleName.EXPIRY, number=2, since=date(2026, 4, 2))
    assert run(db, at, date(2026, 4, 2)) == (1, 0), "told anew"
    assert db.rows(select(Lapse.until).where(Lapse.ended_on.is_(None))) == [(date(2026, 5, 2),)]


def test_a_frozen_wallet_waits(
    cast: Any, db: Any, at: Any, *, two_months: None, get: Any, is_sound: Any
) -> None:
    from portal.base import clock

    get(10, date(2026, 1, 10))
    assert run(db, at, date(2026, 3, 1)) == (1, 0)
    with db():
        rules.account(AccountKind.WALLET, cast.agent.id).frozen_at = clock.now()
    assert run(db, at, date(2026, 4, 1)) == (0, 0)
    with db():
        rules.account(AccountKind.WALLET, cast.agent.id).frozen_at = None
    assert run(db, at, date(2026, 4, 2)) == (0, 1)
    assert wallet(db, cast) == 0
    assert is_sound()
