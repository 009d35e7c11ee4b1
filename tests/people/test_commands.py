"""The commands: importing, first passwords."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from portal.people.models import Credential, ImportBatch
from tests.people.imported import everything
from tests.people.test_import import AGENT, LEADER, roster


@pytest.fixture
def run(app, tmp_path):
    def invoke(*args: str):
        return app.test_cli_runner().invoke(args=["people", *map(str, args)])

    return invoke


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "花名册.csv"
    path.write_bytes(roster(LEADER, AGENT, encoding="gb18030"))
    return path


def test_rehearse_writes_nothing(run, file, db, cast) -> None:
    with db():
        before = everything()
    answer = run("import", file, "--mapping", "call-centre-roster", "--rehearse")
    assert answer.exit_code == 0
    assert "people_new" in answer.output
    with db():
        assert everything() == before
    assert db.scalar(select(func.count(ImportBatch.id))) == 0


def test_import_and_again(run, file, db, cast) -> None:
    first = run("import", file, "--mapping", "call-centre-roster", "--on", "2026-06-30")
    assert first.exit_code == 0
    assert "people_new           2" in first.output
    second = run("import", file, "--mapping", "call-centre-roster", "--on", "2026-06-30")
    assert second.exit_code == 0
    assert "people_new" not in second.output


def test_fatal_rows_stop_it(run, file, db, cast) -> None:
    file.write_bytes(roster(LEADER, AGENT | {"入职日期": "03/04/2024"}))
    with db():
        before = everything()
    answer = run("import", file, "--mapping", "call-centre-roster")
    assert answer.exit_code == 1
    assert "F3" in answer.output
    with db():
        assert everything() == before
    answer = run("import", file, "--mapping", "call-centre-roster", "--leave-out")
    assert answer.exit_code == 0


def test_a_mapping_of_ones_own(run, tmp_path, db, cast) -> None:
    mapping = tmp_path / "own.json"
    mapping.write_text(
        json.dumps({"name": "own", "kind": "people", "columns": {"staff_no": "n", "email": "mail"}})
    )
    file = tmp_path / "mail.csv"
    file.write_text(f"n,mail\n{cast.agent.staff_no},x@sunhome.example\n")
    answer = run("import", file, "--mapping", mapping)
    assert answer.exit_code == 0
    assert "people_changed       1" in answer.output


@pytest.mark.parametrize("mapping", ["unknown", "../call-centre-roster", "", "x.json"])
def test_an_unknown_mapping_is_one_sentence(run, file, mapping) -> None:
    answer = run("import", file, "--mapping", mapping)
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert "Traceback" not in answer.output


def test_no_table_is_one_sentence(run, tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"")
    answer = run("import", path, "--mapping", "call-centre-roster")
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")


def test_passwords(run, file, db, cast) -> None:
    run("import", file, "--mapping", "call-centre-roster", "--on", "2026-06-30")
    answer = run("passwords", "--unit", "木槿班")
    lines = [line.split("\t") for line in answer.output.splitlines()]
    assert {line[0] for line in lines} == {"020001", "020002"}
    assert all(len(line[3]) >= 14 for line in lines)
    assert db.scalar(select(func.count()).where(Credential.must_change)) == 2
    assert "020001" not in run("passwords", "--unit", "木槿班").output
    assert run("passwords", "--unit", "没有").exit_code == 1
