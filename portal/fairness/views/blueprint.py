"""The room's pages hang here."""

from flask import abort, request

from portal.base.access import LARGEST_ID, Pages

pages = Pages("fairness", __name__, url_prefix="/fairness")


def after_asked() -> int | None:
    """Where this page of a list begins; 404 for what no list ever said."""
    text = request.args.get("after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= LARGEST_ID:
        abort(404)
    return int(text)
