"""Imports go down the floors, and inside a room down the list of its files (HOUSE §2, §3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.source import PORTAL, imported, modules, name_of

FLOORS = (
    {"base"},
    {"people"},
    {"audit", "jobs"},
    {"notify"},
    {"coins"},
    {"growth", "suggestions", "greetings", "drives", "rewards"},
    {"home", "demo"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FACES = {"models", "policy", "queries", "rules", "fields"}
"""What other rooms may import of a room. `fields`: form fields it lends (choosing a person)."""
ORDER = (
    "models",
    "policy",
    "queries",
    "rules",
    "imports",
    "jobs",
    "fields",
    "forms",
    "views",
    "api",
    "",
)
"""The files of a room in the order in which they may import one another; '' is the card."""


def split(name: str) -> tuple[str, str]:
    room, _dot, rest = name.partition(".")
    return room, rest.partition(".")[0]


def faults(source: str, target: str) -> str | None:  # noqa: PLR0911
    """Why the module `source` may not import `target`; None when it may."""
    if target.startswith("."):
        return "a relative import"
    room, file = split(source)
    other, face = split(target)
    if room == "":
        return None
    if other == "":
        return "the top of the house is above every room"
    if room == other:
        return None if room in {"base", "demo"} else _inside(file, face)
    if FLOOR_OF[other] >= FLOOR_OF[room]:
        return f"{other} is not below {room}"
    if other != "base" and face not in FACES:
        return f"{other}.{face or '__init__'} is private"
    return None


def _inside(file: str, other: str) -> str | None:
    for name in (file, other):
        if name not in ORDER:
            return f"{name} is no file that a room has"
    return None if ORDER.index(other) <= ORDER.index(file) else f"{file} is below {other}"


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_imports_go_down(path: Path) -> None:
    source = name_of(path)
    wrong = {
        f"{path.relative_to(PORTAL.parent)}:{line}: {target}: {fault}"
        for target, line in imported(path)
        if (fault := faults(source, target))
    }
    assert not wrong, "\n".join(sorted(wrong))


def test_every_room_has_a_floor() -> None:
    rooms = {path.parent.name for path in PORTAL.glob("*/__init__.py")}
    assert rooms == set(FLOOR_OF)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("people.rules.keys", "coins.models"),
        ("coins.rules", "growth.queries"),
        ("growth.views", "drives.models"),
        ("coins.views", "people.views"),
        ("coins.models", "coins.rules"),
        ("coins.rules", "coins.forms"),
        ("base.db", "people.models"),
        ("people.views", ".rules"),
    ],
)
def test_a_planted_fault_is_found(source: str, target: str) -> None:
    assert faults(source, target)
