"""A cell into a day. Where two days are possible, neither is taken."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from portal.base.sheets.doubts import Doubt, narrow, unreadable
from portal.base.sheets.tables import Cell, Kind

FOREVER = (date(9999, 1, 1), date(9999, 12, 31))
"""Days by which other systems say "still so". `as_day` gives them back; the caller turns them."""
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
YEAR_FIRST = re.compile(
    r"([0-9]{4})\s*(?:年|[-/.])\s*([0-9]{1,2})\s*(?:月|[-/.])\s*([0-9]{1,2})\s*[日号]?(.*)"
)
SERIALS = range(18_264, 73_416)
"""Excel's day numbers from 1950 to 2100; other numbers are no days to anybody."""


def as_day(cell: Cell) -> date | Doubt:
    """A calendar day: a date cell, an Excel day number, 2024-03-04, 2024/3/4, 2024.3.4,
    2024年3月4日, 20240304, or 13/04/2024 where only one reading is possible.
    """
    doubt = unreadable(cell)
    if doubt:
        return doubt
    if isinstance(cell.raw, datetime):
        return _day_of_moment(cell.raw)
    if isinstance(cell.raw, date):
        return _in_range(cell.raw)
    text = narrow(cell)
    if cell.kind is Kind.NUMBER:
        return _day_of_number(cell, text)
    if cell.kind is not Kind.TEXT:
        return _no_day(cell.text)
    return _day_of_text(text)


def _no_day(text: str) -> Doubt:
    return Doubt("not_a_day", _("“%(value)s”不是日期。请写成 2026-01-31 的样子。", value=text[:40]))


def _day(year: int, month: int, day: int, text: str) -> date | Doubt:
    try:
        return _in_range(date(year, month, day))
    except ValueError:
        return Doubt("no_such_day", _("没有“%(value)s”这一天。", value=text[:40]))


def _in_range(day: date) -> date | Doubt:
    if EARLIEST <= day <= LATEST or day in FOREVER:
        return day
    return Doubt("year", _("年份 %(year)s 不对。", year=day.year))


def _day_of_moment(moment: datetime) -> date | Doubt:
    day = _in_range(moment.date())
    if isinstance(day, Doubt) or (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return day
    text = _("带着时刻 %(time)s；只取日期吗？", time=f"{moment:%H:%M:%S}")
    return Doubt("has_time", text, fatal=False, offer=day)


def _day_of_number(cell: Cell, text: str) -> date | Doubt:
    if not re.fullmatch(r"[0-9]{5}|[0-9]{8}", text):
        return _no_day(text)
    if len(text) == 8:
        return _day(int(text[:4]), int(text[4:6]), int(text[6:]), text)
    if int(text) not in SERIALS:
        return _no_day(text)
    since_1904 = cell.place.epoch_1904
    start = date(1904, 1, 1) if since_1904 else date(1899, 12, 30)
    return start + timedelta(days=int(text))


def _day_of_text(text: str) -> date | Doubt:  # noqa: PLR0911 (a list of cases)
    if re.fullmatch(r"[0-9]{8}", text):
        return _day(int(text[:4]), int(text[4:6]), int(text[6:]), text)
    if re.fullmatch(r"[0-9]{5}", text) and int(text) in SERIALS:
        day = date(1899, 12, 30) + timedelta(days=int(text))
        says = _("“%(value)s”像是 Excel 的日期编号，是 %(day)s 吗？", value=text, day=day)
        return Doubt("serial", says, fatal=False, offer=day)
    match = YEAR_FIRST.fullmatch(text)
    if match:
        return _with_time(_day(int(match[1]), int(match[2]), int(match[3]), text), match[4], text)
    if re.fullmatch(r"[0-9]{4}\s*(?:年|[-/.])\s*[0-9]{1,2}\s*月?", text):
        return Doubt("no_day", _("“%(value)s”只有年月，没有日。", value=text))
    match = re.fullmatch(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})", text)
    if match:
        return _day_of_parts(int(match[1]), int(match[2]), int(match[3]), text)
    if re.fullmatch(r"[0-9]{1,2}(?:年|[-/.])[0-9]{1,2}(?:月|[-/.])[0-9]{1,2}[日号]?", text):
        return Doubt("two_digit_year", _("“%(value)s”的年份请写四位。", value=text))
    return _no_day(text)


def _with_time(day: date | Doubt, rest: str, text: str) -> date | Doubt:
    rest = rest.strip()
    if isinstance(day, Doubt) or not rest:
        return day
    match = re.fullmatch(r"T?\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?Z?", rest)
    if not match:
        return _no_day(text)
    if not any(int(part or 0) for part in match.groups()):
        return day
    says = _("带着时刻 %(time)s；只取日期吗？", time=rest.lstrip("T"))
    return Doubt("has_time", says, fatal=False, offer=day)


def _day_of_parts(first: int, second: int, year: int, text: str) -> date | Doubt:
    if first > 12 or second > 12 or first == second:
        month, day = (second, first) if first > 12 else (first, second)
        return _day(year, month, day, text)
    one, other = f"{year}-{first:02d}-{second:02d}", f"{year}-{second:02d}-{first:02d}"
    says = _("“%(value)s”可能是 %(one)s，也可能是 %(other)s。", value=text, one=one, other=other)
    return Doubt("ambiguous_day", says)


def as_month(cell: Cell) -> date | Doubt:
    """The first day of a month: 2024-03, 2024/3, 2024.03, 2024年3月, 202403, or a whole day."""
    text = narrow(cell)
    match = None
    if cell.kind is Kind.TEXT:
        match = re.fullmatch(r"([0-9]{4})\s*(?:年|[-/.])\s*([0-9]{1,2})\s*月?", text)
    match = match or re.fullmatch(r"((?:19|20|21)[0-9]{2})(0[1-9]|1[0-2])", text)
    if match:
        return _day(int(match[1]), int(match[2]), 1, text)
    day = as_day(cell)
    return day if isinstance(day, Doubt) else day.replace(day=1)
