"""The room's pages hang here."""

from __future__ import annotations

from flask import abort, request

from portal.base.access import LARGEST_ID, Pages

pages = Pages("rewards", __name__, url_prefix="/rewards")


def after_id() -> int | None:
    """Where this page of a list begins; 404 for what no list ever said."""
    typed = request.args.get("after", "")
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit()) or not 0 < int(typed[:19]) <= LARGEST_ID:
        abort(404)
    return int(typed[:19])
