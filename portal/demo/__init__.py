"""Demo: a made-up call centre with a year of history, the same for the same seed and day."""

from portal.base.room import Room
from portal.demo.views import pages

room = Room(name="demo", blueprints=(pages,))
