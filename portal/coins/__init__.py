"""Coins: accounts and transfers; awards from a unit's budget; everybody's own statement."""

from flask_babel import lazy_gettext as _l

from portal.base.access import signed_in
from portal.base.room import Job, MenuEntry, Room
from portal.coins import jobs, queries
from portal.coins.api import api
from portal.coins.views import pages

room = Room(
    name="coins",
    blueprints=(pages, api),
    menu=(MenuEntry(_l("金币"), "coins.index", "coin", 20, signed_in),),
    jobs=(
        Job("coins.fund_budgets", _l("拨入各单位本月的预算"), jobs.fund_budgets, at="00:10"),
        Job("coins.digest", _l("公示当天的金币摘要"), jobs.digest, at="23:55"),
    ),
    file_sections=queries.file_sections,
)
