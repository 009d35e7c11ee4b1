"""The numbers of the house: what is in force, what comes next, what was before."""

from __future__ import annotations

from flask import abort, url_for
from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import me
from portal.base.pages import Answer, done, page
from portal.coins import policy, queries, rules
from portal.coins.forms import NumberForm
from portal.coins.models import RuleName
from portal.coins.views.blueprints import pages


@pages.route("/numbers", who=policy.may_open_overview)
def numbers() -> Answer:
    """All numbers about coins, each with what it does."""
    return page(
        "coins/numbers.html",
        lines=queries.number_lines(clock.today()),
        may_set=policy.may_set_numbers(me),
    )


@pages.route("/numbers/<rule>", methods=["GET", "POST"], who=policy.may_set_numbers)
def number(rule: str) -> Answer:
    """One number: set it from a day on, and read how it came about."""
    if rule not in set(RuleName):
        abort(404)
    name, today = RuleName(rule), clock.today()
    form = NumberForm()
    form.number.most = name.most
    if form.accepted():
        rules.set_number(me, name, **form.values())
        return done(_("改好了，从那一天起按新的数。"), url_for("coins.numbers"))
    line = next(each for each in queries.number_lines(today) if each.name == name)
    return page(
        "coins/number.html", form=form, line=line, decisions=queries.decisions(name), today=today
    )
