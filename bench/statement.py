"""Measure the own coins with few and with many entries: `python -m bench.statement --help`.

One wallet gets a hundred entries, another a million, and 200,000 more get one each. What is asked
of both is asked in turn, and the median counts.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, cast

from flask import Flask
from sqlalchemy import Table, bindparam, func, insert, select, update

from bench.stage import postgres
from portal import create_app
from portal.base.db import Base, db, session, transaction
from portal.base.settings import load_settings
from portal.coins import queries, rules
from portal.coins.models import Account, AccountKind, Entry, Transfer, WalletMonth
from portal.coins.models.chain import entry_hash, instant, transfer_seal
from portal.coins.rules.accounts import chunks
from portal.demo.rules import seed
from portal.people.queries import by_staff_no
from portal.people.rules.keys import open_session

FEW, PEOPLE, SOME = 100, 240, 20_000
ROLES = "agent", "committee"
DAY, AT = date(2020, 1, 15), datetime(2020, 1, 15, 4, tzinfo=UTC)  # before the demo begins
NO_CONTENT = "0" * 64
VERIFY_GOAL = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """An account as far as it is written."""

    id: int
    seq: int
    balance: int
    head: str

    def moved(self, transfer_id: int, amount: int, seal: str) -> tuple[Place, dict[str, Any]]:
        seq, balance = self.seq + 1, self.balance + amount
        head = entry_hash(
            self.head, account_id=self.id, seq=seq, transfer_id=transfer_id, amount=amount,
            balance_after=balance, reason="rule", happened_on=DAY, entered_at=instant(AT),
            seal=seal,
        )  # fmt: skip
        row = {
            "transfer_id": transfer_id, "account_id": self.id, "seq": seq, "amount": amount,
            "balance_after": balance, "hash": head,
        }  # fmt: skip
        return replace(self, seq=seq, balance=balance, head=head), row


class Filling:
    """Writes many entries as the ledger would: the same rows, a few statements."""

    def __init__(self) -> None:
        self.number = session().scalar(select(func.max(Transfer.id))) or 0
        self.issue = self.place(rules.account(AccountKind.ISSUE))

    def place(self, account: Account) -> Place:
        return Place(account.id, account.entries, account.balance, account.head)

    def fill(self, person_id: int, count: int) -> None:
        """Give a person's wallet `count` entries of one coin each."""
        account = rules.account(AccountKind.WALLET, person_id)
        wallet, before = self.place(account), account.balance
        for some in chunks(range(count), SOME):
            transfers, entries = [], []
            for _number in some:
                row, seal = self.transfer(f"bench:{person_id}")
                self.issue, out = self.issue.moved(row["id"], -1, seal)
                wallet, into = wallet.moved(row["id"], 1, seal)
                transfers.append(row)
                entries += [out, into]
            write(Transfer, transfers)
            write(Entry, entries)
        self.keep([(wallet, wallet.balance - before)])

    def spread(self, people: range) -> None:
        """Give each of many people a coin, in one transfer."""
        wallets = rules.accounts_of(AccountKind.WALLET, people)
        row, seal = self.transfer("bench:all")
        write(Transfer, [row])
        self.issue, out = self.issue.moved(row["id"], -len(wallets), seal)
        moved = [Place(each, 0, 0, "").moved(row["id"], 1, seal) for each in wallets.values()]
        for some in chunks([out, *(entry for _place, entry in moved)], SOME):
            write(Entry, some)
        self.keep([(place, 1) for place, _entry in moved])

    def transfer(self, name: str) -> tuple[dict[str, Any], str]:
        self.number += 1
        hashed: dict[str, Any] = {
            "key": f"{name}:{self.number}", "content_hash": NO_CONTENT, "memo": "", "by_id": None,
            "currency": "coin", "reverses_id": None,
        }  # fmt: skip
        row = hashed | {
            "id": self.number, "reason": "rule", "happened_on": DAY, "entered_at": AT,
        }  # fmt: skip
        return row, transfer_seal(**hashed)

    def keep(self, moved: list[tuple[Place, int]]) -> None:
        table = cast(Table, Account.__table__)
        months = [
            {"account_id": each.id, "month": "2020-01", "change": n, "received": n, "lot": n}
            for each, n in moved
        ]
        write(WalletMonth, months)
        rows = [
            {"of": each.id, "now": each.balance, "count": each.seq, "last": each.head}
            for each in [self.issue, *(place for place, _amount in moved)]
        ]
        values: dict[str, Any] = {
            "balance": bindparam("now"), "entries": bindparam("count"), "head": bindparam("last"),
        }  # fmt: skip
        statement = update(table).where(table.c.id == bindparam("of")).values(values)
        session().connection().execute(statement, rows)


def write(model: Any, rows: list[dict[str, Any]]) -> None:
    session().connection().execute(insert(cast(Table, model.__table__)), rows)


# ---- measuring ------------------------------------------------------------------------------


def timed(what: Callable[[], Any]) -> float:
    before = time.perf_counter()
    what()
    return time.perf_counter() - before


def seen(browser: Any, url: str) -> None:
    status = browser.get(url).status_code
    if status != 200:
        raise RuntimeError(f"{url}: {status}")


def compared(
    app: Flask, few: str, many: str, rounds: int, paths: list[tuple[str, str]]
) -> Iterator[str]:
    """Each path for the wallet with few and the one with many entries, in turn."""
    browsers = []
    for token in (few, many):
        browsers.append(app.test_client())
        with browsers[-1].session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
    for pair in paths:
        seconds: list[list[float]] = [[], []]
        for _round in range(rounds + 1):
            for side, browser in enumerate(browsers):
                seconds[side].append(timed(partial(seen, browser, pair[side])))
        one, other = (median(each[1:]) * 1000 for each in seconds)
        yield f"{pair[1]:<34}{one:9.1f} ms{other:9.1f} ms{other / one:8.2f}×"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.statement", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=200_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        os.environ["SUNHOME_INSTANCE"] = str(folder)
        os.environ["DATABASE_URL"] = (
            (postgres(folder) or "") if asked.database == "postgres" else ""
        )
        if not os.environ["DATABASE_URL"]:
            del os.environ["DATABASE_URL"]
        measure(create_app(load_settings()), asked)


def measure(app: Flask, asked: argparse.Namespace) -> None:
    with app.app_context():
        Base.metadata.create_all(db.engine)
        with transaction():
            accounts = seed(settings=app.config["SUNHOME"], size=PEOPLE)
        with transaction():
            numbers = {account["role"]: account["staff_no"] for account in accounts}
            few, many = (found.id for role in ROLES if (found := by_staff_no(numbers[role])))
            tokens = [open_session(each, "bench") for each in (few, many)]
        with transaction():
            filling = Filling()
            seconds = timed(lambda: filling.fill(few, FEW))
            seconds += timed(lambda: filling.fill(many, asked.entries))
        with transaction():
            seconds += timed(lambda: Filling().spread(range(10**7, 10**7 + asked.accounts)))
        with transaction():
            sealed = timed(lambda: rules.make_digest(DAY))
        say(f"{asked.database}: {FEW} and {asked.entries:,} entries, filled in {seconds:.0f} s")
        say(f"digest of {asked.accounts:,} accounts: {sealed:.1f} s")
        with transaction(read_only=True):
            verified()
    deep = asked.entries // 2
    paths = [
        ("/coins/", "/coins/"),
        ("/coins/?after=60", f"/coins/?after={deep}"),
        ("/coins/explain/wallet", "/coins/explain/wallet"),
        ("/coins/statement", "/coins/statement"),
    ]
    say(f"{'':<34}{FEW:>9} {asked.entries:>12,}   ratio")
    for line in compared(app, tokens[0], tokens[1], asked.rounds, paths):
        say(line)
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = tokens[1], True
    for kind in ("csv", "json"):
        seconds = timed(partial(read_all, browser, f"/coins/statement?as={kind}"))
        say(f"{kind} of {asked.entries:,} entries: {seconds:.1f} s, {peak():.0f} MB at most so far")


def verified() -> None:
    """The goal is for a machine of one's own: processor seconds are judged."""
    faults: list[Any] = []
    before = time.process_time()
    seconds = timed(lambda: faults.extend(queries.verify()))
    spent = time.process_time() - before
    count = queries.count_entries()
    if faults:
        raise RuntimeError(faults[0].message)
    million = spent / count * 1_000_000
    told = "within" if million <= VERIFY_GOAL else "MISSES"
    say(f"verify of {count:,} entries: {seconds:.1f} s, of the processor {spent:.1f} s;")
    say(f"  a million: {million:.1f} s, {told} the goal of {VERIFY_GOAL:.0f} s")


def read_all(browser: Any, url: str) -> None:
    with browser.get(url, buffered=False) as answer:
        for _block in answer.response:
            pass


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
