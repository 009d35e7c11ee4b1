"""The moments of a working life, out of positions, honours and what other rooms add. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.base.room import FileEntry
from portal.growth.models import LEVELS
from portal.growth.queries.career import Career, Span, Step
from portal.growth.queries.honours import HonourLine

CHANGES: dict[str, tuple[str, Any]] = {
    "入职": ("leaf", _l("入职")),
    "转正": ("leaf", _l("转正")),
    "晋升": ("sun", _l("晋升")),
    "竞聘": ("sun", _l("竞聘上岗")),
    "平调": ("sky", _l("平调")),
    "调动": ("sky", _l("调动")),
    "降级": ("plain", _l("降级")),
}
"""The tone and the name of each kind of change of position."""

MILESTONES = (1, 3, 5, 10, 15, 20, 25, 30, 35, 40)
ON_A_PAGE = 12


def change_name(change: str) -> str:
    """A kind of change in the reader's language; unknown ones as they were written."""
    return str(CHANGES[change][1]) if change in CHANGES else change


def moments(
    career: Career, honours: Sequence[HonourLine], more: Iterable[FileEntry], day: date
) -> list[FileEntry]:
    """All moments up to `day`, newest first."""
    found = [*_service(career, day), *_steps(career, day), *_awards(honours), *more]
    return sorted(
        (entry for entry in found if entry.day <= day), key=lambda entry: entry.day, reverse=True
    )


def page_of(found: Sequence[FileEntry], before: date | None) -> tuple[list[FileEntry], date | None]:
    """A page of moments before a day, and the day before which the next page begins. The moments of
    one day stay together."""
    rest = [entry for entry in found if before is None or entry.day < before]
    if len(rest) <= ON_A_PAGE:
        return rest, None
    last = rest[ON_A_PAGE - 1].day
    shown = [entry for entry in rest if entry.day >= last]
    return shown, last if len(shown) < len(rest) else None


def _service(career: Career, day: date) -> Iterator[FileEntry]:
    periods = career.periods()
    for number, span in enumerate(periods):
        first = next((s for s in career.steps if s.since == span.since), None)
        text = " · ".join(part for part in (first.title, first.unit) if part) if first else ""
        title = _("入职") if number == 0 else _("回到家园")
        yield FileEntry(span.since, "leaf", title, text)
        if span.until is not None and span.until <= day:
            yield FileEntry(span.until - timedelta(days=1), "plain", _("离职"))
    if periods:
        yield from _anniversaries(periods[-1], day)


def _anniversaries(span: Span, day: date) -> Iterator[FileEntry]:
    end = min(day, span.until - timedelta(days=1)) if span.until else day
    for years in MILESTONES:
        when = anniversary(span.since, years)
        if when > end:
            return
        title = ngettext("在这里满 %(num)s 年", "在这里满 %(num)s 年", years)
        yield FileEntry(when, "plum", title)


def anniversary(since: date, years: int) -> date:
    """The day `years` later; for 29 February in a common year, 1 March."""
    try:
        return since.replace(year=since.year + years)
    except ValueError:
        return date(since.year + years, 3, 1)


def _steps(career: Career, day: date) -> Iterator[FileEntry]:
    starts = {span.since for span in career.periods()}
    before: dict[int, Step] = {}
    for step in career.steps:
        last = before.get(step.employment_id)
        before[step.employment_id] = step
        if last is None and step.since in starts:
            continue  # told by the moment of joining
        entry = _step(step, last)
        if entry is not None and step.since <= day:
            yield entry


def _step(step: Step, last: Step | None) -> FileEntry | None:
    """A change of position: what it was called, what it was before, by which document."""
    moved = last is not None and last.unit != step.unit
    renamed = last is None or last.title != step.title
    regraded = last is not None and last.grade != step.grade and bool(step.grade)
    tone, title = "sky", ""
    if step.change and step.change != "入职":
        tone = CHANGES.get(step.change, ("sky", ""))[0]
        title = f"{change_name(step.change)} · {step.title}"
    elif renamed:
        title = _("任 %(title)s", title=step.title)
    elif moved:
        title = _("来到 %(unit)s", unit=step.unit)
    elif regraded:
        tone, title = "sun", _("评为 %(grade)s", grade=step.grade)
    if not title:
        return None
    parts = []
    if last is not None and renamed:
        parts.append(_("原任 %(title)s", title=last.title))
    if moved or last is None:
        parts.append(step.unit)
    parts.append(step.document_no)
    return FileEntry(step.since, tone, title, " · ".join(part for part in parts if part))


def _awards(honours: Sequence[HonourLine]) -> Iterator[FileEntry]:
    for honour in honours:
        level = str(LEVELS[honour.level])
        if honour.is_collective:
            whose = _("%(unit)s集体", unit=honour.unit)
            parts = (whose, honour.issuer, level, honour.document_no)
        else:
            parts = (honour.issuer, level, honour.document_no, "")
        tone = "plum" if honour.is_collective else "rose"
        text = " · ".join(part for part in parts if part)
        yield FileEntry(honour.awarded_on, tone, honour.name, text)
