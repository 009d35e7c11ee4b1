"""Honours: of one person (and of the units they were in), and the book of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, literal, or_, select, tuple_, union_all

from portal.base.db import AnyRow, session
from portal.base.history import known_on
from portal.growth.models import Honour, HonourHolder, HonourKind, HonourLevel
from portal.people.models import Employment, Person, Position, Unit, UnitPath


@dataclass(frozen=True, slots=True)
class HonourLine:
    """An honour on somebody's file. unit: of a collective one; certificate_no: of the person."""

    id: int
    kind: HonourKind
    level: HonourLevel
    name: str
    issuer: str
    awarded_on: date
    document_no: str
    certificate_no: str
    unit: str

    @property
    def is_collective(self) -> bool:
        return self.kind is HonourKind.COLLECTIVE


def honours_of(person_id: int, day: date, known_at: datetime | None = None) -> list[HonourLine]:
    """Honours awarded by `day`: those the person holds, and those of their units at the time of the
    award; newest first. One query."""
    columns = (
        Honour.id,
        Honour.kind,
        Honour.level,
        Honour.name,
        Honour.issuer,
        Honour.awarded_on,
        func.coalesce(Honour.document_no, "").label("document_no"),
    )
    held = (
        select(
            *columns,
            func.coalesce(HonourHolder.certificate_no, "").label("certificate_no"),
            func.coalesce(Unit.name, "").label("unit"),
        )
        .select_from(HonourHolder)
        .join(Employment, Employment.id == HonourHolder.employment_id)
        .join(Honour, Honour.id == HonourHolder.honour_id)
        .outerjoin(Unit, Unit.id == Honour.unit_id)
        .where(
            Employment.person_id == person_id,
            Honour.awarded_on <= day,
            known_on(Honour, known_at),
        )
    )
    shared = (
        select(*columns, literal("").label("certificate_no"), Unit.name.label("unit"))
        .select_from(Position)
        .join(Employment, Employment.id == Position.employment_id)
        .join(UnitPath, UnitPath.unit_id == Position.unit_id)
        .join(
            Honour,
            and_(
                Honour.unit_id == UnitPath.ancestor_id,
                Honour.awarded_on >= Position.valid_from,
                or_(Position.valid_to.is_(None), Honour.awarded_on < Position.valid_to),
                Honour.awarded_on >= UnitPath.valid_from,
                or_(UnitPath.valid_to.is_(None), Honour.awarded_on < UnitPath.valid_to),
            ),
        )
        .join(Unit, Unit.id == Honour.unit_id)
        .where(
            Employment.person_id == person_id,
            Honour.kind == HonourKind.COLLECTIVE.value,
            Honour.awarded_on <= day,
            known_on(Honour, known_at),
            known_on(Position, known_at),
            known_on(UnitPath, known_at),
        )
    )
    found: dict[int, HonourLine] = {}
    for row in session().execute(union_all(held, shared)):
        line = _line(row)
        if line.id not in found or line.certificate_no:
            found[line.id] = line
    return sorted(found.values(), key=lambda line: (line.awarded_on, line.id), reverse=True)


def _line(row: AnyRow) -> HonourLine:
    identity, kind, level, *rest = row
    return HonourLine(identity, HonourKind(kind), HonourLevel(level), *rest)


def recent_honours(
    *,
    after: tuple[date, int] | None = None,
    kind: HonourKind | None = None,
    limit: int = 25,
) -> list[tuple[Honour, str, list[str]]]:
    """The book of honours, newest first, keyset-paged (`limit` and one): each with its unit and its
    holders. Two queries."""
    statement = (
        select(Honour, func.coalesce(Unit.name, ""))
        .outerjoin(Unit, Unit.id == Honour.unit_id)
        .order_by(Honour.awarded_on.desc(), Honour.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(tuple_(Honour.awarded_on, Honour.id) < after)
    if kind is not None:
        statement = statement.where(Honour.kind == kind.value)
    rows = session().execute(statement).tuples().all()
    names: dict[int, list[str]] = {honour.id: [] for honour, _unit in rows}
    for honour_id, name, _staff_no, _certificate in _holders(list(names)):
        names[honour_id].append(name)
    return [(honour, unit, names[honour.id]) for honour, unit in rows]


def holders_of(honour_id: int) -> list[tuple[str, str, str]]:
    """Who holds an honour: name, staff number, certificate number."""
    return [(name, number, paper) for _id, name, number, paper in _holders([honour_id])]


def _holders(honour_ids: list[int]) -> list[tuple[int, str, str, str]]:
    rows = session().execute(
        select(
            HonourHolder.honour_id,
            Person.name,
            Employment.staff_no,
            func.coalesce(HonourHolder.certificate_no, ""),
        )
        .join(Employment, Employment.id == HonourHolder.employment_id)
        .join(Person, Person.id == Employment.person_id)
        .where(HonourHolder.honour_id.in_(honour_ids))
        .order_by(HonourHolder.id)
    )
    return list(rows.tuples())


def unit_name(unit_id: int | None) -> str:
    """The name of a unit; empty without one."""
    if unit_id is None:
        return ""
    return session().scalar(select(Unit.name).where(Unit.id == unit_id)) or ""
