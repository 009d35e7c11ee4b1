"""Rewards: what coins can be exchanged for, ordered here and fetched with a code."""

from flask_babel import lazy_gettext as _l

from portal.base.room import Job, Room
from portal.rewards import jobs
from portal.rewards.api import api
from portal.rewards.views import pages

room = Room(
    name="rewards",
    blueprints=(pages, api),
    jobs=(
        Job("rewards.lapse_orders", _l("退回没有按时领取的兑换"), jobs.lapse_orders, at="00:20"),
    ),
)
