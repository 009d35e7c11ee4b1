"""The commands: list, totals (which must notice a wrong total), export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from portal.drives import rules
from portal.drives.models import Drive
from tests.drives.making import as_viewer, hand_over


def run(app: Any, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["drives", *words])


def some_gifts(db: Any, cast: Any, drive: int) -> None:
    with db() as session:
        row = session.get_one(Drive, drive)
        for shown in ("public", "committee", "anonymous"):
            rules.give_coins(as_viewer(cast.agent), row, amount=2, shown=shown)
        hand_over(as_viewer(cast.committee), row, cast.station)


def test_list(app: Any, cast: Any, db: Any, drive: int) -> None:
    some_gifts(db, cast, drive)
    answer = run(app, "list")
    assert answer.exit_code == 0
    assert answer.output.split("\t")[:3] == [str(drive), "running", "¥200.00"]


def test_totals_agree(app: Any, cast: Any, db: Any, drive: int) -> None:
    some_gifts(db, cast, drive)
    answer = run(app, "totals")
    assert answer.exit_code == 0
    assert "¥200.00" in answer.output
    assert answer.output.count("✓") == 2


def test_totals_that_do_not_agree_are_named(app: Any, cast: Any, db: Any, drive: int) -> None:
    some_gifts(db, cast, drive)
    with db() as session:
        session.execute(
            text("UPDATE account SET balance = balance + 1 WHERE kind = 'drive'"
                 " AND currency = 'fen'")
        )  # fmt: skip
    answer = run(app, "totals")
    assert answer.exit_code == 1
    assert "✗" in answer.output
    assert "Traceback" not in answer.output


def test_export_is_masked_as_the_wall(
    app: Any, cast: Any, db: Any, drive: int, tmp_path: Path
) -> None:
    some_gifts(db, cast, drive)
    answer = run(app, "export", str(drive), str(tmp_path / "gifts.csv"))
    assert answer.exit_code == 0
    content = (tmp_path / "gifts.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").splitlines()
    assert len(lines) == 5
    assert sum("王小明" in line for line in lines) == 1
    assert "200.00" in lines[1]


def test_export_says_what_is_wrong(app: Any, drive: int, tmp_path: Path) -> None:
    missing = run(app, "export", "99", str(tmp_path / "gifts.csv"))
    assert missing.exit_code == 1
    assert "99" in missing.output
    nowhere = run(app, "export", str(drive), str(tmp_path / "no" / "folder.csv"))
    assert nowhere.exit_code != 0
    assert "Traceback" not in nowhere.output
    assert run(app, "export", "0", str(tmp_path / "x.csv")).exit_code == 2
