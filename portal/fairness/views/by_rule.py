"""Awards by rule: the list their owners look over, and the rules themselves."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.errors import Refused
from portal.base.pages import Answer, done, page
from portal.base.words import day as day_words
from portal.fairness import policy, queries, rules
from portal.fairness.forms import REFUSE, DueForm, RuleForm, StarForm, SureForm
from portal.fairness.models import AwardRule, RuleKind
from portal.fairness.queries import DueLine
from portal.fairness.views.blueprint import after_asked, pages

MOST_LISTED = 50


@pages.route("/due", methods=["GET", "POST"], who=signed_in)
def due() -> Answer:
    """What waits for my look: paid or let be, several at once."""
    form = DueForm()
    if form.accepted():
        chosen = form.due.data or []
        if form.act == REFUSE:
            count = rules.refuse(me, due_ids=chosen, reasons=form.reasons.data or "")
            told = ngettext("%(num)s 条不发，原因记下了。", "%(num)s 条不发，原因记下了。", count)
        else:
            count = rules.approve(me, due_ids=chosen)
            told = ngettext("发出去了：%(num)s 位同事。", "发出去了：%(num)s 位同事。", count)
        return done(told, url_for("fairness.due"))
    found = queries.waiting(me, after_asked(), MOST_LISTED)
    shown, more = found[:MOST_LISTED], found[MOST_LISTED:]
    form.due.choices = [(line.id, f"{line.name} +{line.amount}") for line in shown]
    form.due.hints = {line.id: f"{line.rule} · {occurrence(line)}" for line in shown}
    return page(
        "fairness/due.html",
        form=form,
        dues=shown,
        next_url=url_for("fairness.due", after=shown[-1].id) if more else None,
        stars=queries.stars_of(me, clock.today()),
        may_set_rules=policy.may_set_rules(me),
    )


def occurrence(line: DueLine) -> str:
    """What it is for, as people say it."""
    if line.kind == RuleKind.SERVICE:
        years: str = ngettext("满 %(num)s 年", "满 %(num)s 年", int(line.occurrence))
        return f"{years} · {day_words(line.due_on)}"
    if line.kind == RuleKind.STAR:
        return line.occurrence
    return day_words(line.due_on)


@pages.route("/stars", methods=["GET", "POST"], who=signed_in)
def star() -> Answer:
    """The owner of a rule names a star of this month."""
    mine = {str(rule.id): rule for rule in queries.stars_of(me, clock.today())}
    form = StarForm()
    form.rule.choices = [(key, rule.name) for key, rule in mine.items()]
    if form.accepted():
        chosen = form.person.chosen
        if chosen is None:
            raise Refused(_("请填写。"), "person")
        rules.name_star(me, mine[form.rule.data], person_id=chosen.id)
        return done(_("提名好了，看过就可以发。"), url_for("fairness.due"))
    if request.method == "GET" and mine:
        form.rule.data = next(iter(mine))
    return page("fairness/star.html", form=form, has_rules=bool(mine))


@pages.route("/rules", who=policy.may_set_rules)
def rule_list() -> Answer:
    """The rules by which coins are given."""
    return page("fairness/rules.html", rules=queries.rules_of(clock.today()))


@pages.route("/rules/new", methods=["GET", "POST"], who=policy.may_set_rules)
def rule_new() -> Answer:
    """Make a rule."""
    form = RuleForm(data={"since": clock.today()})
    if form.accepted():
        rules.set_rule(me, **form.values())
        return done(_("规则定好了。"), url_for("fairness.rule_list"))
    return page("fairness/rule_new.html", form=form)


@pages.route("/rules/<int:rule_id>/end", methods=["GET", "POST"], who=policy.may_set_rules)
def rule_end(rule_id: int) -> Answer:
    """Let a rule end today."""
    rule = load(AwardRule, rule_id, see=policy.may_end)
    form = SureForm()
    if form.accepted():
        rules.end_rule(me, rule)
        return done(_("从今天起不再按它发。"), url_for("fairness.rule_list"))
    return page("fairness/rule_end.html", form=form, rule=rule)
