"""On which day a birthday is kept: the two calendars, their leap months and missing days."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.greetings.models.calendar import (
    Kept,
    Probe,
    days_of,
    kept,
    lunar,
    next_day,
    probes,
    window,
)

NEW_YEARS = (
    "1985-02-20", "1996-02-19", "2000-02-05", "2015-02-19", "2020-01-25", "2023-01-22",
    "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13",
    "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2044-01-30",
)  # fmt: skip


@dataclass(frozen=True)
class Birthday:
    """A birthday with choices, as the rules see it."""

    calendar: str
    month: int
    day: int
    year_shift: int = 0
    leap_rule: str = "first"
    feb29: str = "feb28"


def of(born: date, calendar: str, **choices: str) -> Birthday:
    facts: Kept = kept(born, calendar)
    return Birthday(facts.calendar, facts.month, facts.day, facts.year_shift, **choices)


def found_by(probe: Probe, birthday: Birthday) -> bool:
    """What the database asks, in Python."""
    return (
        (probe.calendar, probe.month, probe.day)
        == (birthday.calendar, birthday.month, birthday.day)
        and probe.feb29 in {"", birthday.feb29}
        and (not probe.leap_rule or birthday.leap_rule in {probe.leap_rule, probe.or_leap_rule})
    )


@pytest.mark.parametrize("day", NEW_YEARS)
def test_the_lunar_year_begins_when_it_was_published_to(day: str) -> None:
    found = lunar(date.fromisoformat(day))
    assert found is not None
    assert (found.month, found.day, found.is_leap) == (1, 1, False)


def test_2033_has_a_leap_eleventh_month() -> None:
    found = lunar(date(2033, 12, 22))
    assert found is not None
    assert (found.month, found.is_leap) == (11, True)


@pytest.mark.parametrize(
    ("birthday", "year", "days"),
    [
        (Birthday("solar", 2, 29), 2025, ["2025-02-28"]),
        (Birthday("solar", 2, 29, feb29="mar1"), 2025, ["2025-03-01"]),
        (Birthday("solar", 2, 29, feb29="mar1"), 2024, ["2024-02-29"]),
        (Birthday("solar", 2, 29), 2100, ["2100-02-28"]),
        (Birthday("lunar", 12, 30), 2025, ["2026-02-16"]),  # that month ends on the 29th
        (Birthday("lunar", 6, 15), 2025, ["2025-07-09"]),
        (Birthday("lunar", 6, 15, leap_rule="leap"), 2025, ["2025-08-08"]),
        (Birthday("lunar", 6, 15, leap_rule="both"), 2025, ["2025-07-09", "2025-08-08"]),
        (Birthday("lunar", 6, 15, leap_rule="leap"), 2026, ["2026-07-28"]),
        (Birthday("lunar", 12, 8, year_shift=1), 2026, ["2026-01-26"]),
    ],
)
def test_days_of_a_year(birthday: Birthday, year: int, days: list[str]) -> None:
    assert [day.isoformat() for day in days_of(birthday, year)] == days


CHOICES = st.fixed_dictionaries(
    {
        "leap_rule": st.sampled_from(["first", "leap", "both"]),
        "feb29": st.sampled_from(["feb28", "mar1"]),
    }
)
BORN = st.dates(date(1950, 1, 1), date(2012, 12, 31))


@given(born=BORN, calendar=st.sampled_from(["solar", "lunar"]), choices=CHOICES)
def test_both_ways_of_asking_agree(born: date, calendar: str, choices: dict[str, str]) -> None:
    """The days of a year (asked of the birthday) are the days it is found on (asked of the day)."""
    birthday = of(born, calendar, **choices)
    for year in (2024, 2025, 2026, 2033):
        days = days_of(birthday, year)
        around = window(min(days) - timedelta(days=40), max(days) + timedelta(days=40))
        found = [p for p in probes(around, twice=True) if found_by(p, birthday)]
        assert [probe.on for probe in found] == days
        assert {probe.year + birthday.year_shift for probe in found} == {year}
        greeted = [probe.on for probe in probes(around) if found_by(probe, birthday)]
        assert greeted == days[:1]


@given(born=BORN)
def test_a_change_of_calendar_keeps_the_number_of_birthdays(born: date) -> None:
    """The n-th solar and the n-th lunar birthday bear the same year, and are neighbours."""
    assert (
        days_of(of(born, "lunar"), born.year)[0]
        <= born
        <= days_of(of(born, "lunar", leap_rule="both"), born.year)[-1]
    )
    for year in (born.year + 20, born.year + 31):
        one, other = days_of(of(born, "solar"), year)[0], days_of(of(born, "lunar"), year)[0]
        assert abs((one - other).days) <= 50


@given(born=BORN, calendar=st.sampled_from(["solar", "lunar"]), since=st.dates(
    date(2000, 1, 1), date(2060, 1, 1)))  # fmt: skip
def test_the_next_day_is_within_a_year_and_a_month(born: date, calendar: str, since: date) -> None:
    found = next_day(of(born, calendar), since)
    assert found is not None
    assert since <= found <= since + timedelta(days=400)


def test_every_celebrated_year_has_its_day_for_a_century() -> None:
    """No birthday of any rule is ever missed or doubled, 1950 to 2050."""
    birthdays = [
        of(date(1949, 12, 31) + timedelta(days=37 * number), "lunar", leap_rule=rule)
        for number in range(12)
        for rule in ("first", "leap", "both")
    ]
    found: Counter[tuple[int, int]] = Counter()
    for probe in probes(window(date(1952, 1, 1), date(2050, 12, 31))):
        for number, birthday in enumerate(birthdays):
            if found_by(probe, birthday):
                found[number, probe.year + birthday.year_shift] += 1
    assert set(found.values()) == {1}
    for number in range(len(birthdays)):
        years = sorted(year for which, year in found if which == number)
        assert years == list(range(years[0], years[0] + len(years)))
        assert len(years) >= 98


def test_a_birth_before_the_known_years_is_kept_by_the_solar_calendar() -> None:
    assert kept(date(1899, 5, 5), "lunar").calendar == "solar"


ROSTER = {
    # date: (solar, born 29 February, lunar, of these moved from the 30th)
    "2024-02-29": (3, 0, 1, 0),
    "2025-01-28": (3, 0, 7, 5),
    "2025-07-09": (2, 0, 2, 0),
    "2025-08-08": (0, 0, 0, 0),
    "2025-12-31": (3, 0, 1, 0),
    "2026-01-01": (3, 0, 4, 0),
    "2026-01-13": (4, 0, 4, 0),
    "2026-02-16": (6, 0, 9, 5),
    "2026-02-17": (2, 0, 3, 0),
    "2026-02-28": (4, 5, 2, 0),
    "2026-03-01": (9, 5, 1, 0),
    "2026-05-01": (3, 0, 4, 0),
}


@pytest.mark.shared
@pytest.mark.parametrize("day", ROSTER)
def test_birthdays_of_the_real_roster(shared: Path, day: str) -> None:
    on = date.fromisoformat(day)
    text = (shared / "data/call-centre/花名册.csv").read_bytes().decode("gb18030")
    counts: Counter[str] = Counter()
    for row in csv.DictReader(text.splitlines()):
        left = row["离职日期"]
        if row["入职日期"] > day or (left and left < day):
            continue
        calendar = {"公历": "solar", "农历": "lunar"}[row["生日历法"]]
        choice = "feb28" if on.month == 2 else "mar1"
        birthday = of(date.fromisoformat(row["出生日期"]), calendar, feb29=choice)
        if not any(found_by(probe, birthday) for probe in probes([on])):
            continue
        is_leap_day = calendar == "solar" and (birthday.month, birthday.day) == (2, 29)
        moved = calendar == "lunar" and birthday.day == 30 and lunar(on).day == 29  # type: ignore[union-attr]
        if is_leap_day and on != date(2024, 2, 29):
            counts["leap day"] += 1
        else:
            counts[calendar] += 1
        counts["moved"] += moved
    assert (counts["solar"], counts["leap day"], counts["lunar"], counts["moved"]) == ROSTER[day]
