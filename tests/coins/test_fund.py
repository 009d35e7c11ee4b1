"""Budgets: by rule once a month however often the job runs, by hand by HR of the site."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.errors import Refused
from portal.coins import jobs, queries, rules
from portal.coins.models import Account, AccountKind, Transfer
from portal.people.models import Unit
from portal.people.queries import viewer_of_person

MARCH = date(2026, 3, 1)


def left(db: Any) -> dict[str, int]:
    rows = db.rows(
        select(Unit.name, Account.balance)
        .join(Account, Account.owner_id == Unit.id)
        .where(Account.kind == AccountKind.BUDGET, Account.period == "2026-03")
    )
    return {row.name: row.balance for row in rows}


@pytest.fixture
def march(db: Any, at: Any) -> None:
    at("2026-03-01 00:10")
    with db():
        rules.set_rate(None, rate=5, since=MARCH)


def test_heads_times_rate_once(db: Any, at: Any, march: None, is_sound: Any) -> None:
    with db():
        assert jobs.fund_budgets(MARCH) == 3
    # 太原一班: agent, colleague, leader, disabled; 客户服务一部: its manager and 太原二班 (two)
    assert left(db) == {"太原一班": 20, "客户服务一部": 15, "侯马一班": 10}
    for day in (MARCH, date(2026, 3, 2), date(2026, 3, 31)):
        with db():
            assert jobs.fund_budgets(day) == 0
    at("2026-04-01 00:10")
    with db():
        assert jobs.fund_budgets(date(2026, 3, 31)) == 0, "a month that is over"
        assert jobs.fund_budgets(date(2026, 4, 1)) == 3
    assert is_sound()


def test_a_new_leader_gets_a_budget_in_the_month(db: Any, cast: Any, march: None) -> None:
    from portal.people import rules as people
    from portal.people.models import Person, Role

    with db():
        jobs.fund_budgets(MARCH)
    with db() as session:
        unit = session.scalars(select(Unit).where(Unit.name == "太原二班")).one()
        person = session.get_one(Person, cast.station.id)
        people.give_role(None, person, role=Role.LEADER, unit=unit, since=MARCH)
    with db():
        assert jobs.fund_budgets(date(2026, 3, 2)) == 1
    assert left(db)["太原二班"] == 10


def test_without_a_rule_nothing_comes(db: Any) -> None:
    with db():
        assert jobs.fund_budgets(MARCH) == 0
    assert db.scalar(select(func.count()).select_from(Transfer)) == 0


def test_a_new_rate_ends_the_old(db: Any, at: Any, march: None) -> None:
    with db():
        rules.set_rate(None, rate=7, since=date(2026, 4, 1))
        assert queries.rate_on(date(2026, 3, 31)) == 5
        assert queries.rate_on(date(2026, 4, 1)) == 7
    for wrong in (-1, 1001, True, 2.5, "5"):
        with db(), pytest.raises(Refused):
            rules.set_rate(None, rate=wrong, since=date(2026, 4, 1))  # type: ignore[arg-type]
    with db(), pytest.raises(Refused):
        rules.set_rate(None, rate=5, since=date(2026, 2, 1))


def test_by_hand(cast: Any, client_of: Any, db: Any, at: Any) -> None:
    at("2026-03-05 10:00")
    unit = db.scalar(select(Unit.id).where(Unit.name == "太原一班"))
    browser = client_of(cast.hr)
    done = browser.submit(f"/coins/units/{unit}/fund", amount="30", memo="春节值班多")
    assert done.status_code == 303
    assert left(db) == {"太原一班": 30}
    assert "30" in browser.get("/coins/overview").text
    for amount in ("0", "-3", "100001", "二十", ""):
        answer = browser.submit(f"/coins/units/{unit}/fund", amount=amount)
        assert answer.status_code == 422
    assert left(db) == {"太原一班": 30}


def test_doors_of_funding(cast: Any, client_of: Any, db: Any) -> None:
    unit = db.scalar(select(Unit.id).where(Unit.name == "太原一班"))
    site = db.scalar(select(Unit.id).where(Unit.name == "太原"))
    for who in ("agent", "leader", "auditor", "administrator", "hr_other"):
        browser = client_of(getattr(cast, who))
        assert browser.get(f"/coins/units/{unit}/fund").status_code == 403, who
        assert browser.act(f"/coins/units/{unit}/fund", amount=5).status_code == 403, who
    browser = client_of(cast.hr)
    assert browser.get("/coins/units/999999/fund").status_code == 404
    assert browser.get(f"/coins/units/{site}/fund").status_code == 404
    assert browser.get("/coins/units/9223372036854775808/fund").status_code == 404
    assert browser.get("/coins/numbers/rate").status_code == 403, "HR of one site"


def test_the_funded_month_can_be_given(cast: Any, db: Any, at: Any, march: None) -> None:
    with db():
        jobs.fund_budgets(MARCH)
    at("2026-03-01 06:00")
    with db():
        viewer = viewer_of_person(cast.leader.id)
        assert viewer is not None
        rules.award(
            viewer, people=[cast.agent.id], amount=20, reason="她陪着新人熬过了第一个夜班。",
            value="care", key="k",
        )  # fmt: skip
    assert left(db)["太原一班"] == 0
