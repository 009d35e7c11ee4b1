"""A roster: who each row is, and what of the person changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from portal.people.imports.known import PERSON
from portal.people.imports.plan import New, Ref
from portal.people.imports.reading import Line
from portal.people.imports.service import ServicePlan
from portal.people.imports.timeline import at, overlap
from portal.people.imports.work import Work
from portal.people.rules.staff import readings


class PeoplePlan:
    """Plans a roster: a row is one period of service of one person."""

    def __init__(self, work: Work) -> None:
        self.work, self.mapping, self.as_of = work, work.mapping, work.as_of
        self.plan, self.house = work.plan, work.house

    def make(self, lines: list[Line]) -> None:
        """Plan all rows that can be used."""
        self._refuse_doubles(lines)
        usable = self.work.usable(lines)
        self.house.load(
            [line.values["staff_no"] for line in usable],
            [line.values["national_id"] for line in usable if line.get("national_id")],
        )
        self.house.load_grants(self.as_of)
        people = self._by_person(usable)
        self._refuse_overlaps(people)
        self.work.read_tree()
        self._refuse_other_sites(people)
        left = {line.row for line in self.work.usable(usable)}
        rows: list[tuple[Ref, Line]] = []
        for key, periods in people.items():
            kept = sorted(
                (line for line in periods if line.row in left),
                key=lambda line: line.get("since") or date.min,
            )
            if kept:
                person = self._person(key, kept)
                rows += [(person, line) for line in kept]
        ServicePlan(self.work).make(rows)

    def _refuse_doubles(self, lines: list[Line]) -> None:
        seen = Counter(line.get("staff_no") for line in lines)
        for line in lines:
            number = line.get("staff_no")
            if number and seen[number] > 1:
                self.work.fatal(
                    line, "number_twice", "staff_no",
                    lambda: _("这个工号在文件里出现了不止一次。"),
                )  # fmt: skip

    def _by_person(self, lines: list[Line]) -> dict[Ref | str, list[Line]]:
        """The rows of each person: known ones by their id, new ones by identity or staff number."""
        people: dict[Ref | str, list[Line]] = defaultdict(list)
        for line in lines:
            key = self._who(line)
            if key is not None:
                people[key].append(line)
        return people

    def _who(self, line: Line) -> Ref | str | None:
        number, national_id = line.values["staff_no"], line.get("national_id")
        employed = self.house.employments.get(number)
        by_id = self.house.person_of_id.get(national_id) if national_id else None
        if employed is not None:
            known = self.house.people[employed[1]]
            if self._may_be(line, known, None if by_id is None else by_id == employed[1]):
                return employed[1]
            name = known["name"]
            self.work.fatal(
                line, "number_of_another", "staff_no",
                lambda: _("这个工号已经是另一位同事 %(name)s 的。", name=name),
            )  # fmt: skip
            return None
        if by_id is not None:
            return by_id
        if not line.get("name") or not line.get("since"):
            self.work.fatal(
                line, "new_needs_more", "staff_no",
                lambda: _("这是一位新同事，姓名和入职日期不能空着。"),
            )  # fmt: skip
            return None
        return f"id:{national_id}" if national_id else f"no:{number}"

    def _may_be(self, line: Line, known: dict[str, Any], same_id: bool | None) -> bool:
        """Is a row with this number about the person who has it? Another name alone is a doubt.

        same_id: whether the identity number is this person's; None where nobody has it.
        """
        name, born, national_id = (line.get(n) for n in ("name", "birth_date", "national_id"))
        if same_id is False or (national_id and known["national_id"] not in {None, national_id}):
            return False
        if same_id or not name or name == known["name"]:
            return True
        if born and known["birth_date"] and born != known["birth_date"]:
            return False
        if national_id and not known["national_id"]:
            return False
        before = known["name"]
        self.work.doubt(
            line, "other_name", "name",
            lambda: _("这个工号原来是 %(name)s；会当作改名。", name=before),
        )  # fmt: skip
        return True

    def _refuse_overlaps(self, people: dict[Ref | str, list[Line]]) -> None:
        """Nobody is in service twice on one day."""
        for key, lines in people.items():
            spans = {}
            for line in lines:
                since = line.get("since")
                if since:
                    last = line.get("last_day")
                    spans[line.values["staff_no"]] = (
                        since,
                        last + self._day_after if last else None,
                    )
            for employment_id in self.house.of_person[key] if isinstance(key, int) else ():
                terms = self.house.terms[employment_id]
                if terms:
                    number = self.house.staff_no_of[employment_id]
                    spans.setdefault(number, (terms[0].span.start, terms[-1].span.end))
            if len(spans) > 1 and overlap(spans.values()):
                for line in lines:
                    self.work.fatal(
                        line, "two_periods_at_once", "since",
                        lambda: _("同一个人的两段在职时间重叠了。"),
                    )  # fmt: skip

    def _refuse_other_sites(self, people: dict[Ref | str, list[Line]]) -> None:
        """HR of a site brings in the people of that site."""
        if self.work.scope is None:
            return
        for key, lines in people.items():
            is_own = all(unit_id in self.work.scope for unit_id in self._units_of(key))
            for line in lines:
                names = [line.get(name) for name in ("site", "department", "team")]
                names[0] = names[0] or self.mapping.constants.get("site")
                path = tuple(name for name in names if name)
                if not is_own or not (self.work.covers(path) if path else isinstance(key, int)):
                    self.work.fatal(
                        line, "other_site", "site" if line.has("site") else "staff_no",
                        lambda: _("这一行不属于你负责的站点。"),
                    )  # fmt: skip

    def _units_of(self, key: Ref | str) -> list[int]:
        """The units a known person is in on the file's day, or was in last."""
        if not isinstance(key, int):
            return []
        spans = [row.span for e in self.house.of_person[key] for row in self.house.positions[e]]
        last = max(spans, key=lambda span: span.start, default=None)
        now = [span.facts[0] for span in spans if at([span], self.as_of)]
        return now or ([last.facts[0]] if last else [])

    @property
    def _day_after(self) -> timedelta:
        return timedelta(days=1 if self.mapping.last_day_inclusive else 0)

    # ---- what of the person changes -----------------------------------------------------------

    def _person(self, key: Ref | str, lines: list[Line]) -> Ref:
        facts: dict[str, Any] = {}
        for line in lines:  # the latest period speaks last
            facts |= {name: line.values[name] for name in PERSON if line.get(name) is not None}
        if isinstance(key, str):
            return self._new_person(facts)
        known = self.house.people[key]  # type: ignore[index]
        changed = {name: value for name, value in facts.items() if known[name] != value}
        if changed:
            after = changed | (readings(changed["name"]) if "name" in changed else {})
            before = {name: known[name] for name in changed}
            if "name" in changed:
                before |= readings(known["name"])
            self.plan.change("person", key, before, after)  # type: ignore[arg-type]
            self.plan.counts["people_changed"] += 1
            for name, value in changed.items():
                self._told(lines[-1], name, known[name], value)
        return key

    def _new_person(self, facts: dict[str, Any]) -> New:
        self.plan.counts["people_new"] += 1
        facts.setdefault("birth_calendar", "solar")
        columns = dict.fromkeys(PERSON) | facts | readings(facts["name"])
        return self.plan.add("person", theme="auto", **columns)

    def _told(self, line: Line, field: str, before: Any, after: Any) -> None:
        if field == "national_id":
            before, after = _masked(before), _masked(after)
        self.work.change(line, "person", field, "" if before is None else str(before), str(after))


def _masked(national_id: str | None) -> str:
    """Enough to tell two numbers apart, not enough to be one."""
    return "" if not national_id else f"{national_id[:2]}…{national_id[-4:]}"
