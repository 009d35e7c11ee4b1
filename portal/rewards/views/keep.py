"""Keeping the shelf: the list of items, new ones, changes, and the stock."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from portal.base.access import load, me
from portal.base.pages import Answer, done, page
from portal.rewards import policy, queries, rules
from portal.rewards.forms import ItemForm, StockForm
from portal.rewards.models import Reward, Shelf
from portal.rewards.views.blueprint import after_id, pages


@pages.route("/keep", who=policy.is_keeper)
def keep() -> Answer:
    """The items that I keep: on the shelf, put aside, or taken away."""
    typed = request.args.get("shelf", "")
    shelf = Shelf(typed) if typed in set(Shelf) else Shelf.SHOWN
    found = queries.kept(me, shelf, after=after_id())
    items, more = found[: queries.PAGE], None
    if len(found) > len(items):
        more = url_for("rewards.keep", shelf=shelf.value, after=items[-1].id)
    return page(
        "rewards/keep.html",
        items=items,
        more=more,
        shelf=shelf,
        shelves=Shelf,
        sites=queries.sites(),
    )


def _units() -> dict[Any, Any]:
    """Whom my items can be for: the whole house, where I keep it, and my sites."""
    whole: dict[Any, Any] = {"": _("全体同事")} if me.has_over("hr", ()) else {}
    return whole | {
        unit_id: name for unit_id, name in queries.sites().items() if me.has_over("hr", (unit_id,))
    }


@pages.route("/new", methods=["GET", "POST"], who=policy.is_keeper)
def new() -> Answer:
    """Put something new on the shelf."""
    form = ItemForm()
    form.offer(_units())
    if form.accepted():
        reward = rules.add_item(me, **form.values())
        return done(_("上架了。"), url_for("rewards.show", reward_id=reward.id))
    return page("rewards/edit.html", form=form, reward=None)


@pages.route("/<int:reward_id>/edit", methods=["GET", "POST"], who=policy.is_keeper)
def edit(reward_id: int) -> Answer:
    """Change an item, put it aside or take it off the shelf."""
    reward = load(Reward, reward_id, see=policy.may_see, may=policy.may_keep)
    form = ItemForm()
    form.offer(_units(), reward)
    if form.accepted():
        rules.edit_item(me, reward, **form.values())
        return done(_("改好了。"), url_for("rewards.show", reward_id=reward.id))
    return page("rewards/edit.html", form=form, reward=reward)


@pages.route("/<int:reward_id>/stock", methods=["GET", "POST"], who=policy.is_keeper)
def stock(reward_id: int) -> Answer:
    """Bring pieces in, or take some off, with the reason."""
    reward = load(Reward, reward_id, see=policy.may_see, may=policy.may_keep)
    form = StockForm()
    if form.accepted():
        rules.change_stock(me, reward, **form.values())
        return done(_("库存改好了。"), url_for("rewards.stock", reward_id=reward.id))
    return page(
        "rewards/stock.html", form=form, reward=reward, changes=queries.stock_changes(reward.id)
    )
