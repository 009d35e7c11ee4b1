"""The room's pages and commands. One kind of reader a file."""

from portal.coins.views import commands, download, explain, house, leader, own
from portal.coins.views.blueprints import pages

__all__ = ["commands", "download", "explain", "house", "leader", "own", "pages"]
