"""Honours: of one person (and of the units they were in), and the book of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, String, and_, cast, func, literal, null, or_, select, tuple_

from portal.base.db import AnyRow, AnySelect, session
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


HONOUR = 3
"""The mark of an honour among the rows of a life (`career.life`), whose columns it shares."""


def _columns(certificate_no: Any, unit: Any) -> tuple[Any, ...]:
    return (
        literal(HONOUR).label("part"),
        Honour.id,
        literal(0).label("employment_id"),
        Honour.level.label("staff_no"),
        Honour.awarded_on.label("valid_from"),
        cast(null(), Date).label("valid_to"),
        Honour.name.label("title"),
        unit.label("unit"),
        Honour.issuer.label("grade"),
        certificate_no.label("shift"),
        Honour.kind.label("change"),
        Honour.document_no,
    )


def held(person_id: Any, day: Any, known_at: Any) -> AnySelect:
    """The honours that a person holds."""
    return (
        select(*_columns(HonourHolder.certificate_no, func.coalesce(Unit.name, "")))
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


def shared(person_id: Any, day: Any, known_at: Any) -> AnySelect:
    """The honours of the units that a person was in when they were awarded."""
    return (
        select(*_columns(cast(null(), String), Unit.name))
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


def line_of(row: AnyRow) -> HonourLine:
    return HonourLine(
        id=row.id,
        kind=HonourKind(row.change),
        level=HonourLevel(row.staff_no),
        name=row.title,
        issuer=row.grade,
        awarded_on=row.valid_from,
        document_no=row.document_no or "",
        certificate_no=row.shift or "",
        unit=row.unit,
    )


def once_each(lines: Iterable[HonourLine]) -> list[HonourLine]:
    """Each honour once, newest first: a named holder of their own team's honour is found twice."""
    found: dict[int, HonourLine] = {}
    for line in lines:
        if line.id not in found or line.certificate_no:
            found[line.id] = line
    return sorted(found.values(), key=lambda line: (line.awarded_on, line.id), reverse=True)


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
    rows = session().execute(statement).all()
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
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def unit_name(unit_id: int | None) -> str:
    """The name of a unit; empty without one."""
    if unit_id is None:
        return ""
    return session().scalar(select(Unit.name).where(Unit.id == unit_id)) or ""
