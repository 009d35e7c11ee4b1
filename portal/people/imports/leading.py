"""A roster says who leads: team leaders their team, department managers their department."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from flask_babel import gettext as _

from portal.people.imports.places import Place
from portal.people.imports.plan import New, Ref
from portal.people.imports.reading import Line
from portal.people.imports.timeline import Span, at
from portal.people.imports.work import Work
from portal.people.models import Role, UnitKind


class LeaderPlan:
    """Plans the role of leader by title, bound to working in the unit (it ends with the move).

    A department that stands at several sites has one manager: who manages it anywhere leads it
    also where it has no manager of its own.
    """

    def __init__(self, work: Work) -> None:
        self.work, self.mapping, self.as_of = work, work.mapping, work.as_of
        self.plan, self.house, self.places = work.plan, work.house, work.places
        self.wanted: dict[Ref, list[tuple[Place, Ref, date]]] = defaultdict(list)
        self.managed: dict[Place, tuple[Ref, date]] = {}
        self.seen: dict[Ref, Line] = {}
        self.gone: set[int] = set()
        self.numbers: set[str] = set()

    def take(self, person: Ref, line: Line, now: Span | None, *, is_gone: bool) -> None:
        """Note what this row says: `now` is the position on the file's day."""
        self.numbers.add(line.values["staff_no"])
        if is_gone:
            if isinstance(person, int):
                self.gone.add(person)
            return
        self.seen[person] = line
        if now is None or not self.mapping.leaders:
            return
        place = self.places.by_ref.get(now.facts[0])
        if place is None or now.facts[1] not in self.mapping.leaders.get(place.kind.value, ()):
            return
        since = max(self.as_of, now.start)
        self.wanted[person].append((place, place.ref, since))
        if place.kind is UnitKind.DEPARTMENT:
            self.managed[place] = (person, since)

    def finish(self) -> None:
        """Plan what is new and what ends."""
        self._reach_other_sites()
        for person, line in self.seen.items():
            held = self.house.grants[person] if isinstance(person, int) else []
            leads = {row.unit_id for row in held if row.role == Role.LEADER}
            for place, bound, since in self.wanted[person]:
                if place.ref not in leads:
                    self._begin(person, line, place, bound, since)
            self._end_lost(person, line)
        for person in self.gone - set(self.seen):
            if not self._serves_elsewhere(person):
                for row in self.house.grants[person]:
                    self._close(row.id, row.valid_from, row.valid_to)

    def _serves_elsewhere(self, person: int) -> bool:
        """In service by an employment that the file does not name."""
        return any(
            at((row.span for row in self.house.terms[employment_id]), self.as_of)
            for employment_id in self.house.of_person[person]
            if self.house.staff_no_of[employment_id] not in self.numbers
        )

    def _reach_other_sites(self) -> None:
        own = {key.ref for key in self.managed}
        by_name: dict[str, list[tuple[Ref, Ref, date]]] = defaultdict(list)
        for key, (person, since) in self.managed.items():
            by_name[key.name].append((person, key.ref, since))
        for place in list(self.places.by_ref.values()):
            managers = by_name.get(place.name, [])
            if place.kind is not UnitKind.DEPARTMENT or not self.work.covers(place.path):
                continue
            if place.ref not in own and len(managers) == 1:
                person, bound, since = managers[0]
                self.wanted[person].append((place, bound, since))

    def _begin(self, person: Ref, line: Line, place: Place, bound: Ref, since: date) -> None:
        if person == self.work.by_id:
            self.work.doubt(
                line, "own_role", "title",
                lambda: _("不能给自己授权：带班没有导入，请让另一位同事来做。"),
            )  # fmt: skip
            return
        self.plan.add(
            "role_grant", person_id=person, role=Role.LEADER.value, unit_id=place.ref,
            while_in_unit_id=bound, valid_from=since, valid_to=None, given_by_id=None,
        )  # fmt: skip
        self.plan.counts["leaders_new"] += 1
        self.work.change(line, "leader", "leads", "", place.shown)

    def _end_lost(self, person: Ref, line: Line) -> None:
        """What an import gave and the roster no longer says ends; what people gave stays."""
        if isinstance(person, New) or not self.mapping.leaders or not line.has("title"):
            return
        wanted = {place.ref for place, _bound, _since in self.wanted[person]}
        for row in self.house.grants[person]:
            given_by_import = row.batch_id is not None and row.given_by_id is None
            if row.role == Role.LEADER and given_by_import and row.unit_id not in wanted:
                self._close(row.id, row.valid_from, row.valid_to)
                place = self.places.by_ref.get(row.unit_id)
                self.work.change(line, "leader", "leads", place.shown if place else "", "")

    def _close(self, grant_id: int, since: date, until: date | None) -> None:
        day = max(self.as_of, since)
        if until is None or until > day:
            self.plan.change("role_grant", grant_id, {"valid_to": until}, {"valid_to": day})
            self.plan.counts["leaders_ended"] += 1
