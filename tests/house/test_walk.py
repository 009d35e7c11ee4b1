"""A walk over every endpoint × every part × near and far records finds what is written down (A1).

After a change that is meant: `pytest tests/house/test_walk.py --write-golden`, and review the
difference of walk.txt.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from flask import Flask

from tests.cast import Cast
from tests.house import records
from tests.house.walk import GOLDEN, Case, walk

CLOSED = {303, 401, 403, 404}


@pytest.fixture
def walked(app: Flask, cast: Cast, db: Any, at: Any) -> tuple[list[str], list[str]]:
    """The walk as text, and what it found that must never be."""
    at("2026-03-04 10:00")
    with db() as session:
        known = records.make(session, cast)
    answers: dict[Case, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    wrong: list[str] = []

    def note(case: Case, part: str, status: int, writes: list[str]) -> None:
        answers[case][status].append(part)
        if status >= 500:
            wrong.append(f"{status} for {part}: {case.method} {case.url}")
        if writes and (case.method == "GET" or status in CLOSED - {303}):
            wrong.append(f"{case.method} {case.url} answered {part} {status} and wrote {writes[0]}")
        if part in {"stale", "disabled", "leaver"} and status == 200:
            anonymous = 200 in answers[case] and "anonymous" in answers[case][200]
            if not anonymous:
                wrong.append(f"{part} got {case.method} {case.url}")

    walk(app, cast, known, note)
    lines = [
        f"{case.method} {case.rule}{' of ' + case.record if case.record else ''}: "
        + "; ".join(f"{status} {' '.join(parts)}" for status, parts in sorted(found.items()))
        for case, found in answers.items()
    ]
    return lines, wrong


@pytest.mark.on("sqlite")
def test_the_walk_is_as_written_down(
    walked: tuple[list[str], list[str]], request: pytest.FixtureRequest
) -> None:
    lines, wrong = walked
    assert not wrong, "\n".join(wrong[:40])
    assert not told_apart(lines), "\n".join(told_apart(lines))
    if request.config.getoption("--write-golden"):
        GOLDEN.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()


def told_apart(lines: list[str]) -> list[str]:
    """Where a far record is refused otherwise than a missing one: that tells that it is there."""
    status: dict[tuple[str, str, str], str] = {}
    for line in lines:
        head, _colon, rest = line.partition(": ")
        path, _of, record = head.partition(" of ")
        for group in rest.split("; "):
            code, *parts = group.split(" ")
            for part in parts:
                status[(path, record, part)] = code
    return [
        f"{path}: {part} gets {code} for a far record, {status[(path, 'missing', part)]} for none"
        for (path, record, part), code in status.items()
        if record == "far" and code == "404" and status.get((path, "missing", part), code) != code
    ]
