"""Coins of the whole house: budgets for HR, and the board where everybody can check the sum."""

from __future__ import annotations

from flask import abort, request, url_for
from flask_babel import ngettext

from portal.base import clock
from portal.base.access import LARGEST_ID, me, signed_in
from portal.base.forms import CONTROL, clean
from portal.base.pages import Answer, done, page
from portal.coins import policy, queries, rules
from portal.coins.forms import FundForm
from portal.coins.queries import UnitLine
from portal.coins.views.blueprints import pages
from portal.coins.views.own import PAGE, after_entry, month_name
from portal.roster.queries import shift_today

DIGESTS = 10


@pages.route("/overview", who=policy.may_open_overview)
def overview() -> Answer:
    """This month's budgets of the units one answers for."""
    today, typed = shift_today(), CONTROL.sub("", clean(request.args.get("q")))[:80]
    found = queries.budgets(
        queries.scope_of_overview(me), today, typed=typed, after=_after(), limit=PAGE
    )
    shown, more = found[:PAGE], found[PAGE:]
    next_url = None
    if more:
        after = f"{shown[-1].unit_id}.{shown[-1].unit}"
        next_url = url_for("coins.overview", q=typed or None, after=after)
    return page(
        "coins/overview.html",
        budgets=shown,
        typed=typed,
        next_url=next_url,
        rate=queries.rate_on(today),
        may_fund=policy.may_manage(me),
        month=month_name(today),
        queue=queries.queue(me) if policy.may_review(me) else None,
    )


def _after() -> tuple[str, int] | None:
    text = request.args.get("after", "")
    if not text:
        return None
    number, _dot, name = text.partition(".")
    if not (number.isascii() and number.isdigit()) or int(number) > LARGEST_ID or "\0" in name:
        abort(404)
    return name[:80], int(number)


def _unit_to_fund(unit_id: int) -> UnitLine:
    unit = queries.unit_with_place(unit_id) if 0 < unit_id <= LARGEST_ID else None
    if unit is None or unit.kind == "site":
        abort(404)
    if not policy.may_fund(me, unit):
        abort(403)
    return unit


@pages.route("/units/<int:unit_id>/fund", methods=["GET", "POST"], who=policy.may_manage)
def fund(unit_id: int) -> Answer:
    """Add coins to a unit's budget of this month."""
    unit = _unit_to_fund(unit_id)
    form = FundForm()
    if form.accepted():
        rules.fund(me, unit_id=unit.id, key=form.request_key.data or "", **form.values())
        message = ngettext(
            "加拨好了：%(unit)s 多了 %(num)s 枚金币。",
            "加拨好了：%(unit)s 多了 %(num)s 枚金币。",
            form.values()["amount"],
            unit=unit.name,
        )
        return done(message, url_for("coins.overview"))
    return page(
        "coins/fund.html", form=form, unit=unit, budget=queries.budget(unit.id, shift_today())
    )


@pages.route("/check", who=signed_in)
def check() -> Answer:
    """The notice board: all accounts added up, now, and the digest of each day, for everybody."""
    found = queries.digests(after_entry(), DIGESTS)
    shown, more = found[:DIGESTS], found[DIGESTS:]
    return page(
        "coins/check.html",
        totals=queries.totals(),
        at=clock.now(),
        digests=shown,
        next_url=url_for("coins.check", after=shown[-1].id, _anchor="digests") if more else None,
    )
