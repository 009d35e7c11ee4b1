"""What the house knows of the people a file names: a handful of queries, however long the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from portal.base.db import AnyRow, AnySelect, session
from portal.base.history import known_on
from portal.people.imports.findings import chunks
from portal.people.imports.plan import POSITION, TERM, Known
from portal.people.imports.timeline import Span
from portal.people.models import Employment, Person, Position, RoleGrant, Term

CHUNK = 5000
ALL_FROM = 40_000
"""From so many keys on the whole table is read: fewer, longer queries."""
PERSON = (
    "name", "gender", "birth_date", "birth_calendar", "national_id", "ethnicity", "phone",
    "email", "education",
)  # fmt: skip


def _rows(statement: AnySelect, column: Any, keys: Collection[Any]) -> Iterator[AnyRow]:
    if len(keys) >= ALL_FROM:
        wanted = set(keys)
        found = session().execute(statement.add_columns(column.label("import_key")))
        yield from (row for row in found if row.import_key in wanted)
        return
    for part in chunks(keys, CHUNK):
        yield from session().execute(statement.where(column.in_(part)))


class House:
    """People by number, their employments, terms, positions and grants, as known now."""

    def __init__(self) -> None:
        self.people: dict[int, dict[str, Any]] = {}
        self.person_of_id: dict[str, int] = {}
        self.employments: dict[str, tuple[int, int]] = {}
        """staff number → (employment, person)"""
        self.staff_no_of: dict[int, str] = {}
        self.of_person: dict[int, list[int]] = defaultdict(list)
        self.terms: dict[int, list[Known]] = defaultdict(list)
        self.positions: dict[int, list[Known]] = defaultdict(list)
        self.grants: dict[int, list[AnyRow]] = defaultdict(list)

    def load(self, staff_nos: Iterable[str], national_ids: Iterable[str] = ()) -> None:
        """Read what is known of these people: of all their employments, not only the named ones."""
        person_ids = self._find(set(staff_nos), set(national_ids))
        for row in _rows(_employments(), Employment.person_id, person_ids):
            self._take_employment(row)
        employment_ids = set(self.staff_no_of)
        term = select(Term.id, Term.employment_id, Term.valid_from, Term.valid_to, *_of(Term, TERM))
        for row in _rows(term.where(known_on(Term, None)), Term.employment_id, employment_ids):
            self.terms[row.employment_id].append(_known(row))
        place = select(
            Position.id, Position.employment_id, Position.valid_from, Position.valid_to,
            *_of(Position, POSITION),
        )  # fmt: skip
        for row in _rows(
            place.where(known_on(Position, None)), Position.employment_id, employment_ids
        ):
            self.positions[row.employment_id].append(_known(row))
        for rows in (*self.terms.values(), *self.positions.values()):
            rows.sort(key=lambda known: known.span.start)

    def _find(self, staff_nos: set[str], national_ids: set[str]) -> set[int]:
        found: set[int] = set()
        numbered = select(Employment.person_id)
        for row in _rows(numbered, Employment.staff_no, staff_nos):
            found.add(row.person_id)
        for row in _rows(select(Person.id), Person.national_id, national_ids):
            found.add(row.id)
        people = select(Person.id, *_of(Person, PERSON))
        for row in _rows(people, Person.id, found):
            self.people[row.id] = dict(zip(PERSON, row[1:], strict=False))
            if row.national_id:
                self.person_of_id[row.national_id] = row.id
        return found

    def _take_employment(self, row: AnyRow) -> None:
        self.employments[row.staff_no] = (row.id, row.person_id)
        self.staff_no_of[row.id] = row.staff_no
        self.of_person[row.person_id].append(row.id)

    def load_numbers(self, staff_nos: Collection[str]) -> None:
        """Read which employments these further numbers name: superiors who have no row."""
        for row in _rows(_employments(), Employment.staff_no, staff_nos):
            self.employments.setdefault(row.staff_no, (row.id, row.person_id))
            self.staff_no_of.setdefault(row.id, row.staff_no)

    def load_grants(self, day: date) -> None:
        """Read the roles these people hold on `day` or later."""
        statement = select(
            RoleGrant.id, RoleGrant.person_id, RoleGrant.role, RoleGrant.unit_id,
            RoleGrant.while_in_unit_id, RoleGrant.valid_from, RoleGrant.valid_to,
            RoleGrant.batch_id, RoleGrant.given_by_id,
        ).where(or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > day))  # fmt: skip
        for row in _rows(statement.order_by(RoleGrant.id), RoleGrant.person_id, set(self.people)):
            self.grants[row.person_id].append(row)


def _employments() -> AnySelect:
    return select(Employment.id, Employment.person_id, Employment.staff_no).order_by(Employment.id)


def _of(model: Any, names: Iterable[str]) -> list[Any]:
    return [getattr(model, name) for name in names]


def _known(row: AnyRow) -> Known:
    end = 4 + len(POSITION if hasattr(row, "unit_id") else TERM)
    return Known(row.id, Span(row.valid_from, row.valid_to, tuple(row[4:end])))
