"""Cases: for the two whom they concern, and for who decides."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _

from portal.audit import rules as audit
from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.pages import Answer, done, page
from portal.coins.models import RuleName
from portal.coins.queries import numbers_on
from portal.fairness import policy, queries, rules
from portal.fairness.forms import AnswerForm, DecideForm, NumbersForm
from portal.fairness.models import Case
from portal.fairness.views.blueprint import after_asked, pages
from portal.people.queries import names_of

PAGE = 25


def looked(case: Case) -> None:
    """Somebody who decides has opened it: both can read that in their files."""
    if me.id in case.people:
        return
    role = next((each for each in (*policy.OVERSEERS, "hr") if me.has(each)), "")
    for person_id in case.people:
        audit.looked(me, person_id, part="coin_case", role=role)


@pages.route("/", who=signed_in)
def index() -> Answer:
    """The cases that concern me, and those that I may decide."""
    found = queries.cases(me, after_asked(), PAGE)
    shown, more = found[:PAGE], found[PAGE:]
    return page(
        "fairness/index.html",
        cases=shown,
        next_url=url_for("fairness.index", after=shown[-1].id) if more else None,
        may_set_rules=policy.may_set_rules(me),
    )


@pages.route("/cases/<int:case_id>", who=signed_in)
def show(case_id: int) -> Answer:
    """The facts, what both say, and what came of it."""
    case = load(Case, case_id, see=policy.may_see)
    looked(case)
    answers = queries.answers_of(case.id)
    names = names_of({*case.people, case.decided_by_id or case.giver_id})
    return page(
        "fairness/show.html",
        case=case,
        names=names,
        items=queries.items_of(case.id),
        answers=answers,
        has_answered=any(line.person_id == me.id for line in answers),
        may_answer=case.is_open and policy.may_answer(me, case),
        may_decide=case.is_open and policy.may_decide(me, case),
        answers_until=clock.local(case.opened_at).date() + timedelta(days=rules.DAYS_TO_ANSWER),
    )


@pages.route("/cases/<int:case_id>/answer", methods=["GET", "POST"], who=signed_in)
def answer(case_id: int) -> Answer:
    """One of the two says how it was."""
    case = load(Case, case_id, see=policy.may_see, may=policy.may_answer)
    said = [line.words for line in queries.answers_of(case.id) if line.person_id == me.id]
    form = AnswerForm(data={"words": said[0] if said else None})
    if form.accepted():
        rules.answer(me, case, **form.values())
        return done(_("记下了，谢谢你说明。"), url_for("fairness.show", case_id=case.id))
    return page("fairness/answer.html", form=form, case=case)


@pages.route("/cases/<int:case_id>/decide", methods=["GET", "POST"], who=signed_in)
def decide(case_id: int) -> Answer:
    """Somebody outside the line decides, with reasons."""
    case = load(Case, case_id, see=policy.may_see, may=policy.may_decide)
    looked(case)
    form = DecideForm()
    if form.accepted():
        rules.decide(me, case, **form.values())
        return done(_("决定好了，两位都会收到。"), url_for("fairness.show", case_id=case.id))
    names = names_of(case.people)
    return page("fairness/decide.html", form=form, case=case, names=names)


@pages.route("/numbers", methods=["GET", "POST"], who=policy.may_set_rules)
def numbers() -> Answer:
    """From which amounts coins between two people are asked about."""
    known = numbers_on(clock.today())
    form = NumbersForm(
        data={
            "ring": known.get(RuleName.RING, 0),
            "favour": known.get(RuleName.FAVOUR, 0),
            "is_held": bool(known.get(RuleName.RING_HOLD, 0)),
            "since": clock.today(),
        }
    )
    if form.accepted():
        rules.set_numbers(me, **form.values())
        return done(_("改好了，从下一次夜里的核查起按新的数。"), url_for("fairness.index"))
    return page("fairness/numbers.html", form=form)
