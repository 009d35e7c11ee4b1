"""Explain this number: from a figure to the entries that add up to it."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, request, url_for

from portal.base import clock
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.pages import Answer, page
from portal.coins import queries
from portal.coins.models import AccountKind, Currency
from portal.coins.queries import Figure, Subject
from portal.coins.views.blueprints import pages
from portal.coins.views.own import after_entry
from portal.people.models import Person


@pages.route("/explain/<figure>", who=signed_in)
def explain(figure: str) -> Answer:
    """The entries behind a figure, as of a past day. 404 for who may not see the figure."""
    found = queries.FIGURES.get(figure) or abort(404)
    subject, name = _subject(found)
    as_of = queries.day_as_of(request.args.get("as_of", ""))
    asked = {key: value for key, value in request.args.items() if key in {"of", "month"}}
    shown = queries.explained(figure, subject, as_of, after_entry())
    here: dict[str, Any] = {"figure": figure, **asked, "as_of": as_of}
    return page(
        "coins/explain.html",
        shown=shown,
        name=name,
        kept=asked,
        action=url_for("coins.explain", figure=figure),
        first_url=url_for("coins.explain", **here) if after_entry() else None,
        next_url=url_for("coins.explain", **here, after=shown.next) if shown.next else None,
    )


def _subject(figure: Figure) -> tuple[Subject, str]:
    """What the figure is asked of, if the viewer may see it; and its name."""
    of = request.args.get("of", "")
    month = _month() if figure.has_month else ""
    if figure.of == "me":
        if of not in {"", str(me.id)}:
            abort(404)
        return Subject(me.id, month), me.name
    if figure.of == "kind":
        return _kind(figure, of)
    if figure.of == "person" and not of:
        of = str(me.id)
    if not (of.isascii() and of.isdigit()) or not 0 < int(of) <= LARGEST_ID:
        abort(404)
    if figure.of == "person":
        person = load(Person, int(of), see=figure.may)
        return Subject(person.id, month), person.name
    unit: Any = queries.unit_with_place(int(of))
    if unit is None or not figure.may(me, unit):
        abort(404)
    return Subject(unit.id, month), unit.name


def _kind(figure: Figure, of: str) -> tuple[Subject, str]:
    """`of`: "wallet", or with the currency "drive.fen"."""
    kind, _dot, currency = of.partition(".")
    if kind not in set(AccountKind) or not figure.may(me, kind):
        abort(404)
    currency = currency or Currency.COIN
    if currency not in set(Currency):
        abort(404)
    return Subject(kind=kind, currency=currency), AccountKind(kind).label


def _month() -> str:
    month = request.args.get("month", "") or queries.month_of(clock.today())
    return month if re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month, re.ASCII) else abort(404)
