"""Who may see and do what with people: pure predicates, no session, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from portal.base.access import Viewer, signed_in

__all__ = ["signed_in"]


class HasPlace(Protocol):
    """A person with the units they are in today."""

    id: int

    @property
    def place(self) -> Sequence[int]: ...

    @property
    def in_service(self) -> bool: ...


FIELD_GROUPS: dict[str, frozenset[str]] = {
    # group: the relations that may read it
    "card": frozenset({"self", "leader", "hr", "auditor", "general_manager", "colleague"}),
    "service": frozenset({"self", "leader", "hr", "auditor", "general_manager"}),
    "contact": frozenset({"self", "leader", "hr"}),
    "birthday": frozenset({"self", "hr"}),
    "identity": frozenset({"self", "hr"}),
}
"""Fields of a person by group, and who may read them. What is not named here nobody reads.

card: name, team, title. service: staff numbers, dates, contract. contact: telephone, mail.
birthday: date of birth (so: age). identity: identity number, ethnicity, education.
"""


def relations(viewer: Viewer, person: HasPlace) -> frozenset[str]:
    """How `viewer` stands to `person`: the keys of FIELD_GROUPS."""
    found = {"colleague"} if viewer.is_authenticated and person.in_service else set()
    if viewer.id == person.id:
        found.add("self")
    place = person.place
    if viewer.has_over("leader", place) and viewer.id != person.id:
        found.add("leader")
    for role in ("hr", "auditor", "general_manager"):
        if viewer.has_over(role, place):
            found.add(role)
    return frozenset(found)


def may_see(viewer: Viewer, person: HasPlace) -> bool:
    """A colleague's card is for all; one who has left is seen by HR and the auditor only."""
    return bool(relations(viewer, person) & FIELD_GROUPS["card"])


def may_see_group(viewer: Viewer, person: HasPlace, group: str) -> bool:
    return bool(relations(viewer, person) & FIELD_GROUPS[group])


def may_import(viewer: Viewer) -> bool:
    """HR brings the staff roster in; it creates people anywhere, so a site is not enough."""
    return viewer.has("hr")


def may_manage(viewer: Viewer) -> bool:
    """HR of some site: opens the HR pages; the record decides about the site."""
    return viewer.has("hr")


def may_edit(viewer: Viewer, person: HasPlace) -> bool:
    """HR of the person's site. Nobody edits themself."""
    return viewer.id != person.id and viewer.has_over("hr", person.place)


def may_give_roles(viewer: Viewer) -> bool:
    """Roles are given by HR and by the administrator."""
    return viewer.has("hr") or viewer.has("administrator")


def may_administer(viewer: Viewer) -> bool:
    """The administrator runs the system; that alone opens nobody's file."""
    return viewer.has("administrator")
