"""Orders as those see them who made them, and HR of the site."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask_babel import gettext as _

from portal.base.access import load, me, signed_in
from portal.base.pages import Answer, done, page
from portal.base.qr import drawn
from portal.rewards import policy, queries, rules
from portal.rewards.forms import CancelForm, RefundForm
from portal.rewards.models import COUNTED, Order, OrderState
from portal.rewards.views.blueprint import after_id, pages

SHOWN = 25


@pages.route("/mine", who=signed_in)
def mine() -> Answer:
    """What I ordered. For nobody's eyes but mine."""
    found = queries.of_person(me.id, after=after_id(), limit=SHOWN)
    lines = found[:SHOWN]
    more = None
    if len(found) > SHOWN:
        more = url_for("rewards.mine", after=lines[-1].Order.id)
    return page("rewards/mine.html", lines=lines, more=more)


@pages.route("/orders", who=policy.is_keeper)
def orders() -> Answer:
    """The orders that HR looks after, one state at a time."""
    state = _state()
    found = queries.of_site(me, state, after=after_id(), limit=SHOWN)
    lines = found[:SHOWN]
    more = None
    if len(found) > SHOWN:
        more = url_for("rewards.orders", state=state.value, after=lines[-1].Order.id)
    return page("rewards/orders.html", lines=lines, more=more, state=state, states=OrderState)


def _state() -> OrderState:
    typed = request.args.get("state", "")
    return OrderState(typed) if typed in set(OrderState) else OrderState.RESERVED


@pages.route("/orders/<int:order_id>", who=signed_in)
def show_order(order_id: int) -> Answer:
    """One order. Whoever made it finds the code here; HR does not."""
    order = load(Order, order_id, see=policy.may_see_order)
    link = None
    if policy.is_own(me, order) and order.is_waiting:
        link = _link_to_desk(order.code)
    return page(
        "rewards/order.html",
        order=order,
        reward=order.reward,
        names=queries.names_on(order),
        is_own=policy.is_own(me, order),
        link=link,
        picture=drawn(link) if link else None,
        may_refund=policy.may_refund(me, order) and order.state in COUNTED,
    )


def _link_to_desk(code: str) -> str:
    """Where the QR code leads: under the portal's public address, if it has been told one."""
    root: str = current_app.config["SUNHOME"].public_url or request.host_url
    return root.rstrip("/") + url_for("rewards.hand", code=code)


@pages.route("/orders/<int:order_id>/cancel", methods=["GET", "POST"], who=signed_in)
def cancel(order_id: int) -> Answer:
    """Give an own order up before it is fetched."""
    order = load(Order, order_id, see=policy.may_see_order, may=policy.is_own)
    form = CancelForm()
    if form.accepted():
        rules.cancel(me, order)
        return done(_("取消了，金币回到了钱包。"), url_for("rewards.show_order", order_id=order.id))
    return page("rewards/cancel.html", form=form, order=order, reward=order.reward)


@pages.route("/orders/<int:order_id>/refund", methods=["GET", "POST"], who=policy.is_keeper)
def refund(order_id: int) -> Answer:
    """Give somebody's coins back, with a reason."""
    order = load(Order, order_id, see=policy.may_see_order, may=policy.may_refund)
    form = RefundForm()
    if order.state != OrderState.HANDED:
        del form.is_back
    if form.accepted():
        rules.refund(me, order, **{"is_back": True} | form.values())
        return done(_("退好了，对方会收到通知。"), url_for("rewards.show_order", order_id=order.id))
    return page(
        "rewards/refund.html",
        form=form,
        order=order,
        reward=order.reward,
        names=queries.names_on(order),
    )
