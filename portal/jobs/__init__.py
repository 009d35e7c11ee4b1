"""Jobs: work that the clock starts, done once however many processes there are."""

from flask_babel import lazy_gettext as _l

from portal.base.room import MenuEntry, Room
from portal.jobs.api import api
from portal.jobs.policy import may_run
from portal.jobs.views import pages

room = Room(
    name="jobs",
    blueprints=(pages, api),
    menu=(MenuEntry(_l("任务"), "jobs.index", "clock", 90, may_run),),
)
