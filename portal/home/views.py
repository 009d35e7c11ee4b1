"""The first screen of each role."""

from __future__ import annotations

from portal.base.access import Pages, signed_in
from portal.base.pages import Answer, page

pages = Pages("home", __name__)


@pages.route("/", who=signed_in)
def index() -> Answer:
    """A greeting that knows the shift, the likeliest acts, what waits, what is mine."""
    return page("home/index.html")
