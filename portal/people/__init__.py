"""People: who works here, where, as what; who may do what; signing in."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import MenuEntry, Room
from portal.people.views import pages, tokens

room = Room(
    name="people",
    blueprints=(pages, tokens),
    menu=(MenuEntry(_l("同事"), "people.index", "people", 70, signed_in),),
)
