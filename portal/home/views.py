"""The first screen of each role."""

from __future__ import annotations

from typing import Any

from portal.base import clock
from portal.base.access import Pages, Viewer, me, signed_in
from portal.base.pages import Answer, page
from portal.coins import queries as coins
from portal.drives import queries as drives
from portal.home import queries
from portal.roster.queries import shift_today
from portal.suggestions import queries as suggestions

pages = Pages("home", __name__)
FEW = 3


@pages.route("/", who=signed_in)
def index() -> Answer:
    """A greeting that knows the shift, the likeliest acts, what waits, what is mine."""
    viewer: Viewer = me._get_current_object()  # type: ignore[attr-defined]
    now, today = clock.now(), clock.today()
    wallet = coins.wallet_with_months(viewer.id)
    return page(
        "home/index.html",
        now=now,
        greeting=queries.greeting(viewer.name, now),
        shift=queries.shift_of(viewer),
        acts=queries.acts_of(viewer, may_thank=bool(wallet.allowance.number)),
        balance=wallet.balance,
        change=wallet.change.get(coins.month_of(today), 0),
        drive=drives.next_to_close(viewer),
        feed=queries.feed(viewer, today),
        **(_of_leader(viewer) if viewer.has("leader") else _of_colleague(viewer)),
    )


def _of_colleague(viewer: Viewer) -> dict[str, Any]:
    return {"mine": suggestions.latest_of(viewer, FEW)}


def _of_leader(viewer: Viewer) -> dict[str, Any]:
    """What a leader looks after: answers due, and the budget of the nearest unit they lead."""
    led = viewer.units_as("leader") or frozenset()
    nearest = next((unit for unit in viewer.place if unit in led), min(led, default=None))
    return {
        "due": suggestions.answers_due(viewer, FEW),
        "budget": coins.budget(nearest, shift_today()) if nearest else None,
        "budget_of": nearest,
    }
