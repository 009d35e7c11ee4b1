"""Who may see and do what with coins: pure predicates, no session, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from portal.base.access import Viewer, signed_in

__all__ = ["signed_in"]


class HasPlace(Protocol):
    """A unit, with itself and the units above it, the nearest first."""

    @property
    def place(self) -> Sequence[int]: ...


class HasId(Protocol):
    """A person."""

    @property
    def id(self) -> int: ...


class HasRecord(HasId, HasPlace, Protocol):
    """A person with the units of their (last) position; `in_service`: works here today."""

    @property
    def in_service(self) -> bool: ...


class IsAward(HasPlace, Protocol):
    """An award: who gave it, who received it, and out of which unit's budget."""

    by_id: int

    @property
    def people(self) -> Sequence[int]: ...


class IsRequest(HasPlace, Protocol):
    """What somebody asked and another decides: who asked, who gives it, who receives it."""

    @property
    def by_id(self) -> int: ...

    @property
    def giver_id(self) -> int: ...

    @property
    def people(self) -> Sequence[int]: ...


OVERSEERS = ("leader", "hr", "auditor", "general_manager")
"""Roles that see the awards given in their units."""


def may_open_budget(viewer: Viewer) -> bool:
    """Leaders award; the budget decides about the unit."""
    return viewer.has("leader")


def may_award(viewer: Viewer, unit: HasPlace) -> bool:
    """The leader of the unit, or of one above it."""
    return viewer.has_over("leader", unit.place)


def may_open_overview(viewer: Viewer) -> bool:
    """HR looks after the budgets; the auditor and the general manager read along."""
    return any(viewer.has(role) for role in ("hr", "auditor", "general_manager"))


def may_manage(viewer: Viewer) -> bool:
    """HR of some site: opens the page; the unit decides."""
    return viewer.has("hr")


def may_fund(viewer: Viewer, unit: HasPlace) -> bool:
    """HR of the unit's site."""
    return viewer.has_over("hr", unit.place)


def may_see_budget(viewer: Viewer, unit: HasPlace) -> bool:
    """Reads what came into a unit's budget and went out: its leaders, and those of the overview."""
    return any(viewer.has_over(role, unit.place) for role in OVERSEERS)


def is_own(viewer: Viewer, person: HasId) -> bool:
    """A wallet is its owner's affair, and nobody else's."""
    return viewer.id == person.id


def may_see_received(viewer: Viewer, person: HasRecord) -> bool:
    """What somebody received in recognition, as on the growth file: the person, their leader now,
    HR of the site, the general manager over his scope."""
    if is_own(viewer, person):
        return True
    if person.in_service and viewer.has_over("leader", person.place):
        return True
    return any(viewer.has_over(role, person.place) for role in ("hr", "general_manager"))


def may_see_sums(viewer: Viewer, _kind: object) -> bool:
    """The sums of the notice board are for everybody, and so is what adds up to them."""
    return signed_in(viewer)


def nobody_here(_viewer: Viewer, _subject: object) -> bool:
    """Opened by another room, behind its own policy."""
    return False


def may_set_numbers(viewer: Viewer) -> bool:
    """The numbers hold for the whole house, so HR of one site is not enough."""
    return viewer.has_over("hr", ())


def may_see(viewer: Viewer, award: IsAward) -> bool:
    """Who gave it, who received it, their unit (recognition is said aloud there), and those who
    answer for the unit."""
    if award.by_id == viewer.id or viewer.id in award.people:
        return True
    place = award.place
    if place and place[0] in viewer.place:
        return True
    return any(viewer.has_over(role, place) for role in OVERSEERS)


def may_join(viewer: Viewer, award: IsAward) -> bool:
    """Whoever may see somebody else's award may thank for it too, if anybody else received it."""
    return award.by_id != viewer.id and any(each != viewer.id for each in award.people)


def may_withdraw(viewer: Viewer, award: IsAward) -> bool:
    """Only who gave it; the rule decides until when."""
    return award.by_id == viewer.id


def may_ask_withdrawal(viewer: Viewer, award: IsAward) -> bool:
    """Who gave it, and HR of the unit's site; not who received it."""
    if award.by_id == viewer.id:
        return True
    return viewer.has_over("hr", award.place) and viewer.id not in award.people


# ---- a second pair of eyes ----------------------------------------------------------------------


def may_review(viewer: Viewer) -> bool:
    """Leaders and HR; what waits for whom, the request decides."""
    return viewer.has("leader") or viewer.has("hr")


def answers_for(viewer: Viewer, unit: HasPlace) -> bool:
    """Leads a unit above this one, or is HR of its site."""
    return viewer.has_over("leader", unit.place[1:]) or viewer.has_over("hr", unit.place)


def is_party(viewer: Viewer, asked: IsRequest) -> bool:
    """Asked for it, gave it, or receives it: somebody else decides."""
    return viewer.id in {asked.by_id, asked.giver_id} or viewer.id in asked.people


def may_decide(viewer: Viewer, asked: IsRequest) -> bool:
    """Answers for the unit, and is no party to it."""
    return not is_party(viewer, asked) and answers_for(viewer, asked)


def may_see_request(viewer: Viewer, asked: IsRequest) -> bool:
    """Who asked, who gave, who may decide; the auditor reads along. Not those who receive: they are
    told when it is decided."""
    if viewer.id in {asked.by_id, asked.giver_id}:
        return True
    if viewer.id in asked.people:
        return False
    return answers_for(viewer, asked) or viewer.has_over("auditor", asked.place)


def may_recall(viewer: Viewer, asked: IsRequest) -> bool:
    """Only who asked."""
    return asked.by_id == viewer.id
