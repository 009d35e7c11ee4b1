"""What HR does to somebody's working life, one person at a time, within their own site."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.history import known_on
from portal.people.models import Employment, Person, Position, Term, Unit, UnitKind
from portal.people.rules import units
from portal.people.rules.staff import add_person, assign, hire, leave


def _within(by: Viewer, unit: Unit, field: str = "unit") -> None:
    if not by.has_over("hr", unit.place):
        raise Refused(_("只能在你负责的站点之内安排。"), field)


def take_on(
    by: Viewer,
    *,
    name: str,
    staff_no: str,
    since: date,
    unit: Unit,
    title: str,
    contract: str | None = None,
    national_id: str | None = None,
) -> Person:
    """Hire somebody. Who was here before (by identity number) is the same person again.

    Raises Refused: the staff number is taken, the unit is another site's, still in service.
    """
    _within(by, unit)
    person = None
    if national_id:
        person = session().scalar(select(Person).where(Person.national_id == national_id))
    if person is not None and person.name != name:
        raise Refused(_("这个身份证号属于另一个名字，请核对。"), "national_id")
    if person is None:
        person = add_person(name=name, national_id=national_id or None)
    _employ(person, staff_no=staff_no, since=since, unit=unit, title=title, contract=contract)
    return person


def take_back(
    by: Viewer,
    person: Person,
    *,
    staff_no: str,
    since: date,
    unit: Unit,
    title: str,
    contract: str | None = None,
) -> None:
    """Hire somebody again who was here before: one person, a second employment. Raises Refused."""
    _within(by, unit)
    _employ(person, staff_no=staff_no, since=since, unit=unit, title=title, contract=contract)


def _employ(
    person: Person, *, staff_no: str, since: date, unit: Unit, title: str, contract: str | None
) -> None:
    employment = hire(person, staff_no=staff_no, since=since, contract=contract or None)
    assign(employment, unit=unit, title=title, since=since)


def move_person(
    by: Viewer,
    person: Person,
    *,
    unit: Unit,
    title: str,
    since: date,
    grade: str | None = None,
    shift: str | None = None,
    superior_no: str | None = None,
    document_no: str | None = None,
) -> Position:
    """Put somebody elsewhere, or into another title, from a day on. Raises Refused."""
    _within(by, unit)
    employment = employment_on(person, since)
    if employment is None:
        raise Refused(_("这位同事在那一天不在职。"), "since")
    superior = None
    if superior_no:
        superior = session().scalar(select(Employment).where(Employment.staff_no == superior_no))
        if superior is not None and superior.person_id == person.id:
            raise Refused(_("上级不能是自己。"), "superior")
    return assign(
        employment,
        unit=unit,
        title=title,
        since=since,
        grade=grade or None,
        shift=shift or None,
        superior=superior,
        document_no=document_no or None,
    )


def employment_on(person: Person, day: date) -> Employment | None:
    """The employment by which somebody serves on a day, as known now."""
    return session().scalar(
        select(Employment)
        .join(Term, Term.employment_id == Employment.id)
        .where(
            Employment.person_id == person.id,
            known_on(Term, None),
            Term.valid_from <= day,
            Term.valid_to.is_(None) | (Term.valid_to > day),
        )
        .limit(1)
    )


def let_go(by: Viewer, person: Person, *, last_day: date) -> None:
    """End somebody's service after a day; when that is past or today, their account closes now.

    Raises Refused: to oneself, before the first day.
    """
    if by.id == person.id:
        raise Refused(_("自己的离职请让另一位同事来办。"))
    employment = employment_on(person, min(last_day, clock.today())) or employment_on(
        person, clock.today()
    )
    if employment is None:
        raise Refused(_("这位同事已经离职了。"), "last_day", status=409)
    leave(employment, last_day=last_day)


def found_unit(by: Viewer, *, kind: UnitKind, name: str, parent: Unit | None, since: date) -> Unit:
    """Found a unit. A site takes HR of the whole house. Raises Refused."""
    if parent is not None:
        _within(by, parent, "parent")
    elif by.units_as("hr") is not None:
        raise Refused(_("站点由负责全中心的人力资源来建立。"), "kind")
    return units.add_unit(kind=kind, name=name, parent=parent, since=since)


def shift_unit(by: Viewer, unit: Unit, *, parent: Unit, on: date) -> None:
    """Put a unit and all below it under another parent from a day on. Raises Refused."""
    _within(by, unit, "parent")
    _within(by, parent, "parent")
    units.move_unit(unit, parent=parent, on=on)
