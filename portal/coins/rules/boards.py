"""Boards: keeping their totals, leaving them and coming back, a team's goal of the month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import (
    Date,
    String,
    Table,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.base.errors import Refused
from portal.base.history import true_on
from portal.coins import policy, queries
from portal.coins.models import (
    Award,
    GoalKind,
    GroupTotal,
    OffBoards,
    TeamGoal,
    TeamTotal,
    Transfer,
    ValueTotal,
)
from portal.coins.queries.boards import (
    LEAST,
    Period,
    large_enough,
    periods_kept,
    received_by_person,
)
from portal.coins.queries.ledger import month_of
from portal.coins.rules.accounts import chunks, upsert
from portal.people.models import Position, Unit, UnitPath

# heads, people who received something, coins
Sums = tuple[int, int, int]
NOBODY: Sums = (0, 0, 0)


# ---- leaving and coming back -------------------------------------------------------------------


def choose_boards(by: Viewer, *, on: bool) -> None:
    """Be on boards, or on none of them; it holds from this moment, the team's total included."""
    if on:
        session().execute(delete(OffBoards).where(OffBoards.person_id == by.id))
    else:
        row = {"person_id": by.id, "since": clock.now()}
        session().execute(upsert(OffBoards).values(row).on_conflict_do_nothing())
    if by.place:
        for period in periods_kept(clock.today()):
            _keep_team(by.place[0], period)


def _keep_team(unit_id: int, period: Period) -> None:
    """Work one team's line out again. What was hidden stays so until the night."""
    heads, people, coins = NOBODY
    for row in _rows(period, unit_id):
        heads, people, coins = _plus((heads, people, coins), (row[5], row[6], row[7]))
    session().execute(
        update(TeamTotal)
        .where(TeamTotal.period == period.key, TeamTotal.unit_id == unit_id)
        .values(
            heads=heads,
            people=people,
            coins=coins,
            per_head=_per_head(heads, coins),
            shown=TeamTotal.shown if heads >= LEAST else False,
        )
    )


# ---- the kept totals ---------------------------------------------------------------------------


def keep_boards(day: date) -> int:
    """Work the totals of this month and quarter out, and of those before. Answers how many lines.

    Harmless to repeat: the lines of a period are replaced.
    """
    return sum(_keep(period) for period in periods_kept(day))


def _keep(period: Period) -> int:
    rows = _rows(period)
    units = _units(period)
    groups: dict[tuple[int, str], Sums] = defaultdict(lambda: NOBODY)
    teams: dict[int, Sums] = defaultdict(lambda: NOBODY)
    for unit_id, shift, heads, people, coins, *on_boards in rows:
        for above in units.get(unit_id, {}):
            for name in {"", shift}:
                groups[above, name] = _plus(groups[above, name], (heads, people, coins))
        teams[unit_id] = _plus(teams[unit_id], (on_boards[0], on_boards[1], on_boards[2]))
    kinds = {row.id: row.kind for row in session().execute(select(Unit.id, Unit.kind))}
    _replace(GroupTotal, period, _group_lines(period, groups, kinds))
    _replace(TeamTotal, period, _team_lines(period, teams, kinds, units))
    _replace(ValueTotal, period, _value_lines(period))
    return len(groups) + len(teams)


def _group_lines(
    period: Period, groups: Mapping[tuple[int, str], Sums], kinds: Mapping[int, str]
) -> list[dict[str, Any]]:
    heads: dict[int, dict[str, int]] = defaultdict(dict)
    for (unit_id, shift), sums in groups.items():
        heads[unit_id][shift] = sums[0]
    sites = large_enough({each: heads[each][""] for each in heads if kinds[each] == "site"})
    lines = []
    for unit_id, of_unit in heads.items():
        shifts = {shift: count for shift, count in of_unit.items() if shift}
        shown: set[str] = set(large_enough(shifts, of_unit[""] - sum(shifts.values())))
        if unit_id in sites or (kinds[unit_id] != "site" and of_unit[""] >= LEAST):
            shown.add("")
        lines += [
            _line(period, unit_id, groups[unit_id, shift])
            | {"shift": shift, "shown": shift in shown}
            for shift in of_unit
        ]
    return lines


def _team_lines(
    period: Period,
    teams: Mapping[int, Sums],
    kinds: Mapping[int, str],
    units: Mapping[int, Mapping[int, int]],
) -> list[dict[str, Any]]:
    """Teams are held back by site, so that none can be worked out from the rest of its site."""
    of_site: dict[int, dict[int, int]] = defaultdict(dict)
    rest: dict[int, int] = defaultdict(int)
    for unit_id, sums in teams.items():
        site = max(units.get(unit_id, {unit_id: 0}).items(), key=lambda item: item[1])[0]
        if kinds[unit_id] == "team":
            of_site[site][unit_id] = sums[0]
        else:
            rest[site] += sums[0]
    shown = {each for site, heads in of_site.items() for each in large_enough(heads, rest[site])}
    return [
        _line(period, unit_id, sums)
        | {"per_head": _per_head(sums[0], sums[2]), "shown": unit_id in shown}
        for unit_id, sums in teams.items()
        if kinds[unit_id] == "team"
    ]


def _line(period: Period, unit_id: int, sums: Sums) -> dict[str, Any]:
    heads, people, coins = sums
    return {
        "period": period.key, "unit_id": unit_id, "heads": heads, "people": people, "coins": coins,
    }  # fmt: skip


def _value_lines(period: Period) -> list[dict[str, Any]]:
    undo = aliased(Transfer)
    rows = session().execute(
        select(Award.value, func.count())
        .join(Transfer, Transfer.id == Award.transfer_id)
        .where(
            Transfer.happened_on.between(period.first, period.last),
            Award.value.is_not(None),  # thanks name none
            ~exists(select(undo.id).where(undo.reverses_id == Transfer.id)),
        )
        .group_by(Award.value)
    )
    return [{"period": period.key, "value": row[0], "awards": row[1]} for row in rows]


def _replace(model: type[Any], period: Period, lines: Sequence[dict[str, Any]]) -> None:
    session().execute(delete(model).where(model.period == period.key))
    for some in chunks(lines, 5000):
        session().execute(insert(cast(Table, model.__table__)), some)


def _plus(left: Sums, right: Sums) -> Sums:
    return (left[0] + right[0], left[1] + right[1], left[2] + right[2])


def _per_head(heads: int, coins: int) -> int:
    """Hundredths of a coin."""
    return max(0, round(coins * 100 / heads)) if heads else 0


def _rows(period: Period, unit_id: int | None = None) -> Iterable[AnyRow]:
    """By unit and shift: heads, people, coins; and again for those who are on boards."""
    day = min(period.last, clock.today())
    values: dict[str, Any] = {"day": day, "months": list(period.months)}
    if unit_id is not None:
        values["unit_id"] = unit_id
    for row in fetch(_sums(unit_id is not None), **values):
        yield (row[0], row[1], *(int(each or 0) for each in row[2:]))  # type: ignore[misc]


@cache
def _sums(is_one: bool) -> AnySelect:
    day: Any = bindparam("day", type_=Date)
    months = bindparam("months", expanding=True, type_=String)
    people = received_by_person(day, months)
    if is_one:
        people = people.where(Position.unit_id == bindparam("unit_id"))
    each = people.subquery()
    got = case((each.c.coins > 0, 1), else_=0)
    return select(
        each.c.unit_id,
        each.c.shift,
        func.count(),
        func.sum(got),
        func.sum(each.c.coins),
        func.sum(case((each.c.is_on, 1), else_=0)),
        func.sum(case((each.c.is_on, got), else_=0)),
        func.sum(case((each.c.is_on, each.c.coins), else_=0)),
    ).group_by(each.c.unit_id, each.c.shift)


def _units(period: Period) -> dict[int, dict[int, int]]:
    """For each unit itself and the units above it, with their distance."""
    day = min(period.last, clock.today())
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for row in session().execute(
        select(UnitPath.unit_id, UnitPath.ancestor_id, UnitPath.distance).where(
            true_on(UnitPath, day)
        )
    ):
        found[row.unit_id][row.ancestor_id] = row.distance
    return found


# ---- goals ------------------------------------------------------------------------------------


def set_goal(by: Viewer, *, unit_id: int, kind: str) -> TeamGoal:
    """What a team wishes for together this month; another choice takes the first one's place.

    Raises Refused.
    """
    unit = queries.unit_with_place(unit_id)
    if unit is None or not policy.may_award(by, unit):
        raise Refused(_("这个班组不归你带，请从自己的班组里选。"), "unit_id", status=403)
    if kind not in set(GoalKind):
        raise Refused(_("请从列出的里面选一个。"), "kind")
    month = month_of(clock.today())
    row = {
        "unit_id": unit_id, "month": month, "kind": kind, "set_by_id": by.id,
        "created_at": clock.now(),
    }  # fmt: skip
    changed = {name: row[name] for name in ("kind", "set_by_id", "created_at")}
    statement = upsert(TeamGoal).values(row)
    session().execute(
        statement.on_conflict_do_update(index_elements=["unit_id", "month"], set_=changed)
    )
    found = select(TeamGoal).where(TeamGoal.unit_id == unit_id, TeamGoal.month == month)
    goal = session().scalars(found).one()
    session().refresh(goal)
    return goal
