"""Birthdays as people keep them, greetings that were sent, and what a greeting brings."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref

BIRTHDAY = "birthday"
DEFAULT_COINS = 10
MOST_COINS = 1000


class Tell(StrEnum):
    """Who is told of a birthday."""

    NOBODY = "nobody"
    ME = "me"
    TEAM = "team"
    ALL = "all"


CALENDARS = {"solar": _l("公历"), "lunar": _l("农历")}
LEAP_RULES = {"first": _l("前一个月"), "leap": _l("闰月"), "both": _l("两个月都过")}
FEB29 = {"feb28": _l("2月28日"), "mar1": _l("3月1日")}
TELLS = {
    Tell.NOBODY: _l("谁也不告诉"),
    Tell.ME: _l("只祝福我自己"),
    Tell.TEAM: _l("告诉我的班组"),
    Tell.ALL: _l("告诉大家"),
}


class Birthday(Base):
    """On which day of the year a person keeps the birthday, and who is told; never the age.

    born_on, born_calendar: what the roster said when this was worked out, to notice a correction.
    """

    __tablename__ = "birthday"
    __table_args__ = (
        CheckConstraint("calendar IN ('solar', 'lunar')", name="calendar_known"),
        CheckConstraint("month BETWEEN 1 AND 12", name="month_real"),
        CheckConstraint(
            "day BETWEEN 1 AND 31 AND (calendar = 'solar' OR day <= 30)", name="day_real"
        ),
        CheckConstraint("NOT is_leap_month OR calendar = 'lunar'", name="leap_month_is_lunar"),
        CheckConstraint("year_shift IN (0, 1)", name="shift_small"),
        CheckConstraint("leap_rule IN ('first', 'leap', 'both')", name="leap_rule_known"),
        CheckConstraint("feb29 IN ('feb28', 'mar1')", name="feb29_known"),
        CheckConstraint("tell IN ('nobody', 'me', 'team', 'all')", name="tell_known"),
        Index("ix_birthday_kept_on", "calendar", "month", "day", "person_id"),
    )

    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"), primary_key=True)
    born_on: Mapped[date]
    born_calendar: Mapped[str] = mapped_column(String(5))
    calendar: Mapped[str] = mapped_column(String(5))
    calendar_chosen: Mapped[bool] = mapped_column(default=False)
    month: Mapped[int]
    day: Mapped[int]
    is_leap_month: Mapped[bool] = mapped_column(default=False)
    year_shift: Mapped[int] = mapped_column(default=0)
    leap_rule: Mapped[str] = mapped_column(String(5), default="first")
    feb29: Mapped[str] = mapped_column(String(5), default="feb28")
    tell: Mapped[Tell] = mapped_column(String(6), default=Tell.TEAM)


class Greeting(Base):
    """A person was greeted for one of their days; once a celebrated year, whatever is changed.

    celebrated_year: the year of the solar birthday that this one is the twin of, so that a change
    of calendar makes no second one. day: when it was kept. words: which of the texts it was.
    """

    __tablename__ = "greeting"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "celebrated_year"),
        CheckConstraint("kind IN ('birthday')", name="kind_known"),
        CheckConstraint("coins >= 0", name="coins_not_negative"),
        Index("ix_greeting_day", "day", "id"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20), default=BIRTHDAY)
    celebrated_year: Mapped[int]
    day: Mapped[date]
    sent_at: Mapped[datetime] = mapped_column(default=clock.now)
    late: Mapped[bool] = mapped_column(default=False)
    words: Mapped[int] = mapped_column(default=0)
    coins: Mapped[int] = mapped_column(default=0)


class GreetingRule(Base):
    """How many coins a kind of greeting brings; without a row, a birthday brings ten."""

    __tablename__ = "greeting_rule"
    __table_args__ = (
        CheckConstraint("kind IN ('birthday')", name="kind_known"),
        CheckConstraint(f"coins BETWEEN 0 AND {MOST_COINS}", name="coins_bounded"),
    )

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    coins: Mapped[int] = mapped_column(default=DEFAULT_COINS)
