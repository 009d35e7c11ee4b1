"""Units as a file names them: found in the tree, or founded by the import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from portal.base.db import session
from portal.base.history import true_on
from portal.people.imports.findings import Findings
from portal.people.imports.plan import Plan, Ref
from portal.people.models import Severity, Unit, UnitKind, UnitPath

FOUNDED = date(1900, 1, 1)
"""Files say which units there are, not since when: an imported unit was always there."""
LEVELS = (UnitKind.SITE, UnitKind.DEPARTMENT, UnitKind.TEAM)


@dataclass(frozen=True, slots=True)
class Place:
    """A unit that is there or will be: its name, and the names above it."""

    ref: Ref
    kind: UnitKind
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def shown(self) -> str:
        return " / ".join(self.path)


@dataclass(slots=True)
class Places:
    """The tree on a day, with what the plan adds to it."""

    plan: Plan
    findings: Findings
    by_path: dict[tuple[str, ...], Place] = field(default_factory=dict)
    by_ref: dict[Ref, Place] = field(default_factory=dict)
    by_code: dict[str, Place] = field(default_factory=dict)
    sites: frozenset[str] = frozenset()
    """The sites that were there before this file."""

    @classmethod
    def on(cls, day: date, plan: Plan, findings: Findings) -> Places:
        """Read the tree as it stands on `day`."""
        places = cls(plan, findings)
        parent = aliased(UnitPath)
        rows = (
            session()
            .execute(
                select(Unit.id, Unit.kind, Unit.name, Unit.code, parent.ancestor_id)
                .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
                .outerjoin(
                    parent,
                    and_(parent.unit_id == Unit.id, parent.distance == 1, true_on(parent, day)),
                )
                .where(true_on(UnitPath, day))
                .order_by(Unit.id)
            )
            .all()
        )
        rank = {kind: number for number, kind in enumerate(LEVELS)}
        for row in sorted(rows, key=lambda row: rank[UnitKind(row.kind)]):
            above = places.by_ref.get(row.ancestor_id)
            path = (*(above.path if above else ()), row.name)
            place = Place(row.id, UnitKind(row.kind), path)
            places.by_path.setdefault(path, place)
            places.by_ref[row.id] = place
            if row.code:
                places.by_code[row.code] = place
        places.sites = frozenset(row.name for row in rows if row.kind == UnitKind.SITE)
        return places

    def find(self, site: str | None, department: str | None, team: str | None) -> Place | None:
        """The unit so named, founded (with those above it) where there is none yet."""
        place: Place | None = None
        for kind, name in zip(LEVELS, (site, department, team), strict=True):
            if name:
                above = place.path if place else ()
                place = self.by_path.get((*above, name)) or self.found(kind, name, place)
        return place

    def found(
        self, kind: UnitKind, name: str, above: Place | None, code: str | None = None
    ) -> Place:
        """Plan a new unit under `above`."""
        ref = self.plan.add("unit", kind=kind.value, name=name, code=code)
        place = Place(ref, kind, (*(above.path if above else ()), name))
        self.by_path[place.path] = self.by_ref[ref] = place
        chain = [place]
        for length in range(len(place.path) - 1, 0, -1):
            chain.append(self.by_path[place.path[:length]])
        for distance, ancestor in enumerate(chain):
            self.plan.add(
                "unit_path", unit_id=ref, ancestor_id=ancestor.ref, distance=distance,
                valid_from=FOUNDED, valid_to=None,
            )  # fmt: skip
        self.plan.counts["units_new"] += 1
        self.findings.cell(Severity.NOTE, "new_unit", lambda: _told(kind)(place.shown))
        return place

    def elsewhere(self, place: Place) -> Place | None:
        """A team of the same name that stands under another unit."""
        for other in self.by_ref.values():
            if other.kind is place.kind and other.name == place.name and other is not place:
                return other
        return None


def _told(kind: UnitKind) -> Callable[[str], str]:
    sentences = {
        UnitKind.SITE: lambda name: _("新建站点：%(name)s", name=name),
        UnitKind.DEPARTMENT: lambda name: _("新建部门：%(name)s", name=name),
        UnitKind.TEAM: lambda name: _("新建班组：%(name)s", name=name),
    }
    return sentences[kind]
