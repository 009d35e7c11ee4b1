"""Who may read which part of a growth file, and who may write into it. Pure predicates.

A file is read by the person, the leader of their team *now*, HR of their site, the general manager
over his scope, and the auditor (basics and performance). For everybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from portal.base.access import Viewer, signed_in
from portal.people.policy import FIELD_GROUPS as PEOPLE_GROUPS

__all__ = ["signed_in"]


class HasFile(Protocol):
    """A person with the units of their (last) position; `in_service`: works here today."""

    @property
    def id(self) -> int: ...
    @property
    def place(self) -> Sequence[int]: ...
    @property
    def in_service(self) -> bool: ...


class IsSheet(Protocol):
    """A performance sheet: whose import it was."""

    @property
    def imported_by_id(self) -> int | None: ...


class IsHonour(Protocol):
    """An honour: who recorded it."""

    @property
    def recorded_by_id(self) -> int | None: ...


READERS = frozenset({"self", "leader", "hr", "general_manager", "auditor"})
"""The relations that open a file at all."""

FIELD_GROUPS: dict[str, frozenset[str]] = {
    **{name: readers & READERS for name, readers in PEOPLE_GROUPS.items()},
    "performance": frozenset({"self", "leader", "hr", "general_manager", "auditor"}),
    "honours": frozenset({"self", "leader", "hr", "general_manager"}),
    "timeline": frozenset({"self", "leader", "hr", "general_manager"}),
    "looks": frozenset({"self"}),
}
"""Parts of the file by group, and the relations that may read them.

performance: the monthly figures. honours: honours and certificates. timeline: changes of position
with their documents, and what other rooms add (coins received, suggestions). looks: who looked.
The other groups are those of `people`.
"""

ROLE_SHOWN = ("self", "leader", "hr", "general_manager", "auditor")
"""In which role a look is noted, when somebody has several."""


def relations(viewer: Viewer, person: HasFile) -> frozenset[str]:
    """How `viewer` stands to this file."""
    if not viewer.is_authenticated:
        return frozenset()
    if viewer.id == person.id:
        return frozenset({"self"})
    found = set()
    if person.in_service and viewer.has_over("leader", person.place):
        found.add("leader")
    for role in ("hr", "general_manager", "auditor"):
        if viewer.has_over(role, person.place):
            found.add(role)
    return frozenset(found)


def may_see(viewer: Viewer, person: HasFile) -> bool:
    """The file opens for those who stand in one of the five relations, and for nobody else."""
    return bool(relations(viewer, person) & READERS)


def groups(related: frozenset[str]) -> frozenset[str]:
    """The parts that these relations may read."""
    return frozenset(name for name, readers in FIELD_GROUPS.items() if related & readers)


def role_of(related: frozenset[str]) -> str:
    """The one relation under which a look is noted."""
    return next(role for role in ROLE_SHOWN if role in related)


def may_see_files(viewer: Viewer) -> bool:
    """The list of files: for those who may open any file but their own."""
    return any(viewer.has(role) for role in ("leader", "hr", "general_manager", "auditor"))


def may_record(viewer: Viewer) -> bool:
    """HR of some site: opens the pages for figures and honours; the rules look at each person."""
    return viewer.has("hr")


def may_record_for(viewer: Viewer, person: HasFile) -> bool:
    """HR of the person's site, never for oneself."""
    return viewer.id != person.id and viewer.has_over("hr", person.place)


def may_see_sheet(viewer: Viewer, sheet: IsSheet) -> bool:
    """A sheet names people of everywhere: for the HR person who brought it in, and HR of the whole
    house."""
    if not viewer.has("hr"):
        return False
    return sheet.imported_by_id == viewer.id or viewer.has_over("hr", ())


def may_see_honour(viewer: Viewer, _honour: IsHonour) -> bool:
    """An honour is there to be known: the book of honours is open to all of HR."""
    return viewer.has("hr")


def may_withdraw(viewer: Viewer, honour: IsHonour) -> bool:
    """Taken back as wrongly entered by who recorded it, or by HR of the whole house."""
    return viewer.has("hr") and (honour.recorded_by_id == viewer.id or viewer.has_over("hr", ()))
