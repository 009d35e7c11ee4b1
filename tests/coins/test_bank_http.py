"""B1: the bank over HTTP. Customers award, give and withdraw at the portal as `make run` starts it,
a fifth of it twice, and repeat each key until it is answered. Its processes are killed with -9
and started again, while somebody adds up all accounts by a connection of their own."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from portal.base import clock
from portal.base.once import RequestKey
from portal.coins.models import Award, Reason, Transfer
from portal.drives import rules as drives
from portal.drives.models import Gift
from portal.people.rules import make_token
from tests.base.test_serve import PATIENCE, Started, children_of, free_port, is_alive, until
from tests.cast import PASSWORD
from tests.coins.customers import Customer, Giver, Leader, Reader
from tests.drives.making import as_viewer, new_drive

VICTIMS = ("all", "worker", "parent", "web server")
ENOUGH = Counter(award=20, gift=20, withdraw=2)
TOTALS = """
    SELECT coalesce(sum(balance), 0),
           (SELECT coalesce(sum(amount), 0) FROM entry),
           coalesce(min(CASE WHEN kind NOT IN ('issue', 'cash') THEN balance END), 0)
    FROM account"""


class House:
    """The portal, started as often as it is killed, always at the same port."""

    def __init__(self, app: Any, folder: Path) -> None:
        settings = app.config["SUNHOME"]
        self.port, self.folder = free_port(), folder
        self.environ = {
            "SUNHOME_INSTANCE": str(folder / "instance"),
            "SUNHOME_DEMO_PEOPLE": "0",
            "SUNHOME_WORKERS": "2",
            "DATABASE_URL": settings.database_url,
            "PORT": str(self.port),
        }
        self.starts: list[Started] = []

    def start(self) -> None:
        self.starts.append(Started(self.environ, self.folder / f"log-{len(self.starts)}"))
        self.starts[-1].ready()

    def kill(self, whom: str) -> None:
        """Kill with -9: everything, or one process, with which all the others end."""
        portal = self.starts[-1]
        below = portal.children()
        victims = {
            "all": [portal.process.pid, *below],
            "parent": [portal.process.pid],
            "web server": below[:1],
            "worker": children_of(below[0])[:1],
        }[whom]
        assert victims, f"no {whom} to kill"
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        portal.process.wait(PATIENCE)
        assert until(lambda: not any(is_alive(pid) for pid in below)), "an orphan stayed"

    def end(self) -> None:
        """Leave nothing behind."""
        for portal in self.starts:
            below = portal.children()
            if portal.process.poll() is None:
                portal.process.kill()
                portal.process.wait()
            for pid in filter(is_alive, below):
                os.kill(pid, signal.SIGKILL)

    @property
    def said(self) -> str:
        return "".join(portal.said for portal in self.starts)


@contextmanager
def looking(url: str) -> Iterator[Callable[[], tuple[int, int, int]]]:
    """All accounts at one moment, by a connection that is nobody else's."""
    parts = make_url(url)
    if parts.drivername.startswith("sqlite"):
        kept: Any = sqlite3.connect(
            parts.database or "", timeout=30, isolation_level=None, check_same_thread=False
        )
    else:
        plain = parts.set(drivername="postgresql").render_as_string(hide_password=False)
        kept = psycopg.connect(plain, autocommit=True)
    with closing(kept):
        yield lambda: tuple(int(part) for part in kept.execute(TOTALS).fetchone())


@pytest.fixture
def house(app: Any, tmp_path: Path) -> Iterator[House]:
    made = House(app, tmp_path)
    yield made
    made.end()


@pytest.fixture
def customers(
    house: House, db: Any, cast: Any, fund: Any, chance: random.Random
) -> Iterator[list[Customer]]:
    """Two tills of one leader, one of a leader with little to give, and three who give it away."""
    fund(100_000)
    fund(60, leader=cast.other_leader)
    with db():
        made = new_drive(as_viewer(cast.committee))
        drives.open_drive(as_viewer(cast.committee), made)
        drive = made.id

        def token(member: Any, scope: str) -> str:
            end = clock.today() + timedelta(days=30)
            return make_token(as_viewer(member), name="t", scopes=[scope], expires_on=end)[1]

        def leader(name: str, member: Any, people: list[Any], given: list[int]) -> Leader:
            return Leader(
                name, house.port, chance.random(), token=token(member, "coins:write"),
                people=[person.staff_no for person in people], staff_no=member.staff_no,
                password=PASSWORD, given=given,
            )  # fmt: skip

        team, given = [cast.agent, cast.colleague], list[int]()
        found = [
            leader("till-one", cast.leader, team, given),
            leader("till-two", cast.leader, team, given),
            leader("till-poor", cast.other_leader, [cast.outsider], []),
            *(
                Giver(f"giver-{member.staff_no}", house.port, chance.random(), drive=drive,
                      token=token(member, "drives:write"))
                for member in (cast.agent, cast.colleague, cast.outsider)
            ),
        ]  # fmt: skip
    yield found
    for customer in found:  # where the test failed, they still ask
        customer.is_over.set()
        customer.patience = 0


def serve_and_kill(
    house: House, customers: list[Customer], chance: random.Random, seconds: float, kills: int
) -> None:
    """Have the customers served, with `kills` kills on the way; then have all answered."""
    house.start()
    for customer in customers:
        customer.start()
    pause = seconds / (kills + 1)
    for number in range(kills):
        before = done_by(customers).total()
        time.sleep(pause * (0.5 + chance.random() / 2))
        wait_for(customers, lambda before=before: done_by(customers).total() > before + 5)
        house.kill(VICTIMS[number % len(VICTIMS)])
        time.sleep(chance.random() * 0.3)
        house.start()
    time.sleep(pause)
    wait_for(customers, lambda: done_by(customers) > ENOUGH)
    for customer in customers:
        customer.is_over.set()
    for customer in customers:
        customer.join(2 * PATIENCE)
        assert not customer.is_alive(), f"{customer.name} still waits for an answer"


def wait_for(customers: list[Customer], holds: Callable[[], bool]) -> None:
    """However slow the machine is; but not for customers who met a fault."""
    assert until(lambda: holds() or bool(faults(customers)), PATIENCE), done_by(customers)
    assert not faults(customers)


def done_by(customers: list[Customer]) -> Counter[str]:
    """How many deeds of each kind were acknowledged."""
    return Counter(
        deed.kind for customer in customers for deed in list(customer.deeds) if deed.done
    )


def faults(customers: list[Customer]) -> list[str]:
    return [customer.fault for customer in customers if customer.fault]


class Books:
    """What the database holds of all this, read once it is over."""

    def __init__(self, db: Any) -> None:
        awards = db.rows(select(Award.id, Award.reason, Award.amount, Award.head_count,
                                Award.transfer_id))  # fmt: skip
        self.awards = {row.id: row for row in awards}
        self.gifts = {row.id: row for row in db.rows(
            select(Gift.id, Gift.message, Gift.amount_coins, Gift.transfer_id))}  # fmt: skip
        self.keys = {row.key: row for row in db.rows(
            select(RequestKey.key, RequestKey.status, RequestKey.body))}  # fmt: skip
        self.transfers = db.rows(select(Transfer.id, Transfer.reason, Transfer.reverses_id))
        self.double_keys = db.rows(
            select(Transfer.key).group_by(Transfer.key).having(func.count() > 1)
        )

    @property
    def withdrawn(self) -> Counter[int]:
        """How often each award was taken back."""
        award_of = {row.transfer_id: row.id for row in self.awards.values()}
        back = (row.reverses_id for row in self.transfers if row.reverses_id is not None)
        return Counter(award_of[transfer] for transfer in back)


def judge(customers: list[Customer], books: Books) -> None:
    deeds = [deed for customer in customers for deed in customer.deeds]
    refusals = {(d.kind, r.status) for d in deeds for r in d.replies if not r.is_done}
    expected = {("award", 422), ("gift", 422), ("withdraw", 409)}
    assert refusals <= expected, f"refused otherwise: {refusals - expected}"
    done = {kind: [d for d in deeds if d.kind == kind and d.done] for kind in
            ("award", "gift", "withdraw")}  # fmt: skip

    there = Counter(row.reason for row in books.awards.values())
    assert there == Counter(d.facts["reason"] for d in done["award"]), "awards: lost or double"
    there = Counter(row.message for row in books.gifts.values())
    assert there == Counter(d.key for d in done["gift"]), "gifts: lost or double"
    for deed in done["award"]:
        kept = books.awards[json.loads(deed.done.text)["id"]]
        assert (kept.reason, kept.amount, kept.head_count) == (
            deed.facts["reason"], deed.facts["amount"], len(deed.facts["people"])
        )  # fmt: skip
    for deed in done["gift"]:
        kept = books.gifts[json.loads(deed.done.text)["id"]]
        assert (kept.message, kept.amount_coins) == (deed.key, deed.facts["amount"])

    withdrawn = books.withdrawn
    assert set(withdrawn) == {d.facts["award"] for d in done["withdraw"]}
    assert set(withdrawn.values()) <= {1}, "taken back twice"
    assert not books.double_keys

    posted = Counter(row.reason for row in books.transfers)
    del posted[Reason.FUND]  # put in before, and by the house's own clock
    assert posted == Counter(
        {Reason.AWARD: len(books.awards), Reason.GIFT_TO_DRIVE: len(books.gifts),
         Reason.WITHDRAW: len(withdrawn)}
    ), "posted, but never sent"  # fmt: skip
    acknowledged = {deed.key for kind in done.values() for deed in kind}
    assert acknowledged == set(books.keys) & {deed.key for deed in deeds}
    for deed in (*done["award"], *done["gift"]):
        row = books.keys[deed.key]
        assert (row.status, row.body) == (201, deed.done.text), "kept otherwise than answered"


@pytest.mark.parametrize(
    ("seconds", "kills"),
    [(6.0, 3), pytest.param(150.0, 24, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_the_bank_over_http(
    db: Any, house: House, customers: list[Customer], chance: random.Random, is_sound: Any, *,
    seconds: float, kills: int,
) -> None:  # fmt: skip
    with looking(house.environ["DATABASE_URL"]) as look:
        reader = Reader(look)
        reader.start()
        serve_and_kill(house, customers, chance, seconds, kills)
        reader.is_over.set()
        reader.join(PATIENCE)
    seen = sum((customer.seen for customer in customers), Counter())
    print(f"done {dict(done_by(customers))}; answers {dict(seen)}; readings {reader.readings}")  # noqa: T201
    assert not faults(customers)
    assert not reader.fault, reader.fault
    assert "Traceback" not in house.said, house.said
    judge(customers, Books(db))
    assert is_sound()
    assert reader.readings > 50
    assert seen["repeated"], "nobody noticed a kill"
