"""The inbox."""

from __future__ import annotations

from portal.base.access import Pages, me, signed_in
from portal.base.pages import Answer, page
from portal.notify import queries

pages = Pages("notify", __name__, url_prefix="/notify")


@pages.route("/", who=signed_in)
def index() -> Answer:
    """My notices, newest first."""
    return page("notify/index.html", notices=queries.inbox(me.id))
