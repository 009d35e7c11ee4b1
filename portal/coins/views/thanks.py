"""Thanks between colleagues: whom, how much, what for; and joining in with an award."""

from __future__ import annotations

from flask import abort, request, url_for
from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.forms import CONTROL, clean
from portal.base.pages import Answer, done, page
from portal.coins import policy, queries, rules
from portal.coins.forms import ALL, JoinForm, ThankForm
from portal.coins.models import Award
from portal.coins.views.blueprints import pages
from portal.people import policy as people_policy
from portal.people.models import Person
from portal.people.queries import directory

MOST_LISTED, MOST_CHOICES = 30, 60


@pages.route("/thank", who=signed_in)
def thank() -> Answer:
    """Whom to thank: the own team first, everybody else by typing."""
    typed = CONTROL.sub("", clean(request.args.get("q")))[:100]
    team = list(me.place[:1])
    found = directory(
        clock.today(), typed=typed, unit_ids=None if typed else team, limit=MOST_LISTED
    )
    shown = [line for line in found[:MOST_LISTED] if line.id != me.id]
    shown.sort(key=lambda line: line.unit_id not in team)
    return page(
        "coins/thank.html",
        people=shown,
        is_cut=len(found) > MOST_LISTED,
        typed=typed,
        allowance=queries.allowance(me.id),
    )


@pages.route("/thank/<int:person_id>", methods=["GET", "POST"], who=signed_in)
def thank_person(person_id: int) -> Answer:
    """Thank one colleague."""
    person = load(Person, person_id, see=people_policy.may_see)
    allowance = queries.allowance(me.id)
    form = ThankForm()
    form.amount.most = max(1, allowance.most_each)
    if form.accepted():
        given = rules.thank(me, person_id=person.id, key=_key(form), **form.values())
        message = _("送到了，%(name)s 会看到你的话。15 分钟内可以撤回。", name=person.name)
        return done(message, url_for("coins.award_detail", award_id=given.id), tone="sun")
    return page(
        "coins/thank_person.html",
        form=form,
        person=person,
        allowance=allowance,
    )


def _key(form: ThankForm | JoinForm) -> str:
    return form.request_key.data or ""


@pages.route("/awards/<int:award_id>/join", methods=["GET", "POST"], who=signed_in)
def join(award_id: int) -> Answer:
    """Thank too: add coins of one's own to somebody else's award."""
    award = load(Award, award_id, see=policy.may_see, may=policy.may_join)
    if award.adds_to_id is not None:
        abort(404)
    received = queries.named_receivers(award.transfer_id, MOST_CHOICES)
    allowance = queries.allowance(me.id)
    form = JoinForm()
    form.amount.most = max(1, allowance.most_each)
    form.person.choices = [(str(each), name) for each, name in received if each != me.id]
    if len(form.person.choices) > 1:
        form.person.choices.insert(0, (ALL, _("每一位")))
    if request.method == "GET":
        form.person.data = form.person.choices[0][0]
    if form.accepted():
        rules.add_thanks(me, award, key=_key(form), **form.values())
        message = _("你的谢谢也送到了，15 分钟内可以撤回。")
        return done(message, url_for("coins.award_detail", award_id=award.id), tone="sun")
    return page(
        "coins/join.html",
        form=form,
        line=queries.award_line(award.id),
        allowance=allowance,
    )
