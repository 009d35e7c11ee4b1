"""Facts over time, as pure functions on spans: laying a new fact over what was known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

Facts = tuple[Any, ...]


class Span(NamedTuple):
    """Something was so from `start` up to, not including, `end` (None: still so)."""

    start: date
    end: date | None
    facts: Facts


def _before(one: date | None, other: date | None) -> bool:
    """One end lies before another; None is the far future."""
    return one is not None and (other is None or one < other)


def earlier(one: date | None, other: date | None) -> date | None:
    """The earlier of two ends."""
    return one if _before(one, other) else other


def clipped(spans: Iterable[Span], start: date, end: date | None) -> list[Span]:
    """What lies between `start` and `end`."""
    found = []
    for span in spans:
        first, last = max(span.start, start), earlier(span.end, end)
        if last is None or first < last:
            found.append(Span(first, last, span.facts))
    return found


def overlay(
    spans: Sequence[Span],
    start: date,
    end: date | None,
    change: Callable[[Facts | None], Facts | None],
) -> list[Span]:
    """The spans with `change` made to what holds between `start` and `end`.

    `change` is handed the facts so far, None in a gap, and answers the new ones, None for a gap.
    """
    found = [Span(s.start, earlier(s.end, start), s.facts) for s in spans if s.start < start]
    inside = sorted(clipped(spans, start, end))
    at: date | None = start
    for span in inside:
        if at is not None and at < span.start:
            found.append(Span(at, span.start, change(None) or ()))
        found.append(Span(span.start, span.end, change(span.facts) or ()))
        at = span.end
    if _before(at, end):
        found.append(Span(at or start, end, change(None) or ()))
    if end is not None:
        found += [
            Span(max(s.start, end), s.end, s.facts) for s in spans if s.end is None or s.end > end
        ]
    return joined(span for span in found if span.facts)


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order of time; neighbours that say the same are one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if found and found[-1].end == span.start and found[-1].facts == span.facts:
            found[-1] = found[-1]._replace(end=span.end)
        else:
            found.append(span)
    return found


def at(spans: Iterable[Span], day: date) -> Span | None:
    """What holds on `day`."""
    for span in spans:
        if span.start <= day and (span.end is None or day < span.end):
            return span
    return None


def overlap(spans: Iterable[tuple[date, date | None]]) -> bool:
    """Two of these intervals share a day."""
    ordered = sorted(spans, key=lambda span: span[0])
    return any(one[1] is None or one[1] > other[0] for one, other in pairwise(ordered))
