"""The book of honours: recording one for several people, taking one back."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _

from portal.base.access import load, me
from portal.base.pages import Answer, done, page
from portal.growth import policy, queries, rules
from portal.growth.forms import HonourForm, WithdrawForm
from portal.growth.models import KINDS, LEVELS, Honour, HonourKind
from portal.growth.views.blueprint import day_asked, number_asked, pages


@pages.route("/honours", who=policy.may_record)
def honours() -> Answer:
    """All honours, newest first."""
    asked = request.args.get("kind", "")
    kind = HonourKind(asked) if asked in set(HonourKind) else None
    day, number = day_asked("before"), number_asked("id")
    after = (day, number) if day is not None and number is not None else None
    found = queries.recent_honours(after=after, kind=kind)
    shown = found[:25]
    next_url = None
    if len(found) > len(shown):
        last = shown[-1][0]
        next_url = url_for("growth.honours", kind=kind, before=last.awarded_on, id=last.id)
    return page(
        "growth/honours.html",
        honours=shown,
        kind=kind,
        kinds=KINDS,
        levels=LEVELS,
        next_url=next_url,
    )


@pages.route("/honours/new", methods=["GET", "POST"], who=policy.may_record)
def record_honour() -> Answer:
    """Record an honour: one award, one or many people, or a unit as a whole."""
    form = HonourForm()
    if form.accepted():
        honour = rules.record_honour(me, **form.values())
        return done(
            _("“%(name)s”记好了。", name=honour.name),
            url_for("growth.honour", honour_id=honour.id),
            tone="leaf",
        )
    return page("growth/honour_form.html", form=form)


@pages.route("/honours/<int:honour_id>", who=policy.may_record)
def honour(honour_id: int) -> Answer:
    """One honour with its holders."""
    found = load(Honour, honour_id, see=policy.may_see_honour)
    return page(
        "growth/honour.html",
        honour=found,
        holders=queries.holders_of(found.id),
        unit=queries.unit_name(found.unit_id),
        level=LEVELS[found.level],
        kind=KINDS[found.kind],
        may_withdraw=policy.may_withdraw(me, found) and not found.is_withdrawn,
    )


@pages.route("/honours/<int:honour_id>/withdraw", methods=["GET", "POST"], who=policy.may_record)
def withdraw_honour(honour_id: int) -> Answer:
    """Take back an honour that was entered wrongly."""
    found = load(Honour, honour_id, see=policy.may_see_honour, may=policy.may_withdraw)
    form = WithdrawForm()
    if form.accepted():
        rules.withdraw_honour(me, found, **form.values())
        return done(_("撤回了。"), url_for("growth.honour", honour_id=found.id))
    return page("growth/withdraw.html", form=form, honour=found)
