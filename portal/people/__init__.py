"""People: who works here, where, as what; who may do what; signing in."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import Job, MenuEntry, Room
from portal.people.api import api
from portal.people.jobs import run_imports
from portal.people.views import pages, tokens

room = Room(
    name="people",
    blueprints=(pages, tokens, api),
    jobs=(Job("people.import", _l("读入和撤销花名册"), run_imports, every=2),),
    menu=(MenuEntry(_l("同事"), "people.index", "people", 70, signed_in),),
)
