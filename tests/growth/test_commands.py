"""The commands: `growth import`, `growth show`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.growth.models import MonthlyFigure, PerformanceSheet
from tests.growth.sheets import AGENT, COLLEAGUE, sheet


@pytest.fixture(autouse=True)
def _in_february(at: Any) -> None:
    at("2026-02-03 09:00")


@pytest.fixture
def run(app: Any, tmp_path: Path) -> Any:
    def command(*words: str, content: bytes | None = None) -> Any:
        file = tmp_path / "绩效_2026-01.xlsx"
        if content is not None:
            file.write_bytes(content)
        return app.test_cli_runner().invoke(
            args=["growth", *(str(file) if word == "FILE" else word for word in words)]
        )

    return command


def test_a_rehearsal_writes_nothing(run: Any, cast: Any, db: Any) -> None:
    said = run("import", "FILE", "--rehearse", content=sheet(AGENT, COLLEAGUE))
    assert said.exit_code == 0, said.output
    assert "2026-01, version 1: 2 rows, 2 new, 0 changed; 0 to mend, 0 to answer." in said.output
    assert db.scalar(select(func.count(PerformanceSheet.id))) == 0


def test_import_and_again(run: Any, cast: Any, db: Any) -> None:
    said = run("import", "FILE", content=sheet(AGENT, COLLEAGUE))
    assert said.exit_code == 0, said.output
    assert "version 1: 2 rows, 2 new" in said.output
    again = run("import", "FILE")
    assert again.exit_code == 0
    assert "nothing was changed" in again.output
    assert db.scalar(select(func.count(MonthlyFigure.id))) == 2


def test_findings_are_printed_and_nothing_is_imported(run: Any, cast: Any, db: Any) -> None:
    said = run("import", "FILE", content=sheet(("999999", *AGENT[1:])))
    assert said.exit_code == 1
    assert "花名册里没有这个工号" in said.output
    assert db.scalar(select(func.count(MonthlyFigure.id))) == 0


def test_a_question_needs_a_yes(run: Any, cast: Any, db: Any) -> None:
    content = sheet((3217, *AGENT[1:]))
    assert run("import", "FILE", content=content).exit_code == 1
    assert run("import", "FILE", "--accept", content=content).exit_code == 0
    assert db.scalar(select(func.count(MonthlyFigure.id))) == 1


def test_no_sheet_is_one_sentence(run: Any, cast: Any) -> None:
    said = run("import", "FILE", content=b"PK\x03\x04nonsense")
    assert said.exit_code == 1
    assert said.output.startswith("Error: 文件损坏了")
    assert run("import", "FILE", "--month", "soon", content=sheet(AGENT)).exit_code == 2


def test_show(run: Any, cast: Any) -> None:
    run("import", "FILE", content=sheet(AGENT))
    said = run("show", "003217")
    assert said.exit_code == 0, said.output
    for words in ("王小明", "太原一班 · 客服代表", "2026-01  calls 1834"):
        assert words in said.output
    assert run("show", "424242").exit_code == 1
