"""The room's pages and commands. One kind of reader a file."""

from portal.coins.views import (
    boards,
    commands,
    download,
    explain,
    house,
    leader,
    numbers,
    own,
    reviews,
    thanks,
    withdrawals,
)
from portal.coins.views.blueprints import pages

__all__ = [
    "boards",
    "commands",
    "download",
    "explain",
    "house",
    "leader",
    "numbers",
    "own",
    "pages",
    "reviews",
    "thanks",
    "withdrawals",
]
