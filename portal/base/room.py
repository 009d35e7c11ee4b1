"""What a room shows of itself to the whole house: its card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Blueprint

    from portal.base.access import Viewer


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the menu. `order` places it among the other rooms; `who` says for whom it is."""

    label: Any  # a lazy text
    endpoint: str
    icon: str
    order: int
    who: Callable[[Viewer], bool]


@dataclass(frozen=True, slots=True)
class Job:
    """Work that the clock starts.

    Either `at` ("08:00", a local time of day): `run(day)` is called once for each day, missed days
    included, up to `catch_up` days back. Or `every` (seconds): `run(today)` empties a queue whose
    items are claimed one by one, so it may be called at any time by any number of processes.
    `run` answers how many things it did. It must be harmless to call twice for the same day.
    """

    name: str
    title: Any  # a lazy text
    run: Callable[[date], int]
    at: str | None = None
    every: int | None = None
    catch_up: int = 7


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One moment of a person's working life, for the timeline of the growth file."""

    day: date
    tone: str
    title: str
    text: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class FileSection:
    """What a room adds to the growth file: a figure for the head of the page, and moments."""

    key: str
    label: str
    value: str
    url: str | None = None
    entries: Sequence[FileEntry] = ()


def _nothing(*_: Any) -> Sequence[FileSection]:
    return ()


@dataclass(frozen=True, slots=True)
class Room:
    """A room's card: all that `create_app` and the upper floors may know without importing it.

    blueprints: pages, API and commands. forget(person_id): what the room erases for one who left.
    file_sections(person_id, viewer): its part of the growth file.
    """

    name: str
    blueprints: Sequence[Blueprint] = ()
    menu: Sequence[MenuEntry] = ()
    jobs: Sequence[Job] = ()
    forget: Callable[[int], None] | None = None
    file_sections: Callable[[int, Viewer], Sequence[FileSection]] = _nothing
    evidence: Callable[[str], str | None] | None = None
