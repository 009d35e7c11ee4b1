"""The desk: somebody says or shows a code, sees the thing changing hands, and it is done."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _

from portal.base.access import load, me
from portal.base.pages import Answer, done, page
from portal.rewards import policy, queries, rules
from portal.rewards.forms import DeskForm, HandForm
from portal.rewards.models import Order
from portal.rewards.views.blueprint import pages


@pages.route("/desk", methods=["GET", "POST"], who=policy.is_at_desk)
def desk() -> Answer:
    """Type a code. The link of a QR code leads to the next page at once."""
    form = DeskForm()
    if form.accepted():
        found = rules.waiting(me, code=form.code.data or "")
        order = load(Order, found, see=policy.may_hand_over)
        return redirect(url_for("rewards.hand", code=order.code), code=303)
    return page("rewards/desk.html", form=form, is_keeper=policy.is_keeper(me))


@pages.route("/desk/<code>", methods=["GET", "POST"], who=policy.is_at_desk)
def hand(code: str) -> Answer:
    """What it is and whose, then one button."""
    form = HandForm()
    is_sent = form.accepted()  # first: a second press finds the answer of the first
    order = load(Order, rules.waiting(me, code=code), see=policy.may_hand_over)
    if is_sent:
        rules.hand_over(me, order)
        return done(_("交好了，谢谢你。"), url_for("rewards.desk"), tone="sun")
    return page(
        "rewards/hand.html",
        form=form,
        order=order,
        reward=order.reward,
        names=queries.names_on(order),
        is_own=policy.is_own(me, order),
    )
