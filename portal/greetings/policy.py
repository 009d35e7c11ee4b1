"""Who may see whose birthday: pure predicates. Nobody is shown an age or a year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from portal.base.access import Viewer, signed_in
from portal.greetings.models import Tell

__all__ = ["may_forecast", "may_see", "signed_in"]


class HasTell(Protocol):
    """A birthday: whose it is and who is told."""

    @property
    def person_id(self) -> int: ...

    @property
    def tell(self) -> Tell: ...


def may_see(viewer: Viewer, birthday: HasTell, place: Sequence[int]) -> bool:
    """`place`: the units its owner is in on the day, the nearest first; empty for leavers.

    Oneself, and whoever the owner lets know: the own team and its leaders, or everybody.
    """
    if viewer.id == birthday.person_id:
        return True
    if not place or birthday.tell not in {Tell.TEAM, Tell.ALL}:
        return False
    same_team = bool(viewer.place) and viewer.place[0] == place[0]
    return birthday.tell == Tell.ALL or same_team or viewer.has_over("leader", place)


def may_forecast(viewer: Viewer) -> bool:
    """HR plans the coming month, for the people of the sites in their care."""
    return viewer.has("hr")
