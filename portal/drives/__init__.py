"""Drives: money and coins given for a cause, with dignity for those who give and who receive."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import MenuEntry, Room
from portal.drives.api import api
from portal.drives.views import pages

room = Room(
    name="drives",
    blueprints=(pages, api),
    menu=(MenuEntry(_l("爱心"), "drives.index", "heart", 40, signed_in),),
)
