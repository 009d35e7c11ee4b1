"""Files that say what was when: departments over time, titles over time, managers over time."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base.db import session
from portal.people.imports.mapping import Kind
from portal.people.imports.places import Place
from portal.people.imports.plan import POSITION, TERM, position
from portal.people.imports.reading import Line
from portal.people.imports.timeline import Span, clipped, joined, overlap, overlay
from portal.people.imports.work import Work
from portal.people.models import Role, ShiftKind


class HistoryPlan:
    """Plans the positions of those a file names: in each of its intervals, as the file says;
    outside them, as the house knew."""

    def __init__(self, work: Work) -> None:
        self.work, self.mapping, self.plan, self.house = (
            work, work.mapping, work.plan, work.house,
        )  # fmt: skip

    def make(self, lines: list[Line]) -> None:
        """Plan all rows that can be used."""
        usable = self.work.usable(lines)
        self.house.load({line.values["staff_no"] for line in usable})
        self.work.read_tree()
        self.shifts = _shift_names(self.mapping.system)
        by_number: dict[str, list[tuple[Span, Line]]] = defaultdict(list)
        for line in usable:
            span = self._span(line)
            if span is not None:
                by_number[line.values["staff_no"]].append((span, line))
        for number, spans in by_number.items():
            if self._is_clear(spans):
                self._lay(number, spans)

    def interval(self, line: Line) -> tuple[date, date | None] | None:
        """The row's interval, half-open."""
        start, end = line.values["from"], line.get("to")
        if end is not None and self.mapping.closed:
            end += timedelta(days=1)
        if end is not None and end <= start:
            self.work.fatal(line, "ends_before", "to", lambda: _("结束不在开始之后。"))
            return None
        return start, end

    def _span(self, line: Line) -> Span | None:
        number = line.values["staff_no"]
        if number not in self.house.employments:
            self.work.fatal(
                line,
                "unknown_number",
                "staff_no",
                lambda: _("没有工号是这个的同事，请先导入人员。"),
            )
            return None
        interval = self.interval(line)
        if interval is None:
            return None
        if self.mapping.kind is Kind.TITLE_HISTORY:
            return Span(*interval, (("title", line.values["title"]),))
        place = place_named(self.work, line)
        if place is None:
            return None
        told: dict[str, Any] = {"unit_id": place.ref}
        if "shift" in line.values:
            told["shift"] = self._shift(line)
        return Span(*interval, tuple(told.items()))

    def _shift(self, line: Line) -> str | None:
        """A shift is named by its key in the other system, or by its name."""
        text: str | None = line.values["shift"]
        return None if text is None else self.shifts.get(self.mapping.code(text), text)

    def _is_clear(self, spans: list[tuple[Span, Line]]) -> bool:
        if not overlap((span.start, span.end) for span, _line in spans):
            return True
        for _span, line in spans:
            self.work.fatal(line, "two_at_once", "from", lambda: _("同一个人的几段时间重叠了。"))
        return False

    def _lay(self, number: str, spans: list[tuple[Span, Line]]) -> None:
        employment_id = self.house.employments[number][0]
        known = self.house.positions[employment_id]
        terms = self.house.terms[employment_id]
        wanted = [row.span for row in known]
        for span, line in spans:
            told = dict(span.facts)
            before = wanted
            wanted = overlay(
                wanted, span.start, span.end,
                lambda facts, told=told: (  # type: ignore[misc]
                    position(facts, **told) if facts or "unit_id" in told else None
                ),
            )  # fmt: skip
            if wanted == before and not any(_covers(span, row.span) for row in known):
                self.work.doubt(
                    line, "no_place", "title", lambda: _("这段时间里没有单位，岗位放不进去。")
                )
            if terms and span.start < terms[0].span.start:
                self.work.doubt(
                    line, "before_service", "from", lambda: _("这段时间开始于入职之前。")
                )
        if self.mapping.ends_service and terms:
            wanted = self._end_service(employment_id, spans, wanted)
        if self.plan.replace(
            "position", known, joined(wanted), POSITION, employment_id=employment_id
        ):
            self.plan.counts["employments_changed"] += 1
            self._tell(known_spans=[row.span for row in known], wanted=wanted, line=spans[-1][1])

    def _end_service(
        self, employment_id: int, spans: list[tuple[Span, Line]], wanted: list[Span]
    ) -> list[Span]:
        """Who has no interval any more has left with the end of the last."""
        ends = [span.end for span, _line in spans]
        gone = None if None in ends else max(end for end in ends if end is not None)
        known = self.house.terms[employment_id]
        start = known[0].span.start
        if gone is not None:
            terms = [row.span for row in known]
            terms = [*terms[:-1], terms[-1]._replace(end=gone)]
            if self.plan.replace(
                "term", known, clipped(terms, start, gone), TERM, employment_id=employment_id
            ):
                self.plan.counts["leavers"] += 1
            return clipped(wanted, min(start, wanted[0].start), gone)
        return wanted

    def _tell(self, known_spans: list[Span], wanted: list[Span], line: Line) -> None:
        for span in joined(wanted):
            if span not in known_spans:
                place = self.work.places.by_ref.get(span.facts[0])
                parts = (place.shown if place else "", span.facts[1], span.facts[3] or "")
                until = span.end.isoformat() if span.end else ""
                after = " · ".join(part for part in parts if part)
                self.work.change(
                    line, "position", "history", "", f"{span.start.isoformat()} – {until} {after}"
                )


def _covers(told: Span, known: Span) -> bool:
    return (known.end is None or told.start < known.end) and (
        told.end is None or known.start < told.end
    )


def _shift_names(system: str) -> dict[str, str]:
    rows = session().execute(
        select(ShiftKind.code, ShiftKind.name).where(
            ShiftKind.code.startswith(f"{system}:", autoescape=True)
        )
    )
    return {row.code: row.name for row in rows}


def place_named(work: Work, line: Line) -> Place | None:
    """The unit of a row: by its key in the other system, else by a name that only one unit has."""
    text = line.values["unit"]
    found = work.places.by_code.get(work.mapping.code(text))
    if found is None:
        named = [place for place in work.places.by_ref.values() if place.name == text]
        found = named[0] if len(named) == 1 else None
    if found is None:
        work.fatal(line, "unknown_unit", "unit", lambda: _("没有这个单位，请先导入部门。"))
    return found


class ManagersPlan:
    """Plans who leads which unit from when to when."""

    def __init__(self, work: Work) -> None:
        self.work, self.plan, self.house = work, work.plan, work.house
        self.history = HistoryPlan(work)

    def make(self, lines: list[Line]) -> None:
        """Plan all rows that can be used."""
        usable = self.work.usable(lines)
        self.house.load({line.values["staff_no"] for line in usable})
        self.house.load_grants(date.min)
        self.work.read_tree()
        for line in usable:
            employed = self.house.employments.get(line.values["staff_no"])
            if employed is None:
                self.work.fatal(
                    line, "unknown_number", "staff_no",
                    lambda: _("没有工号是这个的同事，请先导入人员。"),
                )  # fmt: skip
                continue
            interval, place = self.history.interval(line), place_named(self.work, line)
            if interval is not None and place is not None:
                self._lead(line, employed[1], place, interval)

    def _lead(
        self, line: Line, person_id: int, place: Place, interval: tuple[date, date | None]
    ) -> None:
        start, end = interval
        shown = f"{place.shown} · {start.isoformat()} – {end.isoformat() if end else ''}"
        for row in self.house.grants[person_id]:
            if (row.role, row.unit_id, row.valid_from) == (Role.LEADER, place.ref, start):
                if row.valid_to != end:
                    self.plan.change(
                        "role_grant", row.id, {"valid_to": row.valid_to}, {"valid_to": end}
                    )
                    self.plan.counts["leaders_changed"] += 1
                    self.work.change(line, "leader", "to", str(row.valid_to or ""), str(end or ""))
                return
        self.plan.add(
            "role_grant", person_id=person_id, role=Role.LEADER.value, unit_id=place.ref,
            while_in_unit_id=None, valid_from=start, valid_to=end, given_by_id=None,
        )  # fmt: skip
        self.plan.counts["leaders_new"] += 1
        self.work.change(line, "leader", "leads", "", shown)
