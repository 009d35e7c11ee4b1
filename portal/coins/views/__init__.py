"""The room's pages and commands. One kind of reader a file."""

from portal.coins.views import commands, house, leader, own, reviews, withdrawals
from portal.coins.views.blueprints import pages

__all__ = ["commands", "house", "leader", "own", "pages", "reviews", "withdrawals"]
