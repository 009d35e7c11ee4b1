"""Processes of their own that move coins, for the tests of what happens at once.

They are started by a fork server that has the portal loaded, so that each costs little.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from portal import create_app
from portal.base.db import attempt, session, transaction
from portal.base.errors import Refused
from portal.base.settings import Settings
from portal.coins import rules
from portal.coins.models import AwardRequest, Reason, Transfer
from portal.people.queries import viewer_of_person

REASON = "来电高峰时她一直耐心地解释，还帮了新来的同事。"
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.coins.worker"])


def open_portal(where: tuple[str, str]) -> Flask:
    """The portal on the database of a test: (address, instance folder)."""
    url, instance = where
    return create_app(Settings(instance=Path(instance), database_url=url))


THREADS = 5


def at_once(target: Callable[..., Any], rows: list[tuple[Any, ...]]) -> list[Any]:
    """Run `target(barrier, where, *row)` for each row, all let go at one moment.

    Five threads a process, as a web server has them; the answers come in any order.
    """
    barrier, answers = context.Barrier(len(rows)), context.Queue()
    processes = [
        context.Process(target=_run, args=(target, barrier, answers, rows[at : at + THREADS]))
        for at in range(0, len(rows), THREADS)
    ]
    for process in processes:
        process.start()
    found = [answers.get(timeout=120) for _row in rows]
    for process in processes:
        process.join(30)
    return found


def _run(
    target: Callable[..., Any], barrier: Any, answers: Any, rows: list[tuple[Any, ...]]
) -> None:
    where = rows[0][0]
    app = open_portal(where)

    def call(row: tuple[Any, ...]) -> None:
        try:
            with app.app_context():
                barrier.wait()
                answers.put(target(*row[1:]))
        except Exception as error:  # told to the test, which judges
            answers.put(f"ERROR {type(error).__name__}: {error}")

    threads = [threading.Thread(target=call, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _retried(work: Callable[[], Any]) -> Any:
    """As the dispatcher does it: one transaction, run again where two got in each other's way."""
    return attempt(work, read_only=False, keeps=lambda _answer: True)


def award_one(leader_id: int, agent_id: int, key: str) -> str:
    """Award one coin; answers "given" or the refusal."""

    def give() -> int:
        viewer = viewer_of_person(leader_id)
        assert viewer is not None
        return rules.award(
            viewer, people=[agent_id], amount=1, reason=f"{REASON}（{key}）", value="care", key=key
        ).id

    try:
        _retried(give)
    except Refused as refused:
        return refused.message
    return "given"


def thank_one(giver_id: int, person_id: int, key: str) -> str:
    """Thank with one coin; answers "given" or the refusal."""

    def give() -> int:
        viewer = viewer_of_person(giver_id)
        assert viewer is not None
        return rules.thank(viewer, person_id=person_id, amount=1, reason=REASON, key=key).id

    try:
        _retried(give)
    except Refused as refused:
        return refused.message
    return "given"


def decide_one(person_id: int, request_id: int, deed: str) -> str:
    """Approve, refuse or recall an award that waits; answers "done" or the refusal."""

    def work() -> None:
        viewer, asked = viewer_of_person(person_id), session().get(AwardRequest, request_id)
        assert viewer is not None
        assert asked is not None
        if deed == "approve":
            rules.approve(viewer, asked, version=1)
        elif deed == "refuse":
            rules.refuse(viewer, asked, version=1, answer="请改一改")
        else:
            rules.recall(viewer, asked, version=1)

    try:
        _retried(work)
    except Refused as refused:
        return refused.message
    return "done"


def move_to_and_fro(accounts: tuple[int, int], name: str, times: int) -> str:
    """Move a coin from the first account to the second, `times` times, each in a transaction."""
    first, second = accounts
    for number in range(times):
        with transaction():  # no second try: a deadlock would show
            rules.transfer(
                key=f"{name}:{number}", reason=Reason.THANK, by_id=None,
                legs=[(first, -1), (second, 1)],
            )  # fmt: skip
    return "done"


def same_key(accounts: tuple[int, int]) -> int:
    """Post one certain transfer; answers its number."""

    def move() -> int:
        return rules.transfer(
            key="the-one", reason=Reason.THANK, by_id=None,
            legs=[(accounts[0], -1), (accounts[1], 1)],
        ).id  # fmt: skip

    return int(_retried(move))


# ---- the bank -------------------------------------------------------------------------------

LEAST = 40
"""Deeds of a worker, however slow the machine."""


def work_at_the_bank(where: tuple[str, str], plan: dict[str, Any], log: str) -> None:
    """Award, spend and reverse at random until the time is over, noting each deed before and after.

    A fifth of all deeds is sent twice. A worker that takes over from a killed one first repeats
    what was never answered. The log has lines ["sent"|"done"|"refused"|"error", key, …].
    """
    rng, until = random.Random(plan["seed"]), time.monotonic() + plan["seconds"]
    app = open_portal(where)
    with Path(log).open("a", encoding="utf-8", buffering=1) as file, app.app_context():
        for key, deed in plan["unanswered"]:
            _do(file, key, deed, plan)
        number = 0
        while time.monotonic() < until or number < LEAST:
            number += 1
            key, deed = f"{plan['name']}:{number}", _choose(rng, plan)
            answer = _do(file, key, deed, plan)
            again = _do(file, key, deed, plan) if rng.random() < 0.2 else answer
            if answer.isdigit() and deed[0] != "reverse" and again != answer:
                file.write(json.dumps(["error", key, "the second answer differs"]) + "\n")


def _choose(rng: random.Random, plan: dict[str, Any]) -> list[Any]:
    kind = rng.choices(("award", "spend", "reverse"), (5, 4, 2))[0]
    if kind == "award":
        return [kind, rng.sample(plan["people"], rng.randint(1, 3)), rng.randint(1, 4)]
    if kind == "spend":
        return [kind, rng.choice(plan["wallets"]), rng.randint(1, 9)]
    return [kind, rng.random()]


def _do(file: Any, key: str, deed: list[Any], plan: dict[str, Any]) -> str:
    file.write(json.dumps(["sent", key, deed]) + "\n")
    try:
        answer = str(_retried(lambda: _deed(key, deed, plan)))
        file.write(json.dumps(["done", key, answer]) + "\n")
    except Refused as refused:
        answer = "refused"
        file.write(json.dumps(["refused", key, refused.message]) + "\n")
    except Exception as error:
        answer = "error"
        file.write(json.dumps(["error", key, f"{type(error).__name__}: {error}"]) + "\n")
    return answer


def _deed(key: str, deed: list[Any], plan: dict[str, Any]) -> int:
    if deed[0] == "award":
        viewer = viewer_of_person(plan["leader"])
        assert viewer is not None
        return rules.award(
            viewer, people=deed[1], amount=deed[2], reason=f"{REASON}（{key}）", value="care",
            key=key,
        ).transfer_id  # fmt: skip
    if deed[0] == "spend":
        return rules.transfer(
            key=key, reason=Reason.GIFT_TO_DRIVE, by_id=None,
            legs=[(deed[1], -deed[2]), (plan["drive"], deed[2])],
        ).id  # fmt: skip
    latest = session().scalar(select(func.max(Transfer.id))) or 0
    original = session().get(Transfer, max(1, latest - int(deed[1] * 20)))
    if original is None or original.reason == Reason.FUND:
        return 0
    return rules.reverse(original.id, key=key, reason=Reason.REVERSAL, by_id=None).id
