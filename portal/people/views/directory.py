"""The directory: everybody who works here, and the card of one."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import Viewer, load, me, signed_in
from portal.base.forms import clean
from portal.base.pages import Answer, page
from portal.people import policy, queries
from portal.people.models import Person
from portal.people.queries import StaffLine, UnitLine
from portal.people.views.blueprints import pages

OPTIONS = 8
PAGE = 25
LARGEST = 2**63 - 1


def whole(name: str) -> int | None:
    """A whole number asked for in the address; None when there is none."""
    text = request.args.get(name, "")
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_number else None


def asked_after() -> tuple[str, int] | None:
    """Where the page before ended: `id.sort key`."""
    number, _dot, key = request.args.get("after", "").partition(".")
    if not key or not (number.isascii() and number.isdigit()) or len(number) > 18 or "\0" in key:
        return None
    return key[:200], int(number)


def typed_text(name: str = "q") -> str:
    return clean(request.args.get(name)).replace("\0", "")[:80]


@pages.route("/", who=signed_in)
def index() -> Answer:
    """Everybody who works here, found by name, reading, initials or staff number."""
    asked: dict[str, Any] = {"q": typed_text(), "unit": whole("unit")}
    is_hr = policy.may_manage(me)
    if is_hr:
        asked |= {name: "1" if request.args.get(name) else "" for name in ("leave", "gone")}
        asked["title"] = typed_text("title")
    found = _found(asked)
    people = found[:PAGE]
    return page(
        "people/index.html",
        people=people,
        service=_service(people) if is_hr and people else {},
        is_hr=is_hr,
        asked=asked,
        chips=_chips(asked, _chip_units(asked["unit"])),
        next_url=_next_url(asked, people[-1]) if len(found) > PAGE else None,
        may_see_roles=policy.may_give_roles(me),
    )


def _found(asked: dict[str, Any]) -> list[StaffLine]:
    after, today = asked_after(), clock.today()
    if asked.get("gone"):
        return queries.leavers(me, today, typed=asked["q"], after=after, limit=PAGE)
    return queries.directory(
        today,
        typed=asked["q"],
        unit_ids=[asked["unit"]] if asked["unit"] else None,
        after=after,
        limit=PAGE,
        title=asked.get("title") or "",
        on_leave=bool(asked.get("leave")),
    )


def _service(people: list[StaffLine]) -> dict[int, queries.ServiceLine]:
    units = me.units_as("hr")
    return queries.service_of(people, units, clock.today())


def _next_url(asked: dict[str, Any], last: StaffLine) -> str:
    kept = {name: value for name, value in asked.items() if value}
    return url_for("people.index", after=f"{last.id}.{last.sort_key}", **kept)


def _chip_units(asked: int | None) -> list[UnitLine]:
    """My team, my department and the sites; and the unit that was asked for."""
    units = {line.id: line for line in queries.sites(clock.today())}
    near = [*me.place[:2], *([asked] if asked else [])]
    more = {line.id: line for line in queries.unit_lines(set(near), clock.today())}
    ordered = [*near, *units]
    return [
        (more | units)[unit_id] for unit_id in dict.fromkeys(ordered) if unit_id in more | units
    ]


def _chips(asked: dict[str, Any], units: list[UnitLine]) -> list[dict[str, Any]]:
    kept = {name: value for name, value in asked.items() if value and name != "unit"}
    chips = [
        {
            "label": _("全部"),
            "url": url_for("people.index", **kept),
            "active": not asked["unit"],
        }
    ]
    for line in units:
        chips.append(
            {
                "label": line.name,
                "url": url_for("people.index", unit=line.id, **kept),
                "active": asked["unit"] == line.id,
            }
        )
    return chips


@pages.route("/pick", who=signed_in)
def pick() -> Answer:
    """The list under a person field: colleagues who fit what was typed, eight at most."""
    typed = typed_text()
    found = queries.directory(clock.today(), typed=typed, limit=OPTIONS) if typed else []
    return render_template("people/pick.html", people=found[:OPTIONS])


@pages.route("/<int:person_id>", who=signed_in)
def show(person_id: int) -> Answer:
    """The card of a colleague: who this is, where to find them, what one may do."""
    person = load(Person, person_id, see=policy.may_see)
    place = person.place
    held = policy.groups(me, person)
    card = queries.card(person.id, place, clock.today())
    is_here = card is not None and (card.until is None or card.until >= clock.today())
    return page(
        "people/show.html",
        person=person,
        card=card,
        groups=held,
        is_self=me.id == person.id,
        is_here=is_here,
        may_edit=policy.may_edit(me, person),
        acts=_acts(me, person, place) if is_here else [],
    )


def _acts(viewer: Viewer, person: Person, place: tuple[int, ...]) -> list[dict[str, str]]:
    """What other rooms let one do with this colleague, where they are there."""
    there = current_app.view_functions
    acts: list[dict[str, str]] = []
    is_self = viewer.id == person.id
    readers = ("leader", "hr", "general_manager", "auditor")
    if "growth.show" in there and (is_self or any(viewer.has_over(r, place) for r in readers)):
        url = url_for("growth.index") if is_self else url_for("growth.show", person_id=person.id)
        acts.append({"url": url, "icon": "file", "tone": "sky", "title": _("成长档案")})
    if "coins.award" in there and not is_self and viewer.has_over("leader", place):
        unit = next((u for u in place if viewer.has_over("leader", (u,))), place[0])
        url = url_for("coins.award", unit=unit, people=person.id)
        acts.append({"url": url, "icon": "coin", "tone": "sun", "title": _("送金币表扬")})
    return acts
