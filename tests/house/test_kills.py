"""B6: pages that move coins or money, killed at each step and sent again: done exactly once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.db import db as database
from portal.base.db import session
from portal.coins import queries, rules
from portal.coins.models import Account, Transfer
from portal.drives import rules as drives
from portal.rewards.models import Order, Reward
from tests.client import form_of
from tests.drives.making import new_drive
from tests.jobs.crash import run_and_kill
from tests.rewards.making import as_viewer, coins_for, new_item, new_order

REASON = "客户反复问了四遍账单，她一遍一遍讲，没有一点不耐烦。"
SOME = 7
number = count(1)


@dataclass(frozen=True)
class Deed:
    """A form at `url`, filled in as `typed` by `member`. It moves coins once."""

    member: Any
    url: str
    typed: dict[str, Any]


def _viewer_with_budget(cast: Any) -> Any:
    leader = as_viewer(cast.leader)
    [unit_id] = leader.units_as("leader")
    rules.fund(None, unit_id=unit_id, amount=50, key=f"kills:{next(number)}")
    return leader


def award(cast: Any) -> Deed:
    _viewer_with_budget(cast)
    typed = {"people": [cast.agent.id, cast.colleague.id], "amount": "2", "value": "care"}
    reason = f"{REASON}第 {next(number)} 次。"
    return Deed(cast.leader, "/coins/award", typed | {"reason": reason, "act": "confirm"})


def withdraw(cast: Any) -> Deed:
    given = rules.award(
        _viewer_with_budget(cast), people=[cast.agent.id], amount=3, value="care",
        reason=f"{REASON}第 {next(number)} 次。", key=f"kills:{next(number)}",
    )  # fmt: skip
    return Deed(cast.leader, f"/coins/awards/{given.id}/withdraw", {})


def fund(cast: Any) -> Deed:
    [unit_id] = as_viewer(cast.leader).units_as("leader")
    return Deed(cast.hr, f"/coins/units/{unit_id}/fund", {"amount": "30"})


def _drive(cast: Any) -> int:
    committee = as_viewer(cast.committee)
    drive = new_drive(committee)
    drives.open_drive(committee, drive)
    return drive.id


def give_coins(cast: Any) -> Deed:
    coins_for(cast.agent, 20 + next(number))
    return Deed(cast.agent, f"/drives/{_drive(cast)}/give", {"chosen": "5"})


def record_cash(cast: Any) -> Deed:
    typed = {
        "amount_fen": "200",
        "giver": cast.agent.staff_no,
        "counted_by": cast.station.staff_no,
        "shown": "public",
    }
    return Deed(cast.committee, f"/drives/{_drive(cast)}/cash", typed)


def order(cast: Any) -> Deed:
    coins_for(cast.agent, 30 + next(number))
    return Deed(cast.agent, f"/rewards/{new_item(cast.hr).id}/order", {})


def _waiting(cast: Any) -> Order:
    coins_for(cast.agent, 30 + next(number))
    return new_order(cast.agent, session().get_one(Reward, new_item(cast.hr).id))


def cancel(cast: Any) -> Deed:
    return Deed(cast.agent, f"/rewards/orders/{_waiting(cast).id}/cancel", {})


def hand_over(cast: Any) -> Deed:
    return Deed(cast.station, f"/rewards/desk/{_waiting(cast).code}", {})


DEEDS = (award, withdraw, fund, give_coins, record_cash, order, cancel, hand_over)


def sweep(house: Any, deed_of: Callable[[Any], Deed], steps: Any) -> int:
    """Kill at each of the steps; answers the first that came after the end."""
    app, db, cast, client_of = house
    for step in steps:
        with db():
            deed = deed_of(cast)
        browser = client_of(deed.member)
        path, fields = form_of(browser.get(deed.url), deed.url)
        sent = fields | deed.typed
        before = db.scalar(select(func.count()).select_from(Transfer))
        with app.app_context():
            engine = database.engine
        lived = run_and_kill(app, engine, step, lambda: browser.post(path, data=sent))  # noqa: B023
        again = browser.post(path, data=sent)
        assert again.status_code == 303, f"killed at {step}: {again.status_code}"
        after = db.scalar(select(func.count()).select_from(Transfer))
        assert after == before + 1, f"killed at {step}: done {after - before} times"
        assert db.scalar(select(func.sum(Account.balance))) == 0
        if lived:
            return int(step)
    return 0


@pytest.fixture
def house(app: Any, db: Any, cast: Any, client_of: Any) -> Any:
    return app, db, cast, client_of


@pytest.mark.parametrize("deed_of", DEEDS, ids=lambda deed_of: deed_of.__name__)
def test_killed_at_some_steps(house: Any, chance: Any, db: Any, deed_of: Any) -> None:
    last = sweep(house, deed_of, [500])
    assert last == 500, "it has fewer steps"
    sweep(house, deed_of, sorted(chance.sample(range(5, 45), SOME)))
    with db(read_only=True):
        assert queries.verify() == []


@pytest.mark.long
@pytest.mark.parametrize("deed_of", DEEDS, ids=lambda deed_of: deed_of.__name__)
def test_killed_at_every_step(house: Any, db: Any, deed_of: Any) -> None:
    assert sweep(house, deed_of, range(1, 200)) > 10
    with db(read_only=True):
        assert queries.verify() == []
