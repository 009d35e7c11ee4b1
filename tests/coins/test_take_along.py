"""Taking the own statement along, and checking it at home with the one-file checker."""

from __future__ import annotations

import ast
import csv
import io
import json
import random
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.base import pdf
from portal.coins import jobs, queries, rules
from portal.coins.models import AccountKind, Digest, Reason
from tests.coins.conftest import REASON
from tests.house.source import PORTAL

CHECKER = PORTAL / "static" / "sunhome_check.py"


@pytest.fixture
def lived(db: Any, cast: Any, fund: Any, give: Any, at: Any) -> list[str]:
    """An agent's wallet over three months, sealed on three days: answers the roots."""
    at("2026-01-20 12:00")
    fund()
    give(5, key="a", people=[cast.agent, cast.colleague])
    with db():
        jobs.digest(date(2026, 1, 20))
    at("2026-02-20 12:00")
    fund(101)
    give(3, key="b")
    with db():
        jobs.digest(date(2026, 2, 20))
    at("2026-03-10 12:00")
    with db():
        purse = rules.account(AccountKind.WALLET, cast.agent.id).id
        source = rules.account(AccountKind.ISSUE).id
        legs = ((source, -1), (purse, 1))
        rules.transfer(key="f", reason=Reason.RULE, legs=legs, by_id=None, memo="=1+1")
        jobs.digest(date(2026, 3, 10))
        rules.transfer(key="g", reason=Reason.RULE, legs=legs, by_id=None)
    return [row.root for row in db.rows(select(Digest.root).order_by(Digest.id))]


def download(browser: Any, **query: str) -> Any:
    return browser.get("/coins/statement", query_string=query)


def run(tmp_path: Path, text: str, *told: str) -> subprocess.CompletedProcess[str]:
    """The checker as a person runs it: a copy of its own, in a folder of its own."""
    file = tmp_path / "statement.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    checker = shutil.copy(CHECKER, tmp_path)
    command = [sys.executable, "-I", "-S", str(checker), str(file), *told]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=tmp_path
    )


# ---- tables and paper ---------------------------------------------------------------------------


def rows_of(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_table(cast: Any, client_of: Any, lived: list[str]) -> None:
    browser = client_of(cast.agent)
    answer = download(browser, **{"as": "csv"})
    head, *lines = rows_of(answer)
    assert head[:3] == ["序号", "发生在", "记入"]
    assert [line[6:] for line in lines] == [
        ["5", "0", "5"], ["3", "5", "8"], ["1", "8", "9"], ["1", "9", "10"],
    ]  # fmt: skip
    assert REASON in lines[0][5]
    assert lines[0][4] == cast.leader.name
    assert lines[2][5] == "'=1+1", "no formula"
    assert cast.colleague.name not in answer.text
    assert f'filename="sunhome-{cast.agent.staff_no}.csv"' in answer.headers["Content-Disposition"]


def test_of_a_period(cast: Any, client_of: Any, lived: list[str]) -> None:
    browser = client_of(cast.agent)
    for period, count in {"": 4, "2026": 4, "2025": 0, "2026-02": 1, "2026-03": 2}.items():
        assert len(rows_of(download(browser, period=period, **{"as": "csv"}))) == count + 1, period
    for wrong in ("2026-13", "2026-00", "1999", "x", "2026-2", "２０２６"):
        assert download(browser, period=wrong, **{"as": "csv"}).status_code == 404
    assert download(browser, **{"as": "xml"}).status_code == 404
    assert download(browser, day="x", **{"as": "json"}).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_paper(cast: Any, client_of: Any, lived: list[str], language: str) -> None:
    pytest.importorskip("typst")
    browser = client_of(cast.agent)
    browser.act("/people/language", language=language, next="/coins/")
    answer = download(browser, **{"as": "pdf"})
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert len(answer.data) < 200_000


def test_paper_is_not_offered_where_it_cannot_be_made(
    cast: Any, client_of: Any, lived: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_of(cast.agent)
    assert ('value="pdf"' in browser.get("/coins/statement").text) == pdf.is_installed()
    monkeypatch.setattr(pdf, "is_installed", lambda: False)
    assert 'value="pdf"' not in browser.get("/coins/statement").text
    assert download(browser, **{"as": "pdf"}).status_code == 404


def test_too_much_for_paper(
    cast: Any, client_of: Any, lived: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("typst")
    monkeypatch.setattr("portal.coins.views.download.MOST_ON_PAPER", 3)
    browser = client_of(cast.agent)
    assert download(browser, **{"as": "pdf"}).status_code == 422
    assert download(browser, period="2026-03", **{"as": "pdf"}).status_code == 200


def test_people_never_write_source(cast: Any, client_of: Any, db: Any, at: Any) -> None:
    """What looks like typst, or breaks out of JSON, is text."""
    pytest.importorskip("typst")
    at("2026-03-10 12:00")
    memo = '#panic("x") $ \\" ] } #import "a.typ" `raw` <label> @ref \u202e 😀'
    with db():
        legs = [
            (rules.account(AccountKind.ISSUE).id, -1),
            (rules.account(AccountKind.WALLET, cast.agent.id).id, 1),
        ]
        rules.transfer(key="x", reason=Reason.RULE, legs=legs, by_id=None, memo=memo)
    assert download(client_of(cast.agent), **{"as": "pdf"}).data.startswith(b"%PDF-")


def test_nobody_without_coins_and_nobody_elses(
    cast: Any, client_of: Any, client: Any, lived: list[str]
) -> None:
    page = client_of(cast.hr).get("/coins/statement")
    assert "还没有明细可以带走" in page.text
    for kind in ("csv", "json", "pdf"):
        assert download(client_of(cast.hr), **{"as": kind}).status_code == 404
    assert client.get("/coins/statement?as=csv").status_code == 303
    theirs = json.loads(download(client_of(cast.colleague), **{"as": "json"}).data)
    assert len(theirs["entries"]) == 1


# ---- whole, and checked at home ------------------------------------------------------------------


def test_it_checks(cast: Any, client_of: Any, lived: list[str], tmp_path: Path) -> None:
    browser = client_of(cast.agent)
    text = download(browser, **{"as": "json"}).text
    spaced = " ".join(lived[-1][at : at + 8] for at in range(0, 64, 8)).upper()
    for told in (lived[-1], spaced):
        answer = run(tmp_path, text, told)
        assert answer.returncode == 0, answer.stderr
        assert "4 entries, balance 10: all right" in answer.stdout
        assert "前 3 条已封存在 2026-03-10" in answer.stdout
    board = tmp_path / "digests.json"
    board.write_bytes(browser.get("/api/v1/coins/digests").data)
    assert run(tmp_path, text, str(board)).returncode == 0


def test_an_older_root_needs_its_day(
    cast: Any, client_of: Any, lived: list[str], tmp_path: Path
) -> None:
    browser = client_of(cast.agent)
    assert run(tmp_path, download(browser, **{"as": "json"}).text, lived[1]).returncode == 1
    text = download(browser, day="2026-03-01", **{"as": "json"}).text
    answer = run(tmp_path, text, lived[1])
    assert answer.returncode == 0, answer.stderr
    assert "前 2 条已封存在 2026-02-20" in answer.stdout
    assert run(tmp_path, text, lived[2]).returncode == 0


def test_what_it_cannot_check_it_says(
    cast: Any, client_of: Any, lived: list[str], tmp_path: Path
) -> None:
    text = download(client_of(cast.agent), **{"as": "json"}).text
    alone = run(tmp_path, text)
    assert alone.returncode == 2
    assert lived[-1][:8] in alone.stderr
    for told in ("nothing.json", "12345", str(CHECKER)):
        assert run(tmp_path, text, told).returncode == 2, told
    board = tmp_path / "digests.json"
    board.write_text('{"digests": [{"day": "2020-01-01", "root": "0"}]}')
    assert run(tmp_path, text, str(board)).returncode == 2
    board.write_text(json.dumps({"digests": [{"day": "2026-03-10", "root": "0" * 64}]}))
    assert run(tmp_path, text, str(board)).returncode == 1
    assert run(tmp_path, text, "0" * 64).returncode == 1
    for broken in ("", "{}", "[]", "null", "\x00", '{"format":"x"}'):
        assert run(tmp_path, broken, lived[-1]).returncode == 1


def test_before_the_first_night(
    cast: Any, client_of: Any, fund: Any, give: Any, tmp_path: Path
) -> None:
    fund()
    give()
    answer = run(tmp_path, download(client_of(cast.agent), **{"as": "json"}).text, "0" * 64)
    assert answer.returncode == 2
    assert "come back tomorrow" in answer.stderr


def checker() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "checker"}
    exec(compile(CHECKER.read_text(encoding="utf-8"), str(CHECKER), "exec"), names)
    return names


def is_found(names: dict[str, Any], text: str, root: str) -> bool:
    try:
        names["check"](text, root)
    except (names["Wrong"], names["Unchecked"]):
        return True
    return False


def test_one_changed_character_anywhere_is_found(
    cast: Any, client_of: Any, lived: list[str], tmp_path: Path
) -> None:
    """Every position of the file, and as a process for some of them."""
    text = download(client_of(cast.agent), day="2026-02-01", **{"as": "json"}).text
    root, names, rng = lived[-1], checker(), random.Random(7)
    assert not is_found(names, text, root)
    for place, sign in enumerate(text):
        for other in {rng.choice("0123456789abcdef"), rng.choice('x" ,}\n-A'), sign.swapcase()}:
            changed = text[:place] + other + text[place + 1 :]
            assert changed == text or is_found(names, changed, root), (place, sign, other)
        assert is_found(names, text[:place] + text[place + 1 :], root), place
    for _ in range(12):
        place = rng.randrange(len(text))
        other = "7" if text[place] != "7" else "3"
        answer = run(tmp_path, text[:place] + other + text[place + 1 :], root)
        assert answer.returncode == 1, (place, answer.stdout, answer.stderr)
        assert "Traceback" not in answer.stderr


def test_the_first_wrong_entry_is_named(
    cast: Any, client_of: Any, lived: list[str], tmp_path: Path
) -> None:
    statement = json.loads(download(client_of(cast.agent), **{"as": "json"}).text)
    for entry in statement["entries"][1:]:
        entry["amount"] += 1
        entry["balance"] += 1
    answer = run(tmp_path, json.dumps(statement), lived[-1])
    assert answer.returncode == 1
    assert "Entry 2 is the first that is wrong" in answer.stderr


def test_a_chain_made_anew_does_not_lead_to_the_digest(
    cast: Any, client_of: Any, lived: list[str], tmp_path: Path
) -> None:
    names = checker()
    statement = json.loads(download(client_of(cast.agent), **{"as": "json"}).text)
    statement["entries"][0]["reason"] = "thank"
    before = names["FIRST"]
    for entry in statement["entries"]:
        fields = [entry[name] for name in names["LISTS"]["entries"] if name != "hash"]
        before = entry["hash"] = names["digest"](before, statement["account"], *fields)
    answer = run(tmp_path, names["written"](statement), lived[-1])
    assert answer.returncode == 1
    assert "No way leads to the digest of 2026-03-10" in answer.stderr


def test_the_checker_is_plain_and_old_enough(client: Any) -> None:
    source = CHECKER.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {"__future__", "hashlib", "json", "sys", "typing"}
    with client.get("/static/sunhome_check.py") as served:
        assert served.text == source
    assert run_help().returncode == 2


def run_help() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECKER), "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_page(cast: Any, client_of: Any, lived: list[str]) -> None:
    page = client_of(cast.agent).get("/coins/statement").text
    assert "2026-01" in page
    assert "2025" not in page
    assert "sunhome_check.py" in page
    assert queries.DigestLine.__name__ not in page
