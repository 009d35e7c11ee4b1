"""The room's pages. One kind of reader a file."""

from portal.rewards.views import desk, keep, orders, shop
from portal.rewards.views.blueprint import pages

__all__ = ["desk", "keep", "orders", "pages", "shop"]
