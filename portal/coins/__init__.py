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
        Job("coins.keep_boards", _l("算好各个榜单的数"), jobs.keep_boards, at="00:40", catch_up=1),
        Job("coins.correct_budgets", _l("按人员调动更正预算"), jobs.correct_budgets, at="00:20"),
        Job("coins.lapse_unused", _l("上个月没用完的额度到期"), jobs.lapse_unused, at="06:20"),
        Job("coins.plan_lapses", _l("找出快到期的金币"), jobs.plan_lapses, at="08:30"),
        Job("coins.tell_lapses", _l("提醒快到期的金币"), jobs.tell_lapses, every=900),
        Job("coins.lapse", _l("到期的金币"), jobs.lapse, every=900),
        Job("coins.lapse_holds", _l("退回过期的暂存"), jobs.lapse_holds, every=600),
        Job("coins.lapse_requests", _l("退回过期没有复核的表扬"), jobs.lapse_requests, every=600),
        Job("coins.digest", _l("公示当天的金币摘要"), jobs.digest, at="23:55"),
    ),
    file_sections=queries.file_sections,
)
