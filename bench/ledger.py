"""Awards per second through the rules, beside the least that double entry can cost.

`python -m bench.ledger` runs both in turn, in one run: one, two and eight processes with a
connection each, spread over the leaders or all on one hot budget. The raw side is four statements
and a commit: two entries, two balances. Also measured: a hundred awards in one call, and one award
to two thousand people.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select
from sqlalchemy.engine import make_url

from bench.report import machine
from bench.stage import Stage, stages
from portal import create_app
from portal.base import clock
from portal.base.access import Grant, Viewer
from portal.base.db import db, session, transaction
from portal.base.settings import Settings
from portal.coins import rules
from portal.coins.models import AccountKind, Reason
from portal.people.models import RoleGrant, Unit
from portal.people.queries import directory, viewer_of_person

WORDS = "这个月的夜班里，帮三位新同事做了交接，一直到天亮。"
CONNECTIONS = (1, 2, 8)
WAYS = ("spread", "hot")
processes = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Turn:
    """What the processes of one measurement share: all begin at `gate`, and tell how many."""

    seconds: float
    gate: Any
    done: Any


def settings_of(stage: Stage) -> Settings:
    return Settings(instance=stage.instance, database_url=stage.url)


@contextmanager
def portal_of(stage: Stage) -> Iterator[None]:
    with create_app(settings_of(stage)).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


# ---- through the rules --------------------------------------------------------------------------


def leaders(most: int = 16) -> list[tuple[Viewer, int, list[int]]]:
    """Leaders of a team of their own with its unit and its members, each with coins to give."""
    found = []
    grants = session().execute(
        select(RoleGrant.person_id, RoleGrant.unit_id)
        .where(RoleGrant.role == "leader", RoleGrant.valid_to.is_(None))
        .order_by(RoleGrant.id)
    )
    for person_id, unit_id in grants.all():
        viewer = viewer_of_person(person_id)
        if viewer is None or unit_id is None or viewer.units_as("leader") != {unit_id}:
            continue
        people = [line.id for line in directory(clock.today(), unit_ids=[unit_id], limit=60)]
        people = [person for person in people if person != person_id]
        if len(people) >= 8:
            found.append((viewer, unit_id, people))
        if len(found) == most:
            break
    return found


def fund(stage: Stage) -> None:
    """So many coins that no budget runs dry; large, so that they have their slices."""
    with portal_of(stage), transaction():
        for _viewer, unit_id, _people in leaders():
            for _each in range(5):
                rules.fund(None, unit_id=unit_id, amount=100_000, key=secrets.token_hex(8))


def ours(stage: Stage, way: str, number: int, turn: Turn) -> None:
    """One process that awards for so many seconds."""
    with portal_of(stage):
        with transaction(read_only=True):
            known = leaders()
        own = [known[0]] if way == "hot" else known[number::8] or known

        def award() -> None:
            viewer, unit_id, people = secrets.choice(own)
            with transaction():
                rules.award(
                    viewer,
                    people=[secrets.choice(people)],
                    amount=1,
                    reason=f"{WORDS}（{secrets.token_hex(6)}）",
                    value="care",
                    key=secrets.token_hex(12),
                    unit_id=unit_id,
                )

        _repeat(award, turn)


def _repeat(deed: Callable[[], None], turn: Turn) -> None:
    for _ in range(20):
        deed()
    turn.gate.wait()
    count, until = 0, time.monotonic() + turn.seconds
    while time.monotonic() < until:
        deed()
        count += 1
    turn.done.put(count)


# ---- raw double entry ---------------------------------------------------------------------------

TABLES = (
    "DROP TABLE IF EXISTS raw_entry",
    "DROP TABLE IF EXISTS raw_account",
    "CREATE TABLE raw_account (id INTEGER PRIMARY KEY, balance BIGINT NOT NULL)",
    "CREATE TABLE raw_entry (id {id}, account_id INTEGER NOT NULL REFERENCES raw_account (id),"
    " amount BIGINT NOT NULL)",
    "CREATE INDEX ix_raw_entry ON raw_entry (account_id, id)",
    "INSERT INTO raw_account SELECT value, 1000000000 FROM {numbers}",
)


class Raw:
    """The driver's own connection, with the portal's settings."""

    def __init__(self, stage: Stage) -> None:
        self.is_sqlite = stage.kind == "sqlite"
        url = make_url(stage.url)
        if self.is_sqlite:
            self.raw: Any = sqlite3.connect(url.database or "", timeout=60, isolation_level=None)
            self.raw.execute("PRAGMA synchronous=FULL")
        else:
            address = url.set(drivername="postgresql").render_as_string(hide_password=False)
            self.raw = psycopg.connect(address)
        self.sign = "?" if self.is_sqlite else "%s"

    def set_up(self) -> None:
        numbers = (
            "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n"
            " WHERE value < 1000) SELECT value FROM n)"
            if self.is_sqlite
            else "generate_series(1, 1000) AS n(value)"
        )
        serial = "INTEGER PRIMARY KEY" if self.is_sqlite else "BIGSERIAL PRIMARY KEY"
        for statement in TABLES:
            self.raw.execute(statement.format(id=serial, numbers=numbers))
        self.raw.commit()

    def move(self, source: int, target: int) -> None:
        """Two entries, two balances, one commit; accounts in the order of their ids."""
        if self.is_sqlite:
            self.raw.execute("BEGIN IMMEDIATE")
        for account, amount in sorted(((source, -1), (target, 1))):
            self.raw.execute(
                f"UPDATE raw_account SET balance = balance + {self.sign} WHERE id = {self.sign}",
                (amount, account),
            )
            self.raw.execute(
                f"INSERT INTO raw_entry (account_id, amount) VALUES ({self.sign}, {self.sign})",
                (account, amount),
            )
        self.raw.commit()


def raw(stage: Stage, way: str, number: int, turn: Turn) -> None:
    """One process that moves coins with nothing around it."""
    bank = Raw(stage)
    with closing(bank.raw):
        source = 1 if way == "hot" else 1 + number

        def move() -> None:
            bank.move(source, 100 + secrets.randbelow(900))

        _repeat(move, turn)


# ---- a run --------------------------------------------------------------------------------------


def rate(side: Callable[..., None], stage: Stage, way: str, count: int, seconds: float) -> float:
    """Deeds a second of `count` processes at once."""
    turn = Turn(seconds, processes.Barrier(count), processes.Queue())
    workers = [
        processes.Process(target=side, args=(stage, way, number, turn)) for number in range(count)
    ]
    for worker in workers:
        worker.start()
    total = sum(turn.done.get(timeout=120 + seconds) for _worker in workers)
    for worker in workers:
        worker.join()
    return total / seconds


def in_one_call(stage: Stage) -> tuple[float, float]:
    """How many times faster a hundred transfers in one call are than one by one; and seconds for
    an award to as many people as there are, up to two thousand."""
    with portal_of(stage):
        with transaction():
            known = leaders()
            issue = rules.account(AccountKind.ISSUE).id
            people = [person for _viewer, _unit, members in known for person in members][:100]
            wallets = rules.accounts_of(AccountKind.WALLET, people)

        def postings() -> list[rules.Posting]:
            return [
                rules.Posting(secrets.token_hex(8), Reason.RULE, ((issue, -1), (wallet, 1)))
                for wallet in wallets.values()
            ]

        def singly() -> None:
            for posting in postings():
                with transaction():
                    rules.post([posting])

        def together() -> None:
            with transaction():
                rules.post(postings())

        times = {deed: min(_timed(deed) for _ in range(5)) for deed in (singly, together)}
        return times[singly] / times[together], _whole_house()


def _timed(deed: Callable[[], None]) -> float:
    before = time.perf_counter()
    deed()
    return time.perf_counter() - before


def _whole_house() -> float:
    """Seconds for one award to a whole site, up to 2,000 people, by somebody who leads it."""
    with transaction():
        sizes: dict[int, list[int]] = {}
        for unit_id in session().scalars(select(Unit.id).where(Unit.kind == "site")):
            found = directory(clock.today(), unit_ids=[unit_id], limit=2001)
            sizes[unit_id] = [line.id for line in found]
        unit_id, everybody = max(sizes.items(), key=lambda item: len(item[1]))
        known = leaders(1)[0][0]
        viewer = replace(known, grants=frozenset({Grant("leader", unit_id)}))
        people = [person for person in everybody if person != viewer.id][:2000]
        rules.fund(None, unit_id=unit_id, amount=100_000, key=secrets.token_hex(8))

    def award() -> None:
        with transaction():
            rules.award(
                viewer, people=people, amount=1, value="care",
                reason=f"{WORDS}（{secrets.token_hex(6)}）",
                key=secrets.token_hex(12), unit_id=unit_id,
            )  # fmt: skip

    seconds = min(_timed(award) for _ in range(3))
    print(f"  one award to {len(people)} people: {seconds:.2f} s", flush=True)
    return seconds


def settings_told(stage: Stage) -> str:
    """What the database promises of a commit."""
    if stage.kind == "sqlite":
        return "SQLite, WAL, synchronous FULL"
    with closing(Raw(stage).raw) as connection:
        told = [
            f"{name} {connection.execute(f'SHOW {name}').fetchone()[0]}"
            for name in ("synchronous_commit", "fsync")
        ]
    return "PostgreSQL, " + ", ".join(told)


def measure(stage: Stage, *, rounds: int, seconds: float) -> list[str]:
    """The lines of the table for one database."""
    bank = Raw(stage)
    bank.set_up()
    bank.raw.close()
    fund(stage)
    best: dict[tuple[str, str, int], float] = {}
    for _round in range(rounds):
        for way in WAYS:
            for count in CONNECTIONS:
                for name, side in (("ours", ours), ("raw", raw)):
                    key = name, way, count
                    best[key] = max(best.get(key, 0), rate(side, stage, way, count, seconds))
    lines = [f"{settings_told(stage)}:", ""]
    lines += ["| budget | connections | ours /s | raw /s | share |", "|---|--:|--:|--:|--:|"]
    for way in WAYS:
        for count in CONNECTIONS:
            mine, bare = best["ours", way, count], best["raw", way, count]
            lines.append(f"| {way} | {count} | {mine:.0f} | {bare:.0f} | {mine / bare:.0%} |")
    times, whole = in_one_call(stage)
    gain = best["ours", "hot", 8] / best["ours", "hot", 1]
    lines += [
        "",
        f"- one hot budget, 8 connections against 1: {gain:.2f} x",
        f"- a hundred transfers in one call against a hundred: {times:.1f} x",
        f"- one award to a whole house: {whole:.2f} s",
        "",
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ledger", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    asked = parser.parse_args()
    kept = os.environ.get("BENCH_DIR", "").strip()
    lines = ["# The ledger under load", "", machine() + ".", ""]
    with ExitStack() as held:
        folder = Path(kept) if kept else Path(held.enter_context(tempfile.TemporaryDirectory()))
        for kind in asked.databases.split(","):
            for stage in stages(folder, kind, [2000]):
                lines += measure(stage, rounds=asked.rounds, seconds=asked.seconds)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
