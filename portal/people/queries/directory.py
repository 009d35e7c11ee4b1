"""Finding people: the list of everybody, by name, reading, initials or staff number.

What it costs does not grow with the house: whoever leafs through walks the index of the reading
order; whoever types gets the first `MOST_HITS` of each index; a team is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    String,
    and_,
    bindparam,
    false,
    func,
    null,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.orm import aliased

from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.base.history import true_on
from portal.people.models import Employment, Person, Position, Term, UnitPath
from portal.people.queries.staff import StaffLine, staff
from portal.people.queries.units import below, units_below

MOST_HITS = 400
"""So many are looked at for each way of reading what was typed."""
FEW_UNITS = 60
LAST = "\U0010ffff"
WIDTHS = (4, 5, 6, 7, 8)
"""Staff numbers are found with their leading zeros forgotten."""


def _begins(column: Any, prefix: Any) -> ColumnElement[bool]:
    """`column` begins with `prefix`, as a range, so that an index in order serves it."""
    return and_(column >= prefix, column < prefix + LAST)


def readings(typed: str) -> tuple[str, ...]:
    """What was typed as pinyin keys hold it: ü is v, and lu may be meant for lü."""
    folded = typed.lower().replace(" ", "").replace("'", "").replace("ü", "v")
    if not folded or not folded.isascii():
        return ()
    folded = folded.replace("lyu", "lv").replace("nyu", "nv")
    found = [folded]
    if folded[:2] in {"lu", "nu"}:
        found.append(f"{folded[0]}v{folded[2:]}")
    return tuple(found)


def matching(typed: str) -> ColumnElement[bool]:
    """People whose name, reading, initials or staff number begin with what was typed."""
    conditions: list[ColumnElement[bool]] = [_begins(Person.name, typed)]
    for key in readings(typed):
        conditions += [_begins(Person.search_key, key), _begins(Person.initials, key)]
    if typed.isascii():
        conditions += [_begins(Employment.staff_no, text) for text in {typed, typed.upper()}]
        conditions.append(Employment.staff_no.in_(_padded(typed)))
    return or_(false(), *conditions)


def _padded(typed: str) -> list[str]:
    return [typed.zfill(width) for width in WIDTHS] if typed.isdigit() else []


@cache
def _candidates() -> AnySelect:
    """The people who may be meant: the first of each index."""
    name, key, also = (bindparam(word, type_=String) for word in ("name", "reading", "also"))
    number, upper = bindparam("number", type_=String), bindparam("upper", type_=String)
    branches = [
        (Person, Person.id, Person.name, name),
        *((Person, Person.id, Person.search_key, word) for word in (key, also)),
        *((Person, Person.id, Person.initials, word) for word in (key, also)),
        *((Employment, Employment.person_id, Employment.staff_no, w) for w in (number, upper)),
    ]
    parts = []
    for table, person_id, column, word in branches:
        hits = (
            select(person_id.label("person_id"))
            .select_from(table)
            .where(word != "", _begins(column, word))
            .order_by(column)
            .limit(MOST_HITS)
            .subquery()
        )
        parts.append(select(hits.c.person_id))
    padded = bindparam("padded", expanding=True, type_=String)
    parts.append(select(Employment.person_id).where(Employment.staff_no.in_(padded)))
    return union(*parts)  # type: ignore[return-value]


@cache
def _statement(*, typed: bool, units: str, title: bool, on_leave: bool, limit: int) -> AnySelect:
    day = bindparam("day", type_=Date)
    statement = staff(day)  # type: ignore[arg-type]
    order: Any = Person.sort_key
    if typed or units == "few":
        order = Person.sort_key.concat("")  # found by another index: sorted, not walked
    if typed:
        statement = statement.where(Person.id.in_(_candidates()))
    ids = bindparam("units", expanding=True, type_=BigInteger)
    if units == "few":
        there = select(Position.employment_id).where(
            Position.unit_id.in_(ids), Position.recorded_to.is_(None)
        )
        statement = statement.where(Employment.id.in_(there), Position.unit_id.in_(ids))
    elif units == "many":
        statement = statement.where(below_these(ids, day))
    if title:
        statement = statement.where(_begins(Position.title, bindparam("title", type_=String)))
    if on_leave:
        statement = statement.where(Term.on_leave)
    after = tuple_(bindparam("after_key", type_=String), bindparam("after_id", type_=BigInteger))
    statement = statement.where(tuple_(Person.sort_key, Person.id) > after)
    return statement.order_by(order, Person.id).limit(limit + 1)


def below_these(ids: Any, day: Any) -> ColumnElement[bool]:
    """The condition that the position's unit lies in or under one of the units `ids`."""
    return (
        select(UnitPath.id)
        .where(
            UnitPath.unit_id == Position.unit_id,
            UnitPath.ancestor_id.in_(ids),
            true_on(UnitPath, day),
        )
        .correlate_except(UnitPath)
        .exists()
    )


def directory(
    day: date,
    *,
    typed: str = "",
    unit_ids: Iterable[int] | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 25,
    title: str = "",
    on_leave: bool = False,
) -> list[StaffLine]:
    """People in service on `day` in reading order, keyset-paged: `limit` lines and one more.

    unit_ids: in or under one of these. title: begins so. on_leave: those alone.
    """
    values: dict[str, Any] = {"day": day}
    units = ""
    if unit_ids is not None:
        wanted = list(unit_ids)
        inside = units_below(wanted, day) if wanted else []
        units = "few" if len(inside) <= FEW_UNITS else "many"
        values["units"] = inside if units == "few" else wanted
    if typed:
        values |= _words(typed)
    # also the first page begins somewhere: so the planner walks the index of the order
    values["after_key"], values["after_id"] = after or ("", 0)
    if title:
        values["title"] = title
    statement = _statement(
        typed=bool(typed), units=units, title=bool(title),
        on_leave=on_leave, limit=limit,
    )  # fmt: skip
    return [StaffLine(*row) for row in fetch(statement, **values)]


def _words(typed: str) -> dict[str, Any]:
    keys = (*readings(typed), "", "")
    number = typed if typed.isascii() else ""
    return {
        "name": typed,
        "reading": keys[0],
        "also": keys[1],
        "number": number,
        "upper": number.upper() if number.upper() != number else "",
        "padded": _padded(typed),
    }


def visible_to(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """The people whose card `viewer` may see: the twin of `policy.may_see`."""
    term, served = aliased(Term), aliased(Employment)
    here = (
        select(term.id)
        .join(served, served.id == term.employment_id)
        .where(served.person_id == Person.id, true_on(term, day))
        .exists()
    )
    scopes = [viewer.units_as(role) for role in ("hr", "auditor", "general_manager")]
    if None in scopes:
        return true()
    units = [unit for scope in scopes for unit in scope or ()]
    seen = or_(here, Person.id == viewer.id)
    return or_(seen, below(units, _last_unit(day), day)) if units else seen


def _last_unit(day: date) -> Any:
    served = aliased(Employment)
    return (
        select(Position.unit_id)
        .join(served, served.id == Position.employment_id)
        .where(
            served.person_id == Person.id,
            Position.recorded_to.is_(None),
            Position.valid_from <= day,
        )
        .order_by(Position.valid_from.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )


def leavers(
    viewer: Viewer,
    day: date,
    *,
    typed: str = "",
    after: tuple[str, int] | None = None,
    limit: int = 25,
) -> list[StaffLine]:
    """Those who worked here and do not on `day`, as far as `viewer` may see them; keyset-paged."""
    term, served = aliased(Term), aliased(Employment)
    here = (
        select(term.id)
        .join(served, served.id == term.employment_id)
        .where(served.person_id == Person.id, true_on(term, day))
        .exists()
    )
    statement = (
        select(
            Person.id, Person.name, Person.sort_key, func.max(Employment.staff_no),
            null(), null(), null(), false(),
        )
        .join(Employment, Employment.person_id == Person.id)
        .where(~here, visible_to(viewer, day))
        .group_by(Person.id, Person.name, Person.sort_key)
        .order_by(Person.sort_key, Person.id)
        .limit(limit + 1)
    )  # fmt: skip
    if typed:
        statement = statement.where(matching(typed))
    if after is not None:
        statement = statement.where(tuple_(Person.sort_key, Person.id) > after)
    rows: Sequence[AnyRow] = session().execute(statement).all()
    return [StaffLine(*row) for row in rows]
