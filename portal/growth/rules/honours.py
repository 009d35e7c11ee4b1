"""Honours: recorded by HR, several people in one award; withdrawn with a reason, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import and_, case, exists, literal, or_, select
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, session
from portal.base.errors import Refused
from portal.base.history import known_on, true_on
from portal.growth.models import Honour, HonourHolder, HonourKind, HonourLevel
from portal.notify import rules as notify
from portal.people import queries as people
from portal.people.models import Employment, Person, Position, Term, Unit, UnitPath

MOST_HOLDERS = 200


@dataclass(frozen=True, slots=True)
class Award:
    """One person of an honour as typed: staff number, and the number on the certificate."""

    staff_no: str
    certificate_no: str | None = None


def record_honour(
    by: Viewer,
    *,
    kind: HonourKind,
    level: HonourLevel,
    name: str,
    issuer: str,
    awarded_on: date,
    holders: Sequence[Award],
    document_no: str | None = None,
    unit_name: str = "",
) -> Honour:
    """Record an honour for people, or for a unit as a whole (with or without named people).

    Raises Refused at the field: a day to come, nobody named, somebody unknown, named twice, not in
    service on that day, of another site, or the recorder themself.
    """
    if awarded_on > clock.today():
        raise Refused(_("授予日期还没有到。"), "awarded_on")
    unit_id = None
    if kind is HonourKind.COLLECTIVE:
        unit_id = _unit_named(by, unit_name, awarded_on)
    elif not holders:
        raise Refused(_("请写上获得荣誉的同事，一行一位。"), "holders")
    found = _found(by, holders, awarded_on)
    honour = Honour(
        kind=kind,
        level=level,
        name=name,
        issuer=issuer,
        awarded_on=awarded_on,
        document_no=document_no or None,
        unit_id=unit_id,
        recorded_by_id=by.id,
    )
    session().add(honour)
    session().flush()
    session().add_all(
        HonourHolder(
            honour_id=honour.id, employment_id=row.id, certificate_no=award.certificate_no or None
        )
        for award, row in found
    )
    session().flush()
    _tell(honour, found)
    return honour


def _tell(honour: Honour, found: Sequence[tuple[Award, AnyRow]]) -> None:
    """Those who hold it hear of it, once."""
    notify.tell_many(
        {
            "person_id": row.person_id,
            "kind": "growth.honoured",
            "key": f"growth.honoured:{honour.id}:{row.person_id}",
            "link": "/growth/",
            "params": {"name": honour.name, "issuer": honour.issuer},
        }
        for _award, row in found
    )


def _unit_named(by: Viewer, name: str, day: date) -> int:
    """The one unit called `name` (or `site/name`) on a day, where `by` is HR. Raises Refused."""
    above, _slash, own = name.rpartition("/")
    if not own:
        raise Refused(_("集体荣誉要写明班组、部门或站点。"), "unit")
    statement = (
        select(Unit.id)
        .join(UnitPath, and_(UnitPath.unit_id == Unit.id, UnitPath.distance == 0))
        .where(Unit.name == own.strip(), true_on(UnitPath, day))
    )
    if above:
        path, upper = aliased(UnitPath), aliased(Unit)
        statement = (
            statement.join(path, path.unit_id == Unit.id)
            .join(upper, upper.id == path.ancestor_id)
            .where(upper.name == above.strip(), true_on(path, day))
        )
    units = by.units_as("hr")
    if units is not None:
        statement = statement.where(people.below(units, Unit.id, day))
    found = session().scalars(statement.distinct().limit(2)).all()
    if not found:
        raise Refused(_("没有找到“%(name)s”。请写它在这里的全名。", name=name), "unit")
    if len(found) > 1:
        raise Refused(_("有几个都叫“%(name)s”，请写成“站点/名称”。", name=name), "unit")
    return found[0]


def _found(by: Viewer, holders: Sequence[Award], day: date) -> list[tuple[Award, AnyRow]]:
    """Everybody named, by one query. Raises Refused naming the first line that is wrong."""
    if len(holders) > MOST_HOLDERS:
        raise Refused(_("一次最多记 %(most)s 位，请分几次。", most=MOST_HOLDERS), "holders")
    numbers = [award.staff_no for award in holders]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:
        raise Refused(_("%(staff_no)s 写了两次。", staff_no=twice), "holders")
    rows = {row.staff_no: row for row in session().execute(_people(by, numbers, day))}
    for number in numbers:
        row = rows.get(number)
        if row is None or not row.is_mine:
            raise Refused(_("没有找到 %(staff_no)s，请核对工号。", staff_no=number), "holders")
        if row.person_id == by.id:
            raise Refused(_("不能给自己记荣誉，请另一位同事来记。"), "holders")
        if not row.was_here:
            raise Refused(
                _("%(name)s（%(staff_no)s）在那一天不在职。", name=row.name, staff_no=number),
                "holders",
            )
    return [(award, rows[award.staff_no]) for award in holders]


def _people(by: Viewer, staff_nos: Sequence[str], day: date):  # type: ignore[no-untyped-def]
    here = select(literal(1)).where(
        Term.employment_id == Employment.id,
        known_on(Term, None),
        Term.valid_from <= day,
        or_(Term.valid_to.is_(None), Term.valid_to > day),
    )
    units = by.units_as("hr")
    mine = literal(True)
    if units is not None:
        placed = select(literal(1)).where(
            Position.employment_id == Employment.id,
            known_on(Position, None),
            people.below(units, Position.unit_id, clock.today()),
        )
        mine = case((exists(placed), True), else_=False)  # type: ignore[assignment]
    return (
        select(
            Employment.id,
            Employment.staff_no,
            Employment.person_id,
            Person.name,
            case((exists(here), True), else_=False).label("was_here"),
            mine.label("is_mine"),
        )
        .join(Person, Person.id == Employment.person_id)
        .where(Employment.staff_no.in_(staff_nos))
    )


def withdraw_honour(by: Viewer, honour: Honour, *, reason: str) -> None:
    """Take an honour back that was entered wrongly; it stays in the book, crossed out."""
    if honour.is_withdrawn:
        raise Refused(_("这项荣誉已经撤回了。"), status=409)
    honour.recorded_to, honour.withdrawn_by_id = clock.now(), by.id
    honour.withdrawn_because = reason
    session().flush()
