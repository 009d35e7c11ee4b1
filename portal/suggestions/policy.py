"""Who may see and do what with suggestions: pure predicates, no session, no clock.

Suggestions are open to all who work here, with their authors' names: what one finds, another need
not find again. Only what was withdrawn is its author's alone again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from portal.base.access import Viewer, signed_in

__all__ = ["may_answer", "may_hand_over", "may_see", "may_withdraw", "signed_in"]


class HasOwner(Protocol):
    """A suggestion: whose it is, who answers it, from which team it came."""

    @property
    def author_id(self) -> int: ...

    @property
    def owner_id(self) -> int: ...

    @property
    def status(self) -> str: ...

    @property
    def place(self) -> Sequence[int]: ...


def may_see(viewer: Viewer, suggestion: HasOwner) -> bool:
    """Everybody who is signed in; a withdrawn one only its author."""
    if not viewer.is_authenticated:
        return False
    return suggestion.status != "withdrawn" or suggestion.author_id == viewer.id


def may_answer(viewer: Viewer, suggestion: HasOwner) -> bool:
    """Its owner, HR over the team it came from, the general manager; never its author."""
    if suggestion.author_id == viewer.id:
        return False
    if suggestion.owner_id == viewer.id or viewer.has("general_manager"):
        return True
    return viewer.has("hr") and viewer.has_over("hr", suggestion.place)


def may_hand_over(viewer: Viewer, suggestion: HasOwner) -> bool:
    """Who may answer may also find somebody better placed to answer."""
    return may_answer(viewer, suggestion)


def may_withdraw(viewer: Viewer, suggestion: HasOwner) -> bool:
    """Its author."""
    return suggestion.author_id == viewer.id
