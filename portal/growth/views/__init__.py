"""Pages and commands of the growth file."""

from portal.growth.views import commands, files, honours, sheets
from portal.growth.views.blueprint import pages

__all__ = ["commands", "files", "honours", "pages", "sheets"]
