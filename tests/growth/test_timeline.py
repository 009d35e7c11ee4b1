"""The moments of a life, and how long it has been: pure functions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.room import FileEntry
from portal.growth.queries.career import Career, Span, Step, service_length
from portal.growth.queries.figures import back, last_whole_month
from portal.growth.queries.timeline import ON_A_PAGE, anniversary, moments, page_of

DAY = date(2026, 3, 10)


def span(since: date, until: date | None = None, staff_no: str = "1") -> Span:
    return Span(staff_no, since, until, "正式", False)


def step(since: date, title: str, unit: str = "一班", **facts: Any) -> Step:
    usual = {"until": None, "grade": "", "shift": "", "change": "", "document_no": ""}
    return Step(1, "1", since, title=title, unit=unit, **(usual | facts))


@pytest.fixture(autouse=True)
def _context(app: Any) -> Any:
    with app.test_request_context("/"):
        yield


def told(career: Career) -> list[tuple[str, str, str]]:
    return [
        (entry.day.isoformat(), entry.title, entry.text) for entry in moments(career, [], [], DAY)
    ]


def test_a_career_with_a_promotion_and_a_move() -> None:
    found = told(
        Career(
            (span(date(2023, 3, 1)),),
            (
                step(date(2023, 3, 1), "见习客服代表"),
                step(date(2023, 6, 1), "客服代表", change="转正"),
                step(date(2024, 6, 1), "组长", change="晋升", document_no="7 号"),
                step(date(2025, 6, 1), "组长", "二班"),
                step(date(2025, 9, 1), "组长", "二班", grade="四星"),
                step(date(2026, 9, 1), "班长", "二班", change="竞聘"),
            ),
        )
    )
    assert found == [
        ("2026-03-01", "在这里满 3 年", ""),
        ("2025-09-01", "评为 四星", ""),
        ("2025-06-01", "来到 二班", "二班"),
        ("2024-06-01", "晋升 · 组长", "原任 客服代表 · 7 号"),
        ("2024-03-01", "在这里满 1 年", ""),
        ("2023-06-01", "转正 · 客服代表", "原任 见习客服代表"),
        ("2023-03-01", "入职", "见习客服代表 · 一班"),
    ], "what is decided for later is not told yet"


def test_leaving_and_coming_back() -> None:
    found = told(
        Career(
            (span(date(2020, 1, 1), date(2021, 1, 1), "1"), span(date(2025, 1, 1), None, "2")),
            (),
        )
    )
    assert [line[:2] for line in found] == [
        ("2026-01-01", "在这里满 1 年"),
        ("2025-01-01", "回到家园"),
        ("2020-12-31", "离职"),
        ("2020-01-01", "入职"),
    ]


@pytest.mark.parametrize(
    ("spans", "months"),
    [
        ([span(date(2022, 11, 10))], 40),
        ([span(date(2022, 11, 11))], 40),
        ([span(date(2022, 11, 12))], 39),
        ([span(date(2026, 3, 10))], 0),
        ([span(date(2020, 1, 1), date(2021, 1, 1)), span(date(2025, 3, 11), None, "2")], 24),
        ([span(date(2020, 1, 1), date(2020, 1, 16)), span(date(2026, 2, 23), None, "2")], 1),
        # a change of contract does not end the service
        ([span(date(2022, 1, 31), date(2023, 5, 5)), span(date(2023, 5, 5), None)], 49),
        ([span(date(2027, 1, 1))], 0),
    ],
)
def test_years_of_service(spans: list[Span], months: int) -> None:
    assert service_length(Career(tuple(spans), ()), DAY).months == months


@given(st.lists(st.dates(date(2020, 1, 1), date(2020, 3, 1)), max_size=60))
def test_pages_hold_each_moment_once(days: list[date]) -> None:
    found = sorted(
        (FileEntry(day, "sky", str(number)) for number, day in enumerate(days)),
        key=lambda entry: entry.day,
        reverse=True,
    )
    shown, before = page_of(found, None)
    seen = list(shown)
    while before is not None:
        assert len(shown) >= ON_A_PAGE
        shown, before = page_of(found, before)
        seen += shown
    assert seen == found


def test_months_around_the_new_year() -> None:
    assert back(date(2026, 1, 1), 1) == date(2025, 12, 1)
    assert back(date(2026, 1, 1), -12) == date(2027, 1, 1)
    assert last_whole_month(date(2026, 1, 30)) == date(2025, 12, 1)
    assert last_whole_month(date(2026, 1, 31)) == date(2026, 1, 1)
    assert last_whole_month(date(2024, 2, 29)) == date(2024, 2, 1)


def test_a_leap_day() -> None:
    assert anniversary(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert anniversary(date(2024, 2, 29), 4) == date(2028, 2, 29)
