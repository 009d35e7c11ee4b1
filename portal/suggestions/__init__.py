"""Suggestions: faults found and ideas pointed at, each with an owner and a promised answer."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import Job, MenuEntry, Room
from portal.suggestions import jobs
from portal.suggestions.api import api
from portal.suggestions.queries import file_sections
from portal.suggestions.views import pages

room = Room(
    name="suggestions",
    blueprints=(pages, api),
    menu=(MenuEntry(_l("建议"), "suggestions.index", "bulb", 30, signed_in),),
    jobs=(
        Job(
            name="suggestions.remind",
            title=_l("提醒建议的负责人按时答复，超期三天告诉上一级"),
            run=jobs.remind,
            at="09:00",
            catch_up=1,
        ),
    ),
    file_sections=file_sections,
)
