"""What the planners of one file share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from portal.people.imports.findings import Findings
from portal.people.imports.known import House
from portal.people.imports.mapping import Mapping
from portal.people.imports.places import Places
from portal.people.imports.plan import Plan
from portal.people.imports.reading import Line
from portal.people.models import Severity


@dataclass(slots=True)
class Work:
    """One file on the way to a plan.

    as_of: the day on which the file says how things are. scope: the units that the person who
    brings it in may write to; None is the whole house. by_id: that person.
    """

    mapping: Mapping
    as_of: date
    scope: frozenset[int] | None = None
    by_id: int | None = None
    findings: Findings = field(default_factory=Findings)
    plan: Plan = field(default_factory=Plan)
    house: House = field(default_factory=House)
    places: Places = field(init=False)

    def read_tree(self) -> None:
        """Read the units as they stand on the file's day."""
        self.places = Places.on(self.as_of, self.plan, self.findings)

    def covers(self, path: tuple[str, ...]) -> bool:
        """The unit of this path, or the nearest above it that is there, is within the scope."""
        if self.scope is None:
            return True
        for length in range(len(path), 0, -1):
            place = self.places.by_path.get(path[:length])
            if place is not None and isinstance(place.ref, int):
                return place.ref in self.scope
        return False

    def fatal(self, line: Line, code: str, name: str, say: Callable[[], str]) -> None:
        """The row cannot be used, because of this cell."""
        self._name(Severity.FATAL, line, code, name, say)

    def doubt(self, line: Line, code: str, name: str, say: Callable[[], str]) -> None:
        """The cell is not taken over as it stands, or somebody should look at it."""
        self._name(Severity.DOUBT, line, code, name, say)

    def _name(
        self, severity: Severity, line: Line, code: str, name: str, say: Callable[[], str]
    ) -> None:
        cell = line.cell(name)
        self.findings.cell(
            severity, code, say, cell=cell, row=line.row, field=name, label=line.label
        )

    def change(self, line: Line, code: str, name: str, before: str, after: str) -> None:
        """A value would be different."""
        self.findings.change(
            code, label=line.label, row=line.row, field=name, before=before, after=after
        )

    def usable(self, lines: list[Line]) -> list[Line]:
        """The rows in which nothing fatal was found so far."""
        return [line for line in lines if line.row not in self.findings.fatal_rows]
