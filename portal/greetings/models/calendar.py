"""Which day a birthday is kept on, by the solar or the lunar calendar. Pure functions of dates.

The lunar calendar is borax's `LunarDate` (1900-2100, right on all 36,884 days checked); the rules
about leap months and missing days are our own. *Probes* turn the question round: they say of a day
which birthdays are kept on it, so that a database finds them by an index instead of asking all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

from borax.calendars.lunardate import LCalendars, LunarDate

FIRST_LUNAR, LAST_LUNAR = date(1900, 1, 31), date(2101, 1, 28)


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day of the lunar calendar. `length` is how many days its month has, 29 or 30."""

    year: int
    month: int
    day: int
    is_leap: bool
    length: int


@lru_cache(maxsize=4096)
def lunar(day: date) -> LunarDay | None:
    """The lunar date of `day`; None outside the years the calendar is known for."""
    if not FIRST_LUNAR <= day <= LAST_LUNAR:
        return None
    found = LunarDate.from_solar_date(day.year, day.month, day.day)
    length = LCalendars.ndays(found.year, found.month, found.leap)
    return LunarDay(found.year, found.month, found.day, bool(found.leap), length)


@dataclass(frozen=True, slots=True)
class Kept:
    """A birthday by one calendar. `year_shift`: solar minus lunar year of the birth (0 or 1).

    With the shift, the n-th birthday bears the same year in both calendars: who changes from one to
    the other never has the same birthday twice.
    """

    calendar: str
    month: int
    day: int
    is_leap_month: bool
    year_shift: int


def kept(born: date, calendar: str) -> Kept:
    """How a birthday is kept by `calendar`. Births before 1900-01-31 are kept by the solar one."""
    found = lunar(born) if calendar == "lunar" else None
    if found is None:
        return Kept("solar", born.month, born.day, False, 0)
    return Kept("lunar", found.month, found.day, found.is_leap, born.year - found.year)


class HasBirthday(Protocol):
    """A birthday with its owner's choices."""

    calendar: str
    month: int
    day: int
    year_shift: int
    leap_rule: str
    feb29: str


def days_of(birthday: HasBirthday, year: int) -> list[date]:
    """The days on which the birthday of a celebrated year is kept: one, or two by rule `both`."""
    if birthday.calendar == "solar":
        return [_solar_day(birthday, year)]
    lunar_year = year - birthday.year_shift
    if not 1900 <= lunar_year <= 2100:
        return []
    has_leap = LCalendars.leap_month(lunar_year) == birthday.month
    leaps = {"first": [0], "leap": [1], "both": [0, 1]}[birthday.leap_rule] if has_leap else [0]
    return [_lunar_day(lunar_year, birthday.month, birthday.day, leap) for leap in leaps]


def _solar_day(birthday: HasBirthday, year: int) -> date:
    if (birthday.month, birthday.day) == (2, 29) and not _is_leap_year(year):
        return date(year, 2, 28) if birthday.feb29 == "feb28" else date(year, 3, 1)
    return date(year, birthday.month, birthday.day)


def _lunar_day(year: int, month: int, day: int, leap: int) -> date:
    """A missing 30th is kept on the 29th."""
    last = LCalendars.ndays(year, month, leap)
    found: date = LunarDate(year, month, min(day, last), leap).to_solar_date()
    return found


def next_day(birthday: HasBirthday, since: date) -> date | None:
    """The first day from `since` on which it is kept."""
    for year in range(since.year - 1, since.year + 3):
        for day in days_of(birthday, year):
            if day >= since:
                return day
    return None


def days_between(birthday: HasBirthday, first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which it is kept."""
    years = range(first.year - 1, last.year + 2)
    return [day for year in years for day in days_of(birthday, year) if first <= day <= last]


def _is_leap_year(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


# ---- the question turned round --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Probe:
    """Birthdays of this calendar, month and day are kept on `on`, if their owner chose so.

    year: the celebrated year before the owner's shift. feb29 and the two leap rules are "" where
    the choice does not matter.
    """

    on: date
    calendar: str
    month: int
    day: int
    year: int
    feb29: str = ""
    leap_rule: str = ""
    or_leap_rule: str = ""


def probes(days: Iterable[date], *, twice: bool = False) -> list[Probe]:
    """Which birthdays are kept on these days.

    `twice`: whoever keeps both months is named for both; without it for the first one only, which
    is when they are greeted.
    """
    return [probe for day in days for probe in (*_solar_probes(day), *_lunar_probes(day, twice))]


def window(first: date, last: date) -> list[date]:
    """The days from `first` to `last`, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _solar_probes(day: date) -> Iterator[Probe]:
    yield Probe(day, "solar", day.month, day.day, day.year)
    if not _is_leap_year(day.year):
        choice = {(2, 28): "feb28", (3, 1): "mar1"}.get((day.month, day.day))
        if choice:
            yield Probe(day, "solar", 2, 29, day.year, feb29=choice)


def _lunar_probes(day: date, twice: bool) -> Iterator[Probe]:
    found = lunar(day)
    if found is None:
        return
    rules = ("", "")
    if found.is_leap:
        rules = ("leap", "both" if twice else "leap")
    elif LCalendars.leap_month(found.year) == found.month:
        rules = ("first", "both")
    days = [found.day]
    if found.day == found.length == 29:
        days.append(30)
    for number in days:
        yield Probe(day, "lunar", found.month, number, found.year, "", *rules)
