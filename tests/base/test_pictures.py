"""Numbers turned into coordinates: nothing leaves the picture, gaps stay gaps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.pictures import bars, line, ring

NUMBERS = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=40)


@given(NUMBERS)
def test_a_line_stays_inside_its_picture(values: list[float | None]) -> None:
    picture = line(values, 200, 60)
    assert len(picture.points) == len(values)
    for point in picture.points:
        assert point is None or (0 <= point.x <= 200 and 0 <= point.y <= 60)


@given(NUMBERS)
def test_columns_stay_inside_their_picture(values: list[float | None]) -> None:
    picture = bars(values, 200, 60)
    for bar in picture.bars:
        assert bar.x >= -0.2
        assert bar.x + bar.width <= 200.2
        assert bar.y >= -0.2
        assert bar.y + bar.height <= 60.2


def test_a_larger_value_lies_higher() -> None:
    first, second = line([1, 2], 100, 50).points
    assert first
    assert second
    assert second.y < first.y
    assert first.x < second.x


def test_a_missing_value_is_a_gap_and_never_zero() -> None:
    picture = line([5, 6, None, 7], 100, 50)
    assert picture.points[2] is None
    assert picture.gaps == (2,)
    assert picture.path.count("M") == 1
    assert picture.low == 5
    assert len(picture.alone) == 1
    assert picture.alone[0] == picture.last


def test_equal_values_lie_in_the_middle() -> None:
    assert {point.y for point in line([3, 3, 3], 100, 50).points if point} == {25}


@pytest.mark.parametrize("values", [[], [None, None], [math.nan]])
def test_nothing_known_draws_nothing(values: list[float | None]) -> None:
    picture = line(values)
    assert not picture.path
    assert not picture.area
    assert picture.last is None
    assert picture.latest is None


def test_one_value_is_a_dot_in_the_middle() -> None:
    picture = line([4], 100, 50)
    assert picture.last is not None
    assert picture.last.x == 50
    assert not picture.path


def test_the_scale_can_be_widened_but_not_narrowed() -> None:
    wide, narrow = line([5, 6], 100, 50, low=0, high=10), line([5, 6], 100, 50, low=5.5, high=5.6)
    assert wide.points[0] != narrow.points[0]
    assert narrow == line([5, 6], 100, 50)


def test_values_stand_beside_their_labels() -> None:
    assert line([1, None], labels=["1月", "2月"]).table == (("1月", 1), ("2月", None))
    with pytest.raises(ValueError, match="argument"):
        line([1, 2], labels=["1月"])


def test_columns_keep_their_proportions() -> None:
    one, two = bars([10, 20], 100, 50).bars
    assert two.height == pytest.approx(2 * one.height, abs=0.2)


def test_a_negative_column_hangs_from_the_base() -> None:
    picture = bars([10, -10], 100, 50)
    up, down = picture.bars
    assert down.y == picture.base
    assert up.y + up.height == pytest.approx(picture.base, abs=0.1)


def test_many_labels_are_thinned() -> None:
    days = [str(day) for day in range(1, 32)]
    kept = [bar.label for bar in bars([1] * 31, 320, 100, days).bars if bar.label]
    assert 10 <= len(kept) <= 20
    assert kept[0] == "1"


@pytest.mark.parametrize(
    ("share", "part"), [(None, 0), (-1, 0), (0, 0), (0.25, 0.25), (1, 1), (7, 1), (math.nan, 0)]
)
def test_a_ring_is_filled_by_its_share(share: float | None, part: float) -> None:
    picture = ring(share, 96, 10)
    around = 2 * math.pi * 43
    assert picture.filled == pytest.approx(part * around, abs=0.1)
    assert picture.filled + picture.rest == pytest.approx(around, abs=0.1)


def test_twelve_months_all_keep_their_names() -> None:
    months = [f"{month}月" for month in range(1, 13)]
    assert [bar.label for bar in bars([1] * 12, 560, 160, months).bars] == months
