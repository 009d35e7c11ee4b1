"""Who may see and do what with drives and gifts: pure predicates, no session, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from portal.base.access import Grant, Viewer, signed_in
from portal.drives.models import Drive, DriveState, Gift, Shown

__all__ = ["signed_in"]

OVERSEERS = ("committee", "station", "auditor", "general_manager")

ALL = Viewer(0, "", "", None, (), "", frozenset())
"""The eyes of everybody at once: sees what is shown to all, and nothing more."""

OPERATOR = Viewer(0, "", "", None, (), "", frozenset({Grant("auditor", None)}))
"""Who runs commands: finds the opened drives of every site. Names are masked as for ALL."""


class Given(Protocol):
    """What must be known of a gift to decide whether its giver is named."""

    @property
    def giver_id(self) -> int | None: ...

    @property
    def shown(self) -> str: ...


def is_organiser(viewer: Viewer) -> bool:
    """Prepares and opens drives: the committee and the culture station."""
    return viewer.has("committee") or viewer.has("station")


def is_committee(viewer: Viewer) -> bool:
    """Handles the money: cash, corrections, closing."""
    return viewer.has("committee")


def may_export(viewer: Viewer) -> bool:
    """Takes the list of gifts along: the committee and the auditor, masked for each of them."""
    return viewer.has("committee") or viewer.has("auditor")


def may_see(viewer: Viewer, drive: Drive) -> bool:
    """Drafts: who prepares them. Others: the staff they are for, and who answers for drives."""
    if drive.state == DriveState.DRAFT:
        return may_prepare(viewer, drive)
    if drive.unit_id is None or drive.unit_id in viewer.place:
        return signed_in(viewer)
    return any(viewer.has_over(role, drive.place) for role in OVERSEERS)


def may_prepare(viewer: Viewer, drive: Drive) -> bool:
    """Edits and opens: committee or station over the staff it is for."""
    return viewer.has_over("committee", drive.place) or viewer.has_over("station", drive.place)


def may_give(viewer: Viewer, drive: Drive) -> bool:
    """Everybody who sees it may give to it; whether it takes gifts now is a rule."""
    return may_see(viewer, drive)


def may_keep(viewer: Viewer, drive: Drive) -> bool:
    """Records cash, corrects, closes: the committee over the staff it is for."""
    return drive.state != DriveState.DRAFT and viewer.has_over("committee", drive.place)


def may_tell(viewer: Viewer, drive: Drive) -> bool:
    """Posts an update: who may prepare drives, once it is open to all."""
    return drive.state != DriveState.DRAFT and may_prepare(viewer, drive)


def may_take_list(viewer: Viewer, drive: Drive) -> bool:
    """Takes the list of its gifts along: committee and auditor over the staff it is for."""
    if drive.state == DriveState.DRAFT:
        return False
    return any(viewer.has_over(role, drive.place) for role in ("committee", "auditor"))


def names_giver(viewer: Viewer, place: Sequence[int], gift: Given) -> bool:
    """Whether `viewer` is told who gave: the one mask of page, list, export, API and notice.

    `place`: of the drive. An anonymous gift names nobody to anybody.
    """
    if gift.shown == Shown.ANONYMOUS:
        return False
    if gift.shown == Shown.PUBLIC:
        return True
    is_own = gift.giver_id is not None and gift.giver_id == viewer.id
    return is_own or viewer.has_over("committee", place)


def may_see_receipt(viewer: Viewer, gift: Gift) -> bool:
    """A receipt is for its giver and for the committee."""
    is_own = gift.giver_id is not None and gift.giver_id == viewer.id
    return is_own or viewer.has_over("committee", gift.place)


def may_reverse(viewer: Viewer, gift: Gift) -> bool:
    """Puts a wrongly recorded gift right: the committee over the staff it is for."""
    return may_keep(viewer, gift.drive)
