"""The room's pages and commands hang here."""

from portal.base.access import Pages

pages = Pages("coins", __name__, url_prefix="/coins", cli_group="coins")
