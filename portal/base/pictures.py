"""Numbers turned into drawing coordinates: small pictures drawn by the server as SVG.

Everything here is pure. Lengths are in the units of the picture's own viewBox; y grows downwards,
as SVG counts. A missing value is None and leaves a gap: it is never drawn as zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

PAD_X = 6.0
PAD_Y = 8.0
NARROWEST = 320  # px: a picture on a phone, where the words under the columns must still fit


class Point(NamedTuple):
    """A place in the picture."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A row of values as a line.

    path, area: SVG path data, empty when there is nothing to join. alone: values without a
    neighbour, drawn as dots. last: where the latest value lies. low, high, latest: in the unit of
    the values. gaps: places in the row that have no value. table: (label, value) for readers.
    """

    width: int
    height: int
    points: tuple[Point | None, ...]
    path: str = ""
    area: str = ""
    alone: tuple[Point, ...] = ()
    last: Point | None = None
    low: float | None = None
    high: float | None = None
    latest: float | None = None
    gaps: tuple[int, ...] = ()
    table: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: its rectangle, the middle of its foot, the word under it."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Bars:
    """A row of values as columns that stand on (or hang from) `base`."""

    width: int
    height: int
    base: float
    round: float
    bars: tuple[Bar, ...] = ()
    high: float | None = None
    table: tuple[tuple[str, float | None], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Ring:
    """A share as part of a circle: the lengths of its filled and its empty arc."""

    size: int
    middle: float
    radius: float
    stroke: float
    filled: float
    rest: float


def _known(values: Sequence[float | None]) -> list[float]:
    return [float(value) for value in values if value is not None and math.isfinite(value)]


def _table(
    values: Sequence[float | None], labels: Sequence[str]
) -> tuple[tuple[str, float | None], ...]:
    """Labels beside values; without labels there is no table, since it would say nothing."""
    return tuple(zip(labels, values, strict=True)) if labels else ()


def _runs(points: Sequence[Point | None]) -> list[list[Point]]:
    """The stretches of points between gaps."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _path(run: Sequence[Point]) -> str:
    return "M" + "L".join(f"{point.x:g} {point.y:g}" for point in run)


def line(
    values: Sequence[float | None],
    width: int = 280,
    height: int = 80,
    labels: Sequence[str] = (),
    *,
    low: float | None = None,
    high: float | None = None,
) -> Line:
    """The line through `values`, oldest first, in a picture of `width` by `height`.

    `low` and `high` widen the scale (never narrow it), so that two pictures can be compared.
    Equal values lie in the middle. Raises ValueError when labels and values differ in number.
    """
    clean = [value if value is not None and math.isfinite(value) else None for value in values]
    table, known = _table(clean, labels), _known(clean)
    gaps = tuple(place for place, value in enumerate(clean) if value is None)
    if not known:
        return Line(width, height, (None,) * len(clean), gaps=gaps, table=table)
    bottom = min([*known, *([low] if low is not None else [])])
    top = max([*known, *([high] if high is not None else [])])
    step = (width - 2 * PAD_X) / max(len(clean) - 1, 1)
    room = height - 2 * PAD_Y
    span = top / 2 - bottom / 2  # halved before subtracting: two enormous values do not overflow

    def place(at: int, value: float) -> Point:
        share = (value / 2 - bottom / 2) / span if span else 0.5
        x = PAD_X + at * step if len(clean) > 1 else width / 2
        return Point(round(x, 1), round(height - PAD_Y - share * room, 1))

    points = tuple(None if value is None else place(at, value) for at, value in enumerate(clean))
    runs = _runs(points)
    joined = [run for run in runs if len(run) > 1]
    return Line(
        width,
        height,
        points,
        path="".join(_path(run) for run in joined),
        area="".join(
            f"{_path(run)}L{run[-1].x:g} {height}L{run[0].x:g} {height}Z" for run in joined
        ),
        alone=tuple(run[0] for run in runs if len(run) == 1),
        last=next(point for point in reversed(points) if point is not None),
        low=min(known),
        high=max(known),
        latest=known[-1],
        gaps=gaps,
        table=table,
    )


def _longest_px(labels: Sequence[str]) -> float:
    """About how wide the longest label is in 12 px type, with its distance to the next."""
    widths = (sum(12.0 if ord(sign) > 0x2E7F else 6.5 for sign in word) for word in labels)
    return max(widths, default=0.0) + 1.0


def bars(
    values: Sequence[float | None],
    width: int = 560,
    height: int = 160,
    labels: Sequence[str] = (),
) -> Bars:
    """Columns for `values`, first at the left; negative ones hang below the base line.

    Zero is always on the scale, so that heights can be compared. Of many labels every second,
    third, ... is kept, so that they do not touch on a phone. Raises ValueError when labels and
    values differ in number.
    """
    clean = [value if value is not None and math.isfinite(value) else None for value in values]
    table, known = _table(clean, labels), _known(clean)
    room = height - 2 * PAD_Y
    top, bottom = max([0.0, *known]), min([0.0, *known])
    # largest first, so that two enormous values do not overflow
    size = max(top, -bottom) or 1.0
    span = top / size - bottom / size
    base = round(PAD_Y + (room * (top / size) / span if span else room), 1)
    slot = width / max(len(clean), 1)
    thick = round(min(slot * 0.62, 36.0), 1)
    every = math.ceil(len(clean) * _longest_px(labels) / NARROWEST) or 1
    drawn = []
    for at, value in enumerate(clean):
        tall = room * (abs(value) / size) / span if value and span else 0.0
        middle = round((at + 0.5) * slot, 1)
        drawn.append(
            Bar(
                x=round(middle - thick / 2, 1),
                y=round(base - tall if (value or 0) >= 0 else base, 1),
                width=thick,
                height=round(tall, 1),
                middle=middle,
                label=str(labels[at]) if labels and at % every == 0 else "",
                value=value,
            )
        )
    highest = max(known) if known else None
    rounding = round(min(4.0, thick / 3), 1)
    return Bars(width, height, base, rounding, tuple(drawn), highest, table)


def ring(share: float | None, size: int = 96, stroke: float = 10.0) -> Ring:
    """The arc of `share` (0 to 1; more is drawn as full, less and None as empty)."""
    part = min(max(share, 0.0), 1.0) if share is not None and math.isfinite(share) else 0.0
    radius = (size - stroke) / 2
    around = 2 * math.pi * radius
    filled = round(part * around, 1)
    return Ring(size, size / 2, radius, stroke, filled, round(around - filled, 1))
