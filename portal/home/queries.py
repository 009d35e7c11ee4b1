"""What the first screen shows: a greeting that knows the shift, and the acts of the role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Date, bindparam, select

from portal.base import clock, pinyin
from portal.base.access import Viewer
from portal.base.db import AnySelect, fetch
from portal.base.history import true_on
from portal.coins import queries as coins
from portal.coins.queries import AwardLine
from portal.greetings import queries as greetings
from portal.people.models import Employment, Position

FEED_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Act:
    """One of the three likeliest things to do."""

    endpoint: str
    icon: str
    tone: str
    title: Any  # a lazy text
    text: Any = ""
    which: str | None = None

    @property
    def url(self) -> str:
        return url_for(self.endpoint, which=self.which) if self.which else url_for(self.endpoint)


SUGGEST = Act("suggestions.new", "bulb", "sun", _l("提个建议"), _l("一分钟，7 天内必有回音"))
OWN_FILE = Act("growth.index", "file", "leaf", _l("我的成长档案"), _l("走过的路，都在这里"))
GIVE = Act("drives.index", "heart", "rose", _l("献一份爱心"), _l("心手相连，传递爱心"))
THANK = Act("coins.thank", "smile", "rose", _l("谢谢同事"), _l("把看见的好说出来"))
AWARD = Act("coins.award", "coin", "sun", _l("发金币"), _l("谢谢做得好的人"))
ANSWER = Act(
    "suggestions.index", "bulb", "sky", _l("答复建议"), _l("每一条都等着回音"), which="queue"
)
BIRTHDAYS = Act("greetings.index", "cake", "plum", _l("看看谁过生日"), _l("这个月的班组"))
ROSTER = Act("people.imports", "upload", "sun", _l("导入花名册"), _l("先演练，再写入"))
SHEETS = Act("growth.bring", "chart", "sky", _l("导入绩效表"), _l("逐格核对，可以撤销"))
FILES = Act("growth.files", "file", "leaf", _l("查成长档案"), _l("某一天是什么样，就看哪一天"))
OVERDUE = Act(
    "suggestions.index", "clock", "rose", _l("超期的建议"), _l("该有回音而没有的"), which="overdue"
)
BUDGETS = Act("coins.overview", "coin", "sun", _l("金币预算"), _l("各班组给了多少，还剩多少"))
CHECK = Act("coins.check", "shield", "leaf", _l("核对金币账"), _l("所有账户相加应当是零"))
CASH = Act("drives.index", "heart", "rose", _l("登记捐款"), _l("两人清点，编号收据"))
NEW_DRIVE = Act("drives.new", "plus", "sun", _l("发起募捐"), _l("目标和结余办法先定好"))
JOBS = Act("jobs.index", "clock", "sun", _l("看定时任务"), _l("上次做了多少，下次什么时候"))
ROLES = Act("people.roles", "shield", "plum", _l("管理角色"), _l("谁能看什么，到什么时候"))
MAIL = Act("notify.deliveries", "mail", "sky", _l("看邮件投递"), _l("没送到的，再送一次"))

ACTS: tuple[tuple[str, tuple[Act, Act, Act]], ...] = (
    ("leader", (AWARD, ANSWER, BIRTHDAYS)),
    ("hr", (ROSTER, SHEETS, FILES)),
    ("general_manager", (OVERDUE, BUDGETS, FILES)),
    ("committee", (CASH, NEW_DRIVE, SUGGEST)),
    ("auditor", (CHECK, BUDGETS, FILES)),
    ("station", (NEW_DRIVE, SUGGEST, BIRTHDAYS)),
    ("administrator", (JOBS, ROLES, MAIL)),
)
"""The likeliest acts by role; who holds several sees those of the first."""


def acts_of(viewer: Viewer, *, may_thank: bool = False) -> tuple[Act, Act, Act]:
    """The three likeliest acts of this viewer's role. `may_thank`: has coins to thank with."""
    for role, acts in ACTS:
        if viewer.has(role):
            return acts
    return SUGGEST, OWN_FILE, THANK if may_thank else GIVE


GREETINGS: tuple[tuple[int, Callable[[str], str]], ...] = (
    (5, lambda name: _("%(name)s，夜深了", name=name)),
    (9, lambda name: _("%(name)s，早上好", name=name)),
    (12, lambda name: _("%(name)s，上午好", name=name)),
    (14, lambda name: _("%(name)s，中午好", name=name)),
    (18, lambda name: _("%(name)s，下午好", name=name)),
    (24, lambda name: _("%(name)s，晚上好", name=name)),
)


def greeting(name: str, moment: datetime) -> str:
    """A greeting for the hour on the wall at home."""
    hour = clock.local(moment).hour
    words = next(words for until, words in GREETINGS if hour < until)
    return words(given_name(name))


def given_name(name: str) -> str:
    """What colleagues call somebody: the given name of a Chinese name of three or more characters,
    the first name of another; two characters are said whole.
    """
    if not pinyin.is_chinese(name):
        return name.split(maxsplit=1)[0] if name.split() else name
    surname = pinyin.surname_length(name)
    return name[surname:] if len(name) - surname >= 2 else name


@cache
def _shift() -> AnySelect:
    return (
        select(Position.shift)
        .join(Employment, Employment.id == Position.employment_id)
        .where(
            Employment.person_id == bindparam("person_id"),
            true_on(Position, bindparam("day", type_=Date)),
        )
        .limit(1)
    )


def shift_of(viewer: Viewer) -> str | None:
    """The shift the viewer works by, as the roster names it ("夜班 23:30-07:30")."""
    rows = fetch(_shift(), person_id=viewer.id, day=clock.today())
    return rows[0].shift if rows else None


@dataclass(frozen=True, slots=True)
class News:
    """Something good that happened in the team: to whom, what, and a quiet line."""

    name: str
    text: str
    quiet: str
    url: str


def feed(viewer: Viewer, today: date) -> list[News]:
    """What happened in the viewer's team: birthdays of today, then the latest awards."""
    if not viewer.place:
        return []
    news = [
        News(line.name, _("今天过生日"), _("说一声生日快乐"), url_for("greetings.index"))
        for line in greetings.of_team(viewer, today, today)
        if line.person_id != viewer.id
    ][:FEED_LENGTH]
    told = coins.awards_of_unit(viewer, viewer.place[0], limit=FEED_LENGTH, with_thanks=True)
    for award in told[:FEED_LENGTH]:
        if not award.withdrawn and len(news) < FEED_LENGTH:
            names = _("、").join(award.names)
            if award.head_count > len(award.names):
                names = _("%(names)s 等 %(num)s 人", names=names, num=award.head_count)
            text = _told_in_feed(award)
            url = url_for("coins.award_detail", award_id=award.id)
            news.append(News(names, text, _("“%(words)s”", words=award.words), url))
    return news


def _told_in_feed(award: AwardLine) -> str:
    told: str = ngettext("收到 %(num)s 枚金币", "收到 %(num)s 枚金币", award.amount)
    if award.is_thanks:
        told = ngettext(
            "被%(who)s感谢，收到 %(num)s 枚金币",
            "被%(who)s感谢，收到 %(num)s 枚金币",
            award.amount,
            who=award.by,
        )
    return told
