"""Greetings: birthdays by either calendar, each greeted once, and nobody's age."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import Job, MenuEntry, Room
from portal.greetings.jobs import keep_birthdays, send_birthdays
from portal.greetings.rules import forget
from portal.greetings.views import pages

room = Room(
    name="greetings",
    blueprints=(pages,),
    menu=(MenuEntry(_l("生日"), "greetings.index", "cake", 60, signed_in),),
    jobs=(
        Job("greetings.birthdays", _l("祝福过生日的同事"), send_birthdays, at="08:00"),
        Job("greetings.keep", _l("算出新同事的生日"), keep_birthdays, every=600),
    ),
    forget=forget,
)
