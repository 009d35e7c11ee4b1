"""House rules that can be read off the source: who commits, what is never written (A7), sizes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import PORTAL, ROOT, modules, name_of, tree_of

COMMITTERS = {"base.db"}
ID_LOADERS = {"base.access", "base.once", "base.throttle"}
OWN_WORDS = {("base.words", "Markup")}
"""Marked as needing no escape: our own catalogue's texts, never what somebody typed."""
FORBIDDEN_CALLS = {"eval", "exec", "Markup", "render_template_string", "compile_expression"}
LONGEST_MODULE, LONGEST_FUNCTION = 400, 70


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last part of what is called."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                yield called.attr, node
            elif isinstance(called, ast.Name):
                yield called.id, node


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_only_the_unit_of_work_commits(path: Path) -> None:
    if name_of(path) in COMMITTERS:
        return
    found = [node.lineno for name, node in calls(path) if name == "commit"]
    assert not found, f"{name_of(path)} commits in lines {found}"


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_nothing_escapes_the_escape(path: Path) -> None:
    found = {
        (name, node.lineno)
        for name, node in calls(path)
        if name in FORBIDDEN_CALLS and (name_of(path), name) not in OWN_WORDS
    }
    assert not found, f"{name_of(path)}: {found}"


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.*")), ids=lambda p: p.name)
def test_templates_never_mark_text_safe(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", text), path.name
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|javascript:", text), f"{path.name}: inline"


@pytest.mark.parametrize("path", [p for p in modules() if p.stem in {"views", "api"}], ids=name_of)
def test_views_fetch_no_record_by_bare_id(path: Path) -> None:
    """A record is fetched for a person: `load`, or a query that names who may see it."""
    found = [
        node.lineno
        for name, node in calls(path)
        if name in {"get_one", "get_or_404", "first_or_404"}
        or (name == "get" and _is_session_get(node))
    ]
    assert not found, f"{name_of(path)}: lines {found}"


def _is_session_get(node: ast.Call) -> bool:
    function = node.func
    if not isinstance(function, ast.Attribute):
        return False
    return "session" in ast.unparse(function.value)


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_rules_know_no_request(path: Path) -> None:
    parts = name_of(path).split(".")
    if len(parts) < 2 or parts[1] != "rules":
        return
    text = path.read_text(encoding="utf-8")
    for word in ("request", "current_user", "url_for", "me"):
        assert not re.search(rf"\bimport\b[^\n]*\b{word}\b", text), f"{name_of(path)} uses {word}"


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_only_the_clock_reads_the_clock(path: Path) -> None:
    if name_of(path) in {"base.clock"}:
        return
    found = [
        node.lineno
        for name, node in calls(path)
        if name in {"now", "today", "utcnow"}
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value).split(".")[-1] in {"datetime", "date"}
    ]
    assert not found, f"{name_of(path)}: lines {found}"


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE, f"{name_of(path)} has {lines} lines"
    long = {
        node.name: length
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long, f"{name_of(path)}: {long}"


def test_the_checks_see_faults(tmp_path: Path) -> None:
    """Each scanner above is first seen to find a planted fault."""
    planted = tmp_path / "planted.py"
    planted.write_text(
        "from markupsafe import Markup\n"
        "def view(session):\n"
        "    session().commit()\n"
        "    Markup('<b>')\n"
        "    session().get(Person, 1)\n",
        encoding="utf-8",
    )
    found = {name for name, _node in calls(planted)}
    assert {"commit", "Markup", "get"} <= found
    assert any(name == "get" and _is_session_get(node) for name, node in calls(planted))
    assert PORTAL.is_dir()
