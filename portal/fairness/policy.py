"""Who may see and decide what: pure predicates, no session, no clock."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from portal.base.access import Viewer, signed_in

__all__ = ["signed_in"]

OVERSEERS = ("auditor", "general_manager")


class IsCase(Protocol):
    """A case: the two it is about, and the units of both with all above them."""

    @property
    def people(self) -> Collection[int]: ...

    @property
    def place(self) -> tuple[int, ...]: ...


class IsRule(Protocol):
    """A rule of awards: who looks them over."""

    @property
    def owner_id(self) -> int: ...


def may_look_after(viewer: Viewer) -> bool:
    """The roles from which somebody outside the line is found; the case decides."""
    return any(viewer.has(role) for role in ("hr", *OVERSEERS))


def may_see(viewer: Viewer, case: IsCase) -> bool:
    """The two it is about, and who may decide; for all others it is not there."""
    return viewer.id in case.people or may_decide(viewer, case)


def may_answer(viewer: Viewer, case: IsCase) -> bool:
    """The two it is about."""
    return viewer.id in case.people


def may_decide(viewer: Viewer, case: IsCase) -> bool:
    """Somebody outside the line: neither of the two, nobody who leads one of them; the auditor,
    the general manager, or HR of another site."""
    if viewer.id in case.people or viewer.has_over("leader", case.place):
        return False
    if any(viewer.has_over(role, case.place) for role in OVERSEERS):
        return True
    return viewer.has("hr") and not viewer.has_over("hr", case.place)


def may_set_rules(viewer: Viewer) -> bool:
    """Rules hold for the whole house, so HR of one site is not enough."""
    return viewer.has_over("hr", ())


def may_end(viewer: Viewer, _rule: IsRule) -> bool:
    """Whoever sets the rules."""
    return may_set_rules(viewer)


def may_look_over(viewer: Viewer, rule: IsRule) -> bool:
    """The rule's owner; HR of the whole house for what concerns the owner."""
    return viewer.id == rule.owner_id or may_set_rules(viewer)
