"""The tree of units on a day; founding and moving them."""

from __future__ import annotations

from datetime import date

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.pages import Answer, done, page
from portal.people import policy, queries, rules
from portal.people.forms import MoveUnitForm, UnitForm
from portal.people.models import Unit
from portal.people.queries import Branch
from portal.people.views.blueprints import pages
from portal.people.views.directory import typed_text

MOST_SHOWN = 300
"""A larger house shows its sites and departments; teams stand on the page of theirs."""


def asked_day() -> date:
    """The day the tree is looked at: today, unless another one is asked for."""
    try:
        day = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return clock.today()
    return day if 1900 <= day.year <= 2199 else clock.today()


@pages.route("/units", who=signed_in)
def units() -> Answer:
    """Sites, departments, teams, with how many work there, on any day."""
    day = asked_day()
    found = queries.branches(day)
    return page(
        "people/units.html",
        children=_children(found),
        day=day,
        is_today=day == clock.today(),
        shows_teams=len(found) <= MOST_SHOWN,
        may_manage=policy.may_manage(me),
    )


def _children(found: list[Branch]) -> dict[int | None, list[Branch]]:
    children: dict[int | None, list[Branch]] = {}
    for branch in found:
        children.setdefault(branch.parent_id, []).append(branch)
    return children


@pages.route("/units/pick", who=signed_in)
def pick_unit() -> Answer:
    """The list under a unit field: units whose name holds what was typed, eight at most."""
    typed = typed_text()
    found = queries.units_like(typed, clock.today()) if typed else []
    return render_template("people/pick_unit.html", units=found)


def _unit(unit_id: int) -> Unit:
    return load(Unit, unit_id, see=policy.may_see_unit, may=policy.may_manage_unit)


@pages.route("/units/<int:unit_id>", who=signed_in)
def unit(unit_id: int) -> Answer:
    """One unit: what lies above and below it, who leads it, who works there."""
    found = load(Unit, unit_id, see=policy.may_see_unit)
    today = clock.today()
    place = found.place
    if not place:
        abort(404)
    people = queries.directory(today, unit_ids=[found.id], limit=25)
    above = queries.unit_lines(place[1:2], today)
    return page(
        "people/unit.html",
        unit=found,
        above=above[0] if above else None,
        children=queries.units_right_below(found.id, today),
        leaders=queries.names_of(queries.holders("leader", [found.id], today)),
        people=people[:25],
        more_url=url_for("people.index", unit=found.id) if len(people) > 25 else None,
        may_edit=policy.may_manage_unit(me, found),
    )


@pages.route("/units/new", methods=["GET", "POST"], who=policy.may_manage)
def new_unit() -> Answer:
    """Found a team, a department, a site."""
    form = UnitForm()
    if form.accepted():
        made = rules.found_unit(me, **form.values())
        return done(_("建好了。"), url_for("people.unit", unit_id=made.id))
    if request.method == "GET" and request.args.get("under"):
        form.parent.data = typed_text("under")
    return page("people/unit_new.html", form=form)


@pages.route("/units/<int:unit_id>/move", methods=["GET", "POST"], who=policy.may_manage)
def move_unit(unit_id: int) -> Answer:
    """Put a unit under another one from a day on."""
    found = _unit(unit_id)
    form = MoveUnitForm()
    if form.accepted():
        rules.shift_unit(me, found, **form.values())
        return done(_("记下了，从那一天起生效。"), url_for("people.unit", unit_id=found.id))
    return page("people/unit_move.html", form=form, unit=found)
