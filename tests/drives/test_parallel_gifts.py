"""Many at once, from real processes: the totals are exact and no receipt number is left out."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from portal.base.db import db as database
from portal.drives import queries, rules
from portal.drives.models import Drive, DriveState, Gift
from tests.drives.giver_process import Doer, work
from tests.drives.making import as_viewer

fork = multiprocessing.get_context("fork")


def at_once(
    app: Any, folder: Path, drive: int, doers: list[Doer], meanwhile: Any
) -> list[tuple[int, list[str]]]:
    """Run a process for each doer; answers how often each could, and why not."""
    with app.app_context():
        database.engine.dispose()  # a process takes no connection of another along
    answers = fork.Queue()
    url = app.config["SUNHOME"].database_url
    processes = [
        fork.Process(target=work, args=(url, folder, drive, doer, answers)) for doer in doers
    ]
    for process in processes:
        process.start()
    meanwhile()
    told = [answers.get(timeout=120) for _process in processes]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    return told


def test_gifts_at_once_are_all_there(
    app: Any, cast: Any, db: Any, drive: int, tmp_path: Path
) -> None:
    """20 coins in the wallet, 24 tries from two processes; cash by two clerks meanwhile."""
    told = at_once(
        app,
        tmp_path,
        drive,
        [
            Doer(cast.agent.id, 12),
            Doer(cast.agent.id, 12),
            Doer(cast.committee.id, 10, cast.station.id),
            Doer(cast.committee2.id, 10, cast.station.id),
        ],
        lambda: None,
    )
    assert sum(taken for taken, _refused in told) == 20 + 20
    words = {message for _taken, refused in told for message in refused}
    assert len(words) == 1
    assert "钱包里有 0" in words.pop()
    with db(read_only=True):
        assert queries.totals([drive])[drive] == queries.Totals(fen=2000, coins=20)
        assert all(check.is_right for check in queries.checks())
    numbers = db.rows(select(Gift.receipt_no).where(Gift.kind == "cash").order_by(Gift.id))
    assert sorted(row[0] for row in numbers) == list(range(1, 21))


def test_closing_meanwhile_loses_nothing(
    app: Any, cast: Any, db: Any, drive: int, tmp_path: Path
) -> None:
    """Whoever was told "taken" is in the total that stands; the others were told why not."""

    def close() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if db.scalar(select(Gift.id).limit(1)) is not None:
                break
            time.sleep(0.02)
        with db() as session:
            row = session.get_one(Drive, drive)
            rules.close_drive(as_viewer(cast.committee), row, closing_note="谢谢")

    doers = [Doer(cast.agent.id, 20), Doer(cast.committee.id, 400, cast.station.id)]
    coins, cash = sorted(
        at_once(app, tmp_path, drive, doers, close), key=lambda told: sum(told[:1]) + len(told[1])
    )
    assert db.scalar(select(Drive.state)) == DriveState.CLOSED
    assert cash[1], "the drive was closed too late to try anything"
    with db(read_only=True):
        assert queries.totals([drive])[drive] == queries.Totals(fen=100 * cash[0], coins=coins[0])
        assert all(check.is_right for check in queries.checks())


def test_a_drive_does_not_close_under_a_gift(app: Any, cast: Any, db: Any, drive: int) -> None:
    """While a gift is being taken, closing waits: proven by one who does not want to wait."""
    with db() as session:
        row = session.get_one(Drive, drive)
        rules.give_coins(as_viewer(cast.agent), row, amount=1, shown="public")
        with pytest.raises((sqlite3.OperationalError, DBAPIError), match="lock"):
            _close_at_once(database.engine, drive)


def _close_at_once(engine: Any, drive: int) -> None:
    words = "closed_at = opened_at, closed_by_id = opened_by_id, closing_note = ''"
    statement = f"UPDATE drive SET state = 'closed', {words} WHERE id = {drive}"
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(engine.url.database, timeout=0.1)) as connection:
            connection.execute(statement)
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        connection.exec_driver_sql(statement)
