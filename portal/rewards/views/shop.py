"""The shop: what there is, one item, and ordering it."""

from __future__ import annotations

import re

from flask import Response, abort, request, url_for
from flask_babel import gettext as _

from portal.base import clock, files
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.files import StoredFile
from portal.base.pages import Answer, done, page
from portal.coins.queries import wallet
from portal.rewards import policy, queries, rules
from portal.rewards.forms import OrderForm
from portal.rewards.models import Reward
from portal.rewards.views.blueprint import pages


def _after() -> tuple[int, int] | None:
    """Price and id of the item that the page before ended with; 404 for what no list said."""
    typed = request.args.get("after", "")
    if not typed:
        return None
    found = re.fullmatch(r"([0-9]{1,9})_([0-9]{1,18})", typed, re.ASCII)
    if found is None:
        abort(404)
    return int(found[1]), min(int(found[2]), LARGEST_ID)


@pages.route("/", who=signed_in)
def index() -> Answer:
    """What coins can be exchanged for, the cheapest first."""
    today, balance = clock.today(), wallet(me.id)
    only_enough = request.args.get("show") == "enough"
    found = queries.offered(me, today, most=balance if only_enough else None, after=_after())
    more, items = None, found[: queries.PAGE]
    if len(found) > len(items):
        after = f"{items[-1].price}_{items[-1].id}"
        more = url_for("rewards.index", after=after, show="enough" if only_enough else None)
    return page(
        "rewards/index.html",
        items=items,
        more=more,
        balance=balance,
        waiting=queries.waiting_for(me.id),
        only_enough=only_enough,
        today=today,
        is_at_desk=policy.is_at_desk(me),
        is_keeper=policy.is_keeper(me),
    )


@pages.route("/<int:reward_id>", who=signed_in)
def show(reward_id: int) -> Answer:
    """One item: what it is, what it costs, and how many there are."""
    reward = load(Reward, reward_id, see=policy.may_see)
    ever, this_month = queries.counted(reward.id, me.id)
    return page(
        "rewards/show.html",
        reward=reward,
        balance=wallet(me.id),
        ever=ever,
        this_month=this_month,
        today=clock.today(),
        may_order=policy.may_order(me, reward),
        may_keep=policy.may_keep(me, reward),
    )


@pages.route("/<int:reward_id>/picture", who=signed_in)
def picture(reward_id: int) -> Response:
    """The photo of an item."""
    reward = load(Reward, reward_id, see=policy.may_see_picture)
    return files.send(load(StoredFile, reward.picture_id or 0, see=_of_an_item))


def _of_an_item(_viewer: object, _stored: StoredFile) -> bool:
    """Who sees the item sees its photo; the item was asked."""
    return True


@pages.route("/<int:reward_id>/order", methods=["GET", "POST"], who=signed_in)
def order(reward_id: int) -> Answer:
    """Order one, after a last look at what it costs and what is left then."""
    reward = load(Reward, reward_id, see=policy.may_see, may=policy.may_order)
    form = OrderForm()
    if form.accepted():
        made = rules.place_order(me, reward)
        return done(
            _("换好了，给你留着呢。"), url_for("rewards.show_order", order_id=made.id), tone="sun"
        )
    return page(
        "rewards/order_new.html",
        form=form,
        reward=reward,
        balance=wallet(me.id),
        days=rules.DAYS_TO_FETCH,
        today=clock.today(),
    )
