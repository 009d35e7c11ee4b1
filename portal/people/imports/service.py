"""A roster: from when to when somebody serves, where and as what, under whom, leading whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from portal.people.imports import circles
from portal.people.imports.leading import LeaderPlan
from portal.people.imports.places import Place
from portal.people.imports.plan import POSITION, TERM, Known, Ref, position
from portal.people.imports.reading import Line
from portal.people.imports.timeline import Facts, Span, at, clipped, earlier, joined, overlay
from portal.people.imports.work import Work


class ServicePlan:
    """Plans employments, terms, positions and the leading of teams for the rows of a roster."""

    def __init__(self, work: Work) -> None:
        self.work, self.mapping, self.as_of = work, work.mapping, work.as_of
        self.plan, self.house, self.places = work.plan, work.house, work.places
        self.leaders = LeaderPlan(work)
        self.employment: dict[str, Ref] = {}
        self._number_of: dict[Ref, str] = {}

    def make(self, rows: list[tuple[Ref, Line]]) -> None:
        """Plan all rows; superiors need every employment first."""
        for person, line in rows:
            number = line.values["staff_no"]
            known = self.house.employments.get(number)
            if known:
                self.employment[number] = known[0]
            else:
                self.employment[number] = self.plan.add(
                    "employment", person_id=person, staff_no=number
                )
                self.plan.counts["employments_new"] += 1
        lines = [line for _person, line in rows]
        self._check_superiors(lines)
        for person, line in rows:
            self._serve(person, line)
        self.leaders.finish()

    def _check_superiors(self, lines: list[Line]) -> None:
        named = {line.values["superior"] for line in lines if line.get("superior")}
        self.house.load_numbers(named - set(self.employment) - set(self.house.employments))
        for line in lines:
            number = line.get("superior")
            if number and number not in self.employment and number not in self.house.employments:
                self.work.doubt(
                    line, "superior_missing", "superior",
                    lambda: _("没有工号是这个的同事，上级先空着。"),
                )  # fmt: skip
                line.values.pop("superior")
        for line in circles.of(lines):
            self.work.doubt(
                line, "superior_circle", "superior",
                lambda: _("上级关系绕成了一个圈，上级先空着。"),
            )  # fmt: skip
            line.values.pop("superior")

    # ---- one row ------------------------------------------------------------

    def _serve(self, person: Ref, line: Line) -> None:
        number = line.values["staff_no"]
        employment = self.employment[number]
        known_id = employment if isinstance(employment, int) else 0
        terms = self.house.terms[known_id] if known_id else []
        positions = self.house.positions[known_id] if known_id else []
        wanted_terms = self._terms(line, [row.span for row in terms])
        if not wanted_terms:
            return
        start, end = wanted_terms[0].start, wanted_terms[-1].end
        place = self._place(line)
        began = terms[0].span.start if terms else None
        wanted = self._positions(
            line, [row.span for row in positions], place, wanted_terms, began=began
        )
        terms_changed = self.plan.replace(
            "term", terms, wanted_terms, TERM, employment_id=employment
        )
        places_changed = self.plan.replace(
            "position", positions, wanted, POSITION, employment_id=employment
        )
        if not terms:
            self._tell_new(line, place, start)
        elif terms_changed or places_changed:
            self.plan.counts["employments_changed"] += 1
            self._tell_term(line, terms, wanted_terms)
            self._tell_position(line, positions, wanted)
        day = self._speaks_on(end, start)
        is_gone = line.get("last_day") is not None and end is not None and end <= self.as_of
        self.leaders.take(person, line, at(wanted, day), is_gone=is_gone)

    def _speaks_on(self, end: date | None, start: date) -> date:
        """The day on which the row says how things are: the file's day, or the last in service."""
        day = self.as_of if end is None else min(self.as_of, end - timedelta(days=1))
        return max(day, start)

    def _terms(self, line: Line, known: list[Span]) -> list[Span]:
        """From when to when, by which contract; empty where the row cannot say."""
        since = line.get("since") or (known[0].start if known else None)
        if since is None:
            return []
        gone = self._gone(line, known)
        status = line.get("status")
        if not known:
            facts = (line.get("contract"), False)
            spans = [Span(since, gone, facts)]
        else:
            spans = [known[0]._replace(start=since), *known[1:]]
            spans = [*spans[:-1], spans[-1]._replace(end=gone)]
            spans = clipped(spans, since, gone)
        day = self._speaks_on(gone, since)

        def change(facts: Facts | None) -> Facts:
            contract, on_leave = facts or (None, False)
            if line.get("contract") is not None:
                contract = line.values["contract"]
            if status is not None and day == max(self.as_of, since):
                on_leave = status == "on_leave"
            return (contract, on_leave)

        now = at(spans, day)
        if now is None or change(now.facts) == now.facts:
            return joined(spans)
        return overlay(spans, day, now.end, change)

    def _gone(self, line: Line, known: list[Span]) -> date | None:
        """The first day no longer in service, by the file; as known where the file does not say."""
        last_day = line.get("last_day")
        if last_day is not None:
            return date.fromordinal(
                last_day.toordinal() + (1 if self.mapping.last_day_inclusive else 0)
            )
        before = known[-1].end if known else None
        if (
            before is not None
            and before <= self.as_of
            and line.get("status") in {"active", "on_leave"}
        ):
            self.work.doubt(
                line, "already_gone", "status" if line.has("status") else "staff_no",
                lambda: _(
                    "这里已经记着 %(day)s 起不在职。如果又回来了，请用新工号。", day=before
                ),
            )  # fmt: skip
        return before

    def _place(self, line: Line) -> Place | None:
        site, department, team = (line.get(name) for name in ("site", "department", "team"))
        told = any(line.has(name) for name in ("site", "department", "team"))
        site = site or self.mapping.constants.get("site")
        if not told and self.employment_is_known(line):
            return None
        before = len(self.places.by_ref)
        place = self.places.find(site, department, team)
        if line.get("site") and self.places.sites and site not in self.places.sites:
            self.work.doubt(
                line, "unknown_site", "site",
                lambda: _("还没有叫“%(name)s”的站点；会新建。", name=site),
            )  # fmt: skip
        if place is not None and team and len(self.places.by_ref) > before:
            other = self.places.elsewhere(place)
            if other is not None:
                shown = other.shown
                self.work.doubt(
                    line, "team_elsewhere", "team",
                    lambda: _("已有同名班组：%(place)s。如果是整个班组搬家，请先在组织里移动它。",
                                   place=shown),
                )  # fmt: skip
        return place

    def employment_is_known(self, line: Line) -> bool:
        """The row is about a period of service that is already here, with a position."""
        known = self.employment[line.values["staff_no"]]
        return isinstance(known, int) and bool(self.house.positions[known])

    def _positions(
        self, line: Line, known: list[Span], place: Place | None, service: list[Span], *,
        began: date | None,
    ) -> list[Span]:  # fmt: skip
        """The wanted positions in a time of service. began: its first day, as known before."""
        start, end = service[0].start, service[-1].end
        if known:
            first = known[0]
            if began is not None and first.start == began:
                known = [first._replace(start=start), *known[1:]]
            last = known[-1]
            if end is not None and last.end is not None and last.end < end:
                known = [*known[:-1], last._replace(end=end)]
            known = clipped(known, start, end)
        told = self._told(line, place)
        if not known:
            return [Span(start, end, position(None, **told))] if "unit_id" in told else []
        day = self._speaks_on(end, start)
        now = at(known, day)
        if now is not None:
            if position(now.facts, **told) == now.facts:
                return joined(known)
            return overlay(known, day, now.end, lambda facts: position(facts, **told))
        if "unit_id" not in told:
            return joined(known)
        later = [span.start for span in known if span.start > day]
        until = earlier(min(later), end) if later else end
        return overlay(known, day, until, lambda facts: position(facts, **told))

    def _told(self, line: Line, place: Place | None) -> dict[str, Any]:
        """What the row says of the position; a column the file lacks says nothing."""
        told: dict[str, Any] = {}
        if place is not None:
            told["unit_id"] = place.ref
        if line.get("title") is not None:
            told["title"] = line.values["title"]
        for name in ("grade", "shift"):
            if name in line.values:
                told[name] = line.values[name]
        if "superior" in line.values:
            number = line.values["superior"]
            told["superior_id"] = self._employment_of(number) if number else None
        return told

    def _employment_of(self, number: str) -> Ref | None:
        known = self.house.employments.get(number)
        return self.employment.get(number) or (known[0] if known else None)

    # ---- what is told of it ------------------------------------------------------------

    def _tell_new(self, line: Line, place: Place | None, start: date) -> None:
        parts = (place.shown if place else "", line.get("title") or "", start.isoformat())
        after = " · ".join(part for part in parts if part)
        self.work.change(line, "new_person", "since", "", after)

    def _tell_term(self, line: Line, known: list[Known], wanted: list[Span]) -> None:
        old, new = [row.span for row in known], wanted
        pairs: list[tuple[str, Any, Any]] = [
            ("since", old[0].start, new[0].start),
            ("last_day", old[-1].end, new[-1].end),
            ("contract", old[-1].facts[0], new[-1].facts[0]),
            ("on_leave", old[-1].facts[1], new[-1].facts[1]),
        ]
        for field, before, after in pairs:
            if before != after:
                self.work.change(
                    line, "term", field, self._shown(field, before), self._shown(field, after)
                )

    def _tell_position(self, line: Line, known: list[Known], wanted: list[Span]) -> None:
        old = dict(zip(POSITION, known[-1].span.facts if known else (None,) * 7, strict=True))
        new = dict(zip(POSITION, wanted[-1].facts if wanted else (None,) * 7, strict=True))
        for field in ("unit_id", "title", "grade", "shift", "superior_id"):
            if old[field] != new[field]:
                self.work.change(
                    line, "position", field,
                    self._shown(field, old[field]), self._shown(field, new[field]),
                )  # fmt: skip

    def _shown(self, field: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if field == "unit_id":
            return self.places.by_ref[value].shown if value in self.places.by_ref else str(value)
        if field == "superior_id":
            if not self._number_of:
                self._number_of = {ref: number for number, ref in self.employment.items()}
            return self._number_of.get(value) or self.house.staff_no_of.get(value, "")
        if field == "last_day" and isinstance(value, date):
            return (value - timedelta(days=1)).isoformat()
        return str(value)
