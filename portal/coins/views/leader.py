"""A leader's pages: the budget, and giving coins."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import abort, request, url_for
from flask_babel import ngettext

from portal.base import clock
from portal.base.access import me
from portal.base.forms import CONTROL, clean
from portal.base.pages import Answer, done, page
from portal.coins import policy, queries, rules
from portal.coins.forms import CONFIRM, REVIEW, AwardForm, person_ids
from portal.coins.queries import UnitLine
from portal.coins.rules import Plan
from portal.coins.views.blueprints import pages
from portal.coins.views.own import PAGE, after_entry, month_name
from portal.people.models import Person
from portal.people.queries import StaffLine, directory, lines, staff

FORGOTTEN_AFTER = timedelta(days=60)
MOST_LISTED, WHOLE_TEAM = 60, 2000


def chosen_unit(units: list[UnitLine]) -> UnitLine:
    """The unit that was asked for, or the first of those the viewer leads; 404 for another's."""
    asked = request.values.get("unit")
    if asked is None and units:
        return units[0]
    found = next((unit for unit in units if str(unit.id) == asked), None)
    return found or abort(404)


def _chips(units: list[UnitLine], unit: UnitLine, endpoint: str) -> list[dict[str, object]]:
    if len(units) < 2:
        return []
    return [
        {"label": each.name, "url": url_for(endpoint, unit=each.id), "active": each.id == unit.id}
        for each in units
    ]


@pages.route("/budget", who=policy.may_open_budget)
def budget() -> Answer:
    """What is left this month, what was given, and whom nobody has thanked for long."""
    units = queries.units_led(me)
    unit = chosen_unit(units)
    today = clock.today()
    found = queries.awards_of_unit(me, unit.id, after_entry(), PAGE)
    awards, more = found[:PAGE], found[PAGE:]
    next_url = url_for("coins.budget", unit=unit.id, after=awards[-1].id) if more else None
    return page(
        "coins/budget.html",
        unit=unit,
        chips=_chips(units, unit, "coins.budget"),
        budget=queries.budget(unit.id, today),
        awards=awards,
        next_url=next_url,
        forgotten=queries.forgotten(unit.id, today - FORGOTTEN_AFTER, but=me.id),
        month=month_name(today),
    )


@pages.route("/award", methods=["GET", "POST"], who=policy.may_open_budget)
def award() -> Answer:
    """Give coins: choose and write, look it over, confirm."""
    form = AwardForm()
    act = form.act if request.method == "POST" else ""
    if act == CONFIRM and form.accepted():
        given = rules.award(me, unit_id=_unit_id(), key=form.key, **form.values())
        return done(_told(form), url_for("coins.budget", unit=given.unit_id), tone="sun")
    units = queries.units_led(me)
    unit = chosen_unit(units)
    if act == REVIEW and form.accepted():
        return _review(form, unit, rules.plan(me, unit_id=unit.id, **form.values()))
    if request.method == "GET":
        form.people.data = _asked_for()
    is_cut = _list_people(form, unit)
    return page(
        "coins/give.html",
        form=form,
        unit=unit,
        chips=_chips(units, unit, "coins.award"),
        budget=queries.budget(unit.id, clock.today()),
        typed=_typed(),
        is_cut=is_cut,
    )


def _unit_id() -> int | None:
    """The unit that was asked for; the rule decides whether it is the viewer's to give for."""
    asked = request.values.get("unit", "")
    return int(asked) if re.fullmatch(r"[0-9]{1,18}", asked) else None


def _told(form: AwardForm) -> str:
    told: str = ngettext(
        "发出去了：%(num)s 位同事，每人 %(each)s 枚。15 分钟内可以撤回。",
        "发出去了：%(num)s 位同事，每人 %(each)s 枚。15 分钟内可以撤回。",
        len(form.people.data or ()),
        each=form.amount.data,
    )
    return told


def _review(form: AwardForm, unit: UnitLine, plan: Plan) -> Answer:
    return page("coins/review.html", form=form, unit=unit, plan=plan)


def _typed() -> str:
    return CONTROL.sub("", clean(request.values.get("q")))[:100]


def _asked_for() -> list[int]:
    try:
        return person_ids(request.args.getlist("people"))
    except ValueError:
        abort(404)


def _list_people(form: AwardForm, unit: UnitLine) -> bool:
    """The unit's people as boxes to tick, those already ticked among them.

    Answers whether there are more than are shown.
    """
    today, ticked = clock.today(), set(form.people.data or ())
    everyone = request.values.get("act") == "everyone"
    limit = WHOLE_TEAM if everyone else MOST_LISTED
    typed = "" if everyone else _typed()
    found = directory(today, typed=typed, unit_ids=[unit.id], limit=limit)
    listed = {line.id: line for line in found[:limit] if line.id != me.id}
    if everyone:
        ticked |= set(listed)
    if missing := [person for person in ticked if person not in listed]:
        listed |= {line.id: line for line in lines(staff(today).where(Person.id.in_(missing)))}
    ordered = sorted(listed.values(), key=lambda line: (line.sort_key, line.id))
    form.people.data = [line.id for line in ordered if line.id in ticked]
    form.people.choices = [(line.id, line.name) for line in ordered]
    form.people.hints = {line.id: _quiet(line) for line in ordered}
    return len(found) > limit


def _quiet(line: StaffLine) -> str:
    return " · ".join(part for part in (line.staff_no, line.title) if part)
