"""Pages and commands of people, one errand a file."""

from portal.people.views import commands, directory, door, imports, keys, roles, service, units
from portal.people.views.blueprints import pages, tokens

__all__ = [
    "commands",
    "directory",
    "door",
    "imports",
    "keys",
    "pages",
    "roles",
    "service",
    "tokens",
    "units",
]
