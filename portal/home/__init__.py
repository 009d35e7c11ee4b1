"""Home: the first screen. Composes the rooms below, owns no table."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import MenuEntry, Room
from portal.home.views import pages

room = Room(
    name="home",
    blueprints=(pages,),
    menu=(MenuEntry(_l("首页"), "home.index", "home", 0, signed_in),),
)
