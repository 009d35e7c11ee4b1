"""The commands `flask --app app suggestions …`."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

from portal.base import clock
from portal.suggestions import rules
from portal.suggestions.models import Kind, Suggestion
from tests.suggestions.making import as_viewer, send


def test_overdue_lists_the_longest_wait_first(app: Any, db: Any, cast: Any) -> None:
    with db() as session:
        for days in (1, 5):
            made = send(cast.agent, title=f"超期{days}天")
            made.answer_due_on = clock.today() - timedelta(days=days)
        send(cast.agent, title="还没到期")
        session.flush()
    result = app.test_cli_runner().invoke(args=["suggestions", "overdue"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert ["超期5天" in lines[0], "超期1天" in lines[1], len(lines)] == [True, True, 3]
    assert "张敏" in lines[0]


def test_export_opens_in_excel_and_runs_nothing(
    app: Any, db: Any, cast: Any, tmp_path: Path
) -> None:
    file = tmp_path / "建议.csv"
    with db() as session:
        send(cast.agent, title="=cmd|'/c calc'!A1", what='有"引号"，\n还有换行')
        send(cast.agent, Kind.GOLDEN_FINGER)
        gone = send(cast.agent, title="撤回的")
        rules.withdraw(as_viewer(cast.agent), session.get_one(Suggestion, gone.id), reason="x")
    result = app.test_cli_runner().invoke(args=["suggestions", "export", str(file)])
    assert result.exit_code == 0, result.output
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["title"][:5] for row in rows] == ["'=cmd", "知识库首页"]
    assert rows[0]["staff_no"] == cast.agent.staff_no
    assert rows[0]["what"] == '有"引号"，\n还有换行'


def test_export_to_where_nothing_can_be_written(app: Any, fault: int) -> None:
    result = app.test_cli_runner().invoke(args=["suggestions", "export", "/proc/none/x.csv"])
    assert result.exit_code != 0
    assert "Traceback" not in result.output
