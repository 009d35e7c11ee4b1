"""Pages and commands of people, one errand a file."""

from portal.people.views import directory, door
from portal.people.views.blueprints import pages, tokens

__all__ = ["directory", "door", "pages", "tokens"]
