"""The room's pages. One kind of reader a file."""

from portal.fairness.views import by_rule, cases
from portal.fairness.views.blueprint import pages

__all__ = ["by_rule", "cases", "pages"]
