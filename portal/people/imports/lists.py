"""Files that are short lists: departments, shifts."""

from __future__ import annotations

from datetime import time

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base.db import session
from portal.people.imports.reading import Line
from portal.people.imports.work import Work
from portal.people.models import ShiftKind, Unit, UnitKind


class UnitsPlan:
    """Plans departments of a site, known again by their key in the other system."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def make(self, lines: list[Line]) -> None:
        """Plan all rows that can be used."""
        work = self.work
        work.read_tree()
        codes = set(session().scalars(select(Unit.code).where(Unit.code.is_not(None))))
        for line in work.usable(lines):
            name, key = line.values["name"], line.get("code")
            code = work.mapping.code(key) if key else None
            known = work.places.by_code.get(code) if code else None
            if known is not None and isinstance(known.ref, int):
                if known.name != name:
                    work.plan.change("unit", known.ref, {"name": known.name}, {"name": name})
                    work.plan.counts["units_changed"] += 1
                    work.change(line, "unit", "name", known.name, name)
                continue
            if code in codes or known is not None:
                work.fatal(line, "code_twice", "code", lambda: _("这个编号已经有一个单位了。"))
                continue
            site_name = line.get("site") or work.mapping.constants.get("site")
            if not site_name:
                work.fatal(line, "no_site", "name", lambda: _("部门要放在一个站点之下。"))
                continue
            site = work.places.find(site_name, None, None)
            place = work.places.found(UnitKind.DEPARTMENT, name, site, code)
            if code:
                work.places.by_code[code] = place


class ShiftsPlan:
    """Plans the shifts of the house, known again by their key or their name."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def make(self, lines: list[Line]) -> None:
        """Plan all rows that can be used."""
        plan = self.work.plan
        rows = (
            session()
            .execute(
                select(
                    ShiftKind.id, ShiftKind.code, ShiftKind.name, ShiftKind.starts, ShiftKind.ends
                )
            )
            .all()
        )
        known = {row.code or row.name: row for row in rows}
        for line in self.work.usable(lines):
            key = line.get("code")
            facts: dict[str, str | time | None] = {
                "name": line.values["name"][:40],
                "starts": line.values["starts"],
                "ends": line.values["ends"],
            }
            code = self.work.mapping.code(key) if key else None
            row = known.get(code or str(facts["name"]))
            if row is None:
                plan.add("shift_kind", code=code, **facts)
                plan.counts["shifts_new"] += 1
                shown = f"{facts['name']} {facts['starts']}–{facts['ends']}"
                self.work.change(line, "shift", "name", "", shown)
                continue
            before = {name: getattr(row, name) for name in facts}
            after = {name: value for name, value in facts.items() if value != before[name]}
            if after:
                plan.change("shift_kind", row.id, {name: before[name] for name in after}, after)
                plan.counts["shifts_changed"] += 1
                self.work.change(line, "shift", "name", str(before), str(facts))
