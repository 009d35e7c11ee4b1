"""Reading what the house decided about coins: in force, to come, and before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, Date, bindparam, or_, select

from portal.base.db import AnySelect, fetch, session
from portal.base.history import valid_on
from portal.coins.models import CoinRule, RuleName
from portal.people.models import Person


@dataclass(frozen=True, slots=True)
class Decision:
    """A number from a day until another (None: until somebody decides otherwise)."""

    name: str
    number: int
    since: date
    until: date | None
    by: str | None


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One of the numbers: what is in force today, and what comes next."""

    name: RuleName
    now: int
    since: date | None
    next: Decision | None


def number_lines(day: date) -> list[NumberLine]:
    """All numbers as they stand on `day`, in the order of their list."""
    found = _decisions(or_(CoinRule.valid_to.is_(None), CoinRule.valid_to > day))
    lines: list[NumberLine] = []
    for name in RuleName:
        mine = [each for each in found if each.name == name]
        current = next((each for each in mine if each.since <= day), None)
        coming = [each for each in mine if each.since > day]
        lines.append(
            NumberLine(
                name,
                current.number if current else 0,
                current.since if current else None,
                coming[-1] if coming else None,
            )
        )
    return lines


def decisions(name: RuleName) -> list[Decision]:
    """All that was ever in force or is to come of one number, the latest first."""
    return _decisions(CoinRule.name == name)


def _decisions(condition: ColumnElement[bool]) -> list[Decision]:
    rows = session().execute(
        select(CoinRule.name, CoinRule.number, CoinRule.valid_from, CoinRule.valid_to, Person.name)
        .outerjoin(Person, Person.id == CoinRule.set_by_id)
        .where(
            condition,
            or_(CoinRule.valid_to.is_(None), CoinRule.valid_to > CoinRule.valid_from),
        )
        .order_by(CoinRule.valid_from.desc(), CoinRule.id.desc())
    )
    return [Decision(*row) for row in rows]


def rate_on(day: date) -> int:
    """Coins a month for each head by the rule in force on `day`; 0 without a rule."""
    return numbers_on(day).get(RuleName.RATE, 0)


def numbers_on(day: date) -> dict[str, int]:
    """What the house decided about coins, in force on `day`; what was never decided is absent."""
    return {row.name: row.number for row in fetch(_numbers(), day=day)}


@cache
def _numbers() -> AnySelect:
    day = bindparam("day", type_=Date)
    return (
        select(CoinRule.name, CoinRule.number)
        .where(valid_on(CoinRule, day))
        .order_by(CoinRule.valid_from, CoinRule.id)
    )
