"""A second pair of eyes: what waits for it, and each award that waits."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.base.access import load, me, signed_in
from portal.base.pages import Answer, done, page
from portal.coins import policy, queries, rules
from portal.coins.forms import DecideForm, RefuseForm
from portal.coins.models import AwardRequest
from portal.coins.views.blueprints import pages
from portal.coins.views.own import MOST_NAMES, PAGE, after_entry


def _tabs(current: str) -> list[dict[str, object]]:
    waiting = queries.queue(me)
    return [
        {"label": label, "count": count, "active": name == current, "url": url_for(f"coins.{name}")}
        for name, label, count in (
            ("reviews", _("要发的表扬"), waiting.awards),
            ("withdrawals", _("要撤回的表扬"), waiting.withdrawals),
        )
    ]


@pages.route("/reviews", who=policy.may_review)
def reviews() -> Answer:
    """Large awards that wait for the viewer, the oldest first."""
    found = queries.waiting_awards(me, after_entry(), PAGE)
    lines, more = found[:PAGE], found[PAGE:]
    next_url = url_for("coins.reviews", after=lines[-1].id) if more else None
    return page("coins/reviews.html", tabs=_tabs("reviews"), awards=lines, next_url=next_url)


@pages.route("/reviews/withdrawals", who=policy.may_review)
def withdrawals() -> Answer:
    """Awards that somebody asks to take back and that wait for the viewer, the oldest first."""
    found = queries.waiting_withdrawals(me, after_entry(), PAGE)
    lines, more = found[:PAGE], found[PAGE:]
    next_url = url_for("coins.withdrawals", after=lines[-1].id) if more else None
    return page(
        "coins/reviews.html", tabs=_tabs("withdrawals"), withdrawals=lines, next_url=next_url
    )


@pages.route("/requests/<int:request_id>", methods=["GET", "POST"], who=signed_in)
def request_detail(request_id: int) -> Answer:
    """An award that waits, or waited. POST: agree, as it was asked."""
    asked = load(AwardRequest, request_id, see=policy.may_see_request)
    form = DecideForm(version=asked.version)
    if form.accepted():
        given = rules.approve(me, asked, version=form.seen)
        message = ngettext(
            "同意了，%(num)s 位同事收到了金币。", "同意了，%(num)s 位同事收到了金币。",
            asked.head_count,
        )  # fmt: skip
        return done(message, url_for("coins.award_detail", award_id=given.id), tone="sun")
    names = queries.names_of(asked.people, MOST_NAMES)
    return page(
        "coins/request.html",
        form=form,
        line=queries.request_line(asked.id),
        names=names,
        others=asked.head_count - len(names),
        may_decide=asked.is_waiting and policy.may_decide(me, asked),
        may_recall=asked.is_waiting and policy.may_recall(me, asked),
    )


@pages.route("/requests/<int:request_id>/refuse", methods=["GET", "POST"], who=signed_in)
def refuse(request_id: int) -> Answer:
    """Give the coins back to the budget, with a reason."""
    asked = load(AwardRequest, request_id, see=policy.may_see_request, may=policy.may_decide)
    form = RefuseForm(version=asked.version)
    here = url_for("coins.request_detail", request_id=asked.id)
    if form.accepted():
        rules.refuse(me, asked, version=form.seen, answer=form.answer.data or "")
        return done(_("退回了，金币回到了预算里，发起人会看到原因。"), here)
    return page("coins/refuse.html", form=form, back=here)


@pages.route("/requests/<int:request_id>/recall", methods=["GET", "POST"], who=signed_in)
def recall(request_id: int) -> Answer:
    """Who asked takes it back before anybody decided."""
    asked = load(AwardRequest, request_id, see=policy.may_see_request, may=policy.may_recall)
    form = DecideForm(version=asked.version)
    here = url_for("coins.request_detail", request_id=asked.id)
    if form.accepted():
        rules.recall(me, asked, version=form.seen)
        return done(_("收回好了，金币回到了预算里。"), here)
    return page("coins/recall.html", form=form, back=here, total=asked.total)
