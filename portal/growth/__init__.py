"""The growth file: a working life with its figures and honours, read by few."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import MenuEntry, Room
from portal.growth.views import pages

room = Room(
    name="growth",
    blueprints=(pages,),
    menu=(MenuEntry(_l("成长档案"), "growth.index", "file", 10, signed_in),),
)
