"""The directory: everybody who works here, and the card of one."""

from __future__ import annotations

from flask import render_template, request

from portal.base import clock
from portal.base.access import signed_in
from portal.base.forms import clean
from portal.base.pages import Answer, page
from portal.people import queries
from portal.people.views.blueprints import pages

OPTIONS = 8


@pages.route("/", who=signed_in)
def index() -> Answer:
    """Everybody who works here, found by name, reading, initials or staff number."""
    return page("people/index.html", people=queries.directory(clock.today()))


@pages.route("/pick", who=signed_in)
def pick() -> Answer:
    """The list under a person field: colleagues who fit what was typed, eight at most."""
    typed = clean(request.args.get("q"))[:80]
    found = queries.directory(clock.today(), typed=typed, limit=OPTIONS) if typed else []
    return render_template("people/pick.html", people=found[:OPTIONS])
