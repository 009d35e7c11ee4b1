"""Who may see and do what with notices: pure predicates."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from portal.base import clock
from portal.base.access import Viewer, signed_in

__all__ = ["may_see", "may_watch_mail", "signed_in"]


class HasOwner(Protocol):
    """A notice: whose it is, and from when it is meant to be read."""

    @property
    def person_id(self) -> int: ...

    @property
    def not_before(self) -> datetime: ...


def may_see(viewer: Viewer, notice: HasOwner) -> bool:
    """Nobody reads another's notices; one that is not due yet does not show."""
    return viewer.id == notice.person_id and notice.not_before <= clock.now()


def may_watch_mail(viewer: Viewer) -> bool:
    """The administrator sees that mail goes out, never what is in it."""
    return viewer.has("administrator")


def may_retry(viewer: Viewer, _delivery: object) -> bool:
    """The administrator sends dead letters again."""
    return may_watch_mail(viewer)
