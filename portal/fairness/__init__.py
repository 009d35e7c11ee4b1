"""Fairness: questions about coins that go round, with due process; awards by rule."""

from flask_babel import lazy_gettext as _l

from portal.base.room import Job, MenuEntry, Room
from portal.fairness import jobs, policy
from portal.fairness.api import api
from portal.fairness.views import pages

room = Room(
    name="fairness",
    blueprints=(pages, api),
    menu=(MenuEntry(_l("公道"), "fairness.index", "scale", 75, policy.may_look_after),),
    jobs=(
        Job("fairness.lapse_cases", _l("到期的金币核查自动结束"), jobs.lapse_cases, at="00:20"),
        Job("fairness.propose_service", _l("列出司龄周年的奖励"), jobs.propose_service, at="00:50"),
        Job("fairness.open_cases", _l("看看金币有没有绕圈"), jobs.open_cases, at="01:10"),
    ),
)
