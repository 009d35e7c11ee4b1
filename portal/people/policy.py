"""Who may see and do what with people: pure predicates, no session, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from portal.base.access import Viewer, signed_in

__all__ = ["signed_in"]


class HasPlace(Protocol):
    """A person with the units they are in today (or were in last)."""

    id: int

    @property
    def place(self) -> Sequence[int]: ...

    @property
    def in_service(self) -> bool: ...


class HasScope(Protocol):
    """A role with the units it is held over, the nearest first; empty for the whole house."""

    @property
    def place(self) -> Sequence[int]: ...


class IsBatch(Protocol):
    """An import, and who brought it in (None: the operator's command)."""

    @property
    def by_id(self) -> int | None: ...


class HasOwner(Protocol):
    """Something that belongs to one person."""

    @property
    def person_id(self) -> int: ...


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
    in_service = person.in_service
    found = {"colleague"} if viewer.is_authenticated and in_service else set()
    if viewer.id == person.id:
        found.add("self")
    if not viewer.grants:
        return frozenset(found)
    place = person.place
    if in_service and viewer.has_over("leader", place) and viewer.id != person.id:
        found.add("leader")
    for role in ("hr", "auditor", "general_manager"):
        if viewer.has_over(role, place):
            found.add(role)
    return frozenset(found)


def may_see(viewer: Viewer, person: HasPlace) -> bool:
    """A colleague's card is for all; one who has left is seen by HR and the auditor only."""
    return bool(relations(viewer, person) & FIELD_GROUPS["card"])


def groups(viewer: Viewer, person: HasPlace) -> frozenset[str]:
    """The groups of fields that `viewer` may read of `person`."""
    held = relations(viewer, person)
    return frozenset(name for name, readers in FIELD_GROUPS.items() if readers & held)


def may_see_group(viewer: Viewer, person: HasPlace, group: str) -> bool:
    return bool(relations(viewer, person) & FIELD_GROUPS[group])


def may_import(viewer: Viewer) -> bool:
    """HR brings the staff roster in; rows of other sites than one's own are refused one by one."""
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


def may_see_grant(viewer: Viewer, grant: HasScope) -> bool:
    """Who gives roles sees those within their own scope; the administrator sees all."""
    if viewer.has("administrator") or viewer.units_as("hr") is None:
        return True
    return viewer.has_over("hr", grant.place)


def may_see_unit(viewer: Viewer, _unit: HasScope) -> bool:
    """The tree is no secret in the house."""
    return viewer.is_authenticated


def may_manage_unit(viewer: Viewer, unit: HasScope) -> bool:
    """HR over the unit or one above it."""
    return viewer.has_over("hr", unit.place)


def may_reset_somebodys(viewer: Viewer) -> bool:
    """Passwords are reset by HR and by the administrator."""
    return viewer.has("hr") or viewer.has("administrator")


def may_reset(viewer: Viewer, person: HasPlace) -> bool:
    """HR of the person's site, or the administrator; for the weighty roles see the rule."""
    return viewer.id != person.id and (
        viewer.has("administrator") or viewer.has_over("hr", person.place)
    )


def may_see_batch(viewer: Viewer, batch: IsBatch) -> bool:
    """A batch is seen by who brought it in, and by HR of the whole house."""
    return viewer.has("hr") and (viewer.units_as("hr") is None or viewer.id == batch.by_id)


def may_see_token(viewer: Viewer, token: HasOwner) -> bool:
    """Tokens and sessions are their owner's alone."""
    return viewer.id == token.person_id


def may_administer(viewer: Viewer) -> bool:
    """The administrator runs the system; that alone opens nobody's file."""
    return viewer.has("administrator")
