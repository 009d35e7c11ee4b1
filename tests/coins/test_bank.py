"""B1: a bank under load. Workers award, spend and reverse, a fifth of it twice; one is killed with
-9 and another takes over; somebody adds up all accounts all the while."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.coins import rules
from portal.coins.models import Account, AccountKind, Transfer
from portal.coins.rules.budgets import hashed_key
from tests.coins import worker

WORKERS = 3


def lines_of(log: Path) -> list[list[Any]]:
    """What a worker noted; a line cut short by the kill is none."""
    found = []
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def unanswered(log: Path) -> list[tuple[str, Any]]:
    sent = {line[1]: line[2] for line in lines_of(log) if line[0] == "sent"}
    answered = {line[1] for line in lines_of(log) if line[0] != "sent"}
    return [(key, deed) for key, deed in sent.items() if key not in answered]


class Bank:
    """The workers of one run."""

    def __init__(self, app: Any, plan: dict[str, Any], folder: Path, seed: int) -> None:
        settings = app.config["SUNHOME"]
        self.where = (settings.database_url, str(settings.instance))
        self.plan, self.folder, self.rng = plan, folder, random.Random(seed)
        self.workers: list[Any] = []

    def hire(self, name: str, seconds: float, left_over: Any = ()) -> None:
        plan = {
            **self.plan, "name": name, "seconds": seconds, "unanswered": list(left_over),
            "seed": self.rng.random(),
        }  # fmt: skip
        process = worker.context.Process(
            target=worker.work_at_the_bank, args=(self.where, plan, str(self.log(name)))
        )
        process.start()
        self.workers.append(process)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def run_bank(app: Any, db: Any, plan: dict[str, Any], folder: Path, *, seconds: float) -> Bank:
    seed = int(os.environ.get("BANK_SEED") or time.time_ns() % 10**9)
    print(f"BANK_SEED={seed}")  # noqa: T201 (replays the run)
    bank = Bank(app, plan, folder, seed)
    for number in range(WORKERS):
        bank.hire(f"w{number}", seconds)
    is_killed = False
    while any(process.is_alive() for process in bank.workers):
        assert db.scalar(select(func.coalesce(func.sum(Account.balance), 0))) == 0
        if not is_killed and len(lines_of(bank.log("w0"))) > 10:
            time.sleep(bank.rng.random() * 0.2)
            victim = bank.workers[0]
            os.kill(victim.pid, signal.SIGKILL)
            victim.join(10)
            is_killed = True
            bank.hire("heir", seconds / 2, unanswered(bank.log("w0")))
        time.sleep(0.02)
    codes = [process.exitcode for process in bank.workers]
    assert codes == [-signal.SIGKILL, *[0] * WORKERS]
    return bank


def judge(db: Any, bank: Bank, leader_id: int) -> Counter[str]:
    logs = [lines_of(bank.log(name)) for name in ("w0", "heir", *map("w{}".format, (1, 2)))]
    every = [line for lines in logs for line in lines]
    errors = [line for line in every if line[0] == "error"]
    assert not errors, errors[:3]
    posted = {row.key: row.id for row in db.rows(select(Transfer.key, Transfer.id))}

    def key_of(key: str) -> str:
        awarded = f"award:{hashed_key(leader_id, key)}"
        return awarded if awarded in posted else key

    for line in every:
        if line[0] == "done" and line[2] != "0":
            assert posted[key_of(line[1])] == int(line[2]), "acknowledged, but not (so) there"
    answers = {(line[0], key_of(line[1])) for line in every}
    only_refused = {
        key for kind, key in answers if kind == "refused" and ("done", key) not in answers
    }
    assert not only_refused & set(posted), "refused, but there"
    sent = {key_of(line[1]) for line in every if line[0] == "sent"}
    assert {key for key in posted if key not in sent} == {"fund"}, "posted, but never sent"
    twice = db.rows(
        select(Transfer.reverses_id)
        .where(Transfer.reverses_id.is_not(None))
        .group_by(Transfer.reverses_id)
        .having(func.count() > 1)
    )
    assert not twice
    return Counter(line[0] for line in every)


@pytest.fixture
def plan(cast: Any, db: Any) -> dict[str, Any]:
    from portal.coins.models import Reason
    from portal.coins.queries import quota_month
    from portal.people.queries import viewer_of_person

    people = [cast.agent.id, cast.colleague.id, cast.disabled.id]
    with db():
        viewer = viewer_of_person(cast.leader.id)
        assert viewer is not None
        unit = next(grant.unit_id for grant in viewer.grants if grant.role == "leader")
        assert unit is not None
        source = rules.account(AccountKind.ISSUE).id
        budget = rules.account(AccountKind.BUDGET, unit, period=quota_month()).id
        wallets = rules.accounts_of(AccountKind.WALLET, people)
        rules.transfer(
            key="fund", reason=Reason.FUND, legs=[(source, -900), (budget, 900)], by_id=None
        )
        return {
            "leader": cast.leader.id, "people": people, "wallets": list(wallets.values()),
            "drive": rules.account(AccountKind.DRIVE, 1).id,
        }  # fmt: skip


@pytest.mark.parametrize(
    "seconds", [2.0, pytest.param(90.0, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_the_bank(
    app: Any, db: Any, cast: Any, tmp_path: Path, is_sound: Any, *,
    plan: dict[str, Any], seconds: float,
) -> None:  # fmt: skip
    bank = run_bank(app, db, plan, tmp_path, seconds=seconds)
    counted = judge(db, bank, cast.leader.id)
    assert counted["done"] > 50
    assert is_sound()
