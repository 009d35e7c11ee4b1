"""The pictures of monthly figures. Pure: figures in, drawings and the words beside them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.base import clock
from portal.base.pictures import Line, line
from portal.base.words import language, num, percent
from portal.growth.models import FIGURES
from portal.growth.queries.figures import Figure, Medians, back

SHOWN = 12
"""Months in a picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A card with a trend: its name, the latest value, a quiet line, the drawing."""

    title: str
    tone: str
    latest: str
    quiet: str
    unit: str
    drawing: Line


def month_words(month: date, *, with_year: bool = True) -> str:
    """2025年7月, Jul 2025."""
    if language() == "zh":
        return f"{month.year}年{month.month}月" if with_year else f"{month.month}月"
    return str(format_date(month, "MMM y" if with_year else "MMM", locale="en"))


def span_words(first: date, last: date) -> str:
    """2025年7月 – 12月, Jul – Dec 2025."""
    if first == last:
        return month_words(last)
    same = first.year == last.year
    zh = language() == "zh"
    return (
        f"{month_words(first, with_year=zh or not same)} – "
        f"{month_words(last, with_year=not (same and zh))}"
    )


def talk_words(seconds: float | None) -> str:
    """3 分 23 秒."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(round(seconds), 60)
    return str(_("%(minutes)s 分 %(seconds)02d 秒", minutes=minutes, seconds=rest))


def days_words(days: float | None) -> str:
    """21, 21.5."""
    return "—" if days is None else f"{days:g}"


@dataclass(frozen=True, slots=True)
class Months:
    """Every month from the first to the last, also those without a row, with their names."""

    months: list[tuple[date, Figure | None]]
    labels: list[str]

    @property
    def rows(self) -> list[Figure]:
        return [figure for _month, figure in self.months if figure is not None]


def _filled(found: Sequence[Figure]) -> Months | None:
    """The last twelve months of `found`; None without one."""
    if not found:
        return None
    by_month = {figure.month: figure for figure in found}
    month, last = min(by_month), max(by_month)
    months = [month]
    while month < last:
        month = back(month, -1)
        months.append(month)
    months = months[-SHOWN:]
    filled = [(month, by_month.get(month)) for month in months]
    return Months(filled, [month_words(month) for month in months])


def _line(
    months: Months,
    key: str,
    *,
    times: int = 1,
    span: float = 0,
    high: float | None = None,
) -> Line:
    """The line of one figure. span: the scale shows at least so much, so that a hair's breadth of
    change does not look like a mountain. high: the scale reaches from zero to at least here."""
    known_or_none = (None if f is None else getattr(f, key) for _month, f in months.months)
    values = [None if value is None else value * times for value in known_or_none]
    known = [value for value in values if value is not None]
    if known and high is None:
        middle = (min(known) + max(known)) / 2
        return line(values, 280, 80, months.labels, low=middle - span / 2, high=middle + span / 2)
    return line(values, 280, 80, months.labels, low=0, high=high)


def of_file(found: Sequence[Figure], medians: Medians) -> list[Picture]:
    """The three pictures of the file, of the last twelve months; none without a figure."""
    months = _filled(found)
    if months is None:
        return []
    first, last = months.months[0][0], months.months[-1][0]
    span = span_words(first, last)
    if first.year != last.year and last >= back(clock.today().replace(day=1), 2):
        span = str(_("%(month)s起", month=month_words(first)))
    return [
        _satisfaction(months, span, medians),
        _calls(months, medians),
        _praise(months),
    ]


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _satisfaction(months: Months, span: str, medians: Medians) -> Picture:
    drawing = _line(months, "satisfaction_share", times=100, span=4)
    middle = medians.satisfaction_share
    team = _("班组中位 %(value)s", value=percent(middle)) if middle is not None else ""
    latest = "—" if drawing.latest is None else f"{drawing.latest:.1f}%"
    title = str(FIGURES["satisfaction_share"])
    return Picture(title, "leaf", latest, _joined(span, team), "%", drawing)


def _calls(months: Months, medians: Medians) -> Picture:
    found = months.rows
    drawing = _line(months, "calls", span=max((f.calls or 0 for f in found), default=0) * 0.5)
    talks = [figure.talk_seconds for figure in found if figure.talk_seconds is not None]
    talk = _("平均通话 %(length)s", length=talk_words(talks[-1])) if talks else ""
    middle = medians.calls
    team = _("班组中位 %(value)s", value=num(round(middle))) if middle is not None else ""
    latest = "—" if drawing.latest is None else num(int(drawing.latest))
    return Picture(str(FIGURES["calls"]), "sky", latest, _joined(talk, team), _("通"), drawing)


def _praise(months: Months) -> Picture:
    found = months.rows
    drawing = _line(months, "praises", high=6)
    total = sum(figure.praises or 0 for figure in found)
    count = _("近 %(months)s 个月共 %(count)s 次", months=len(months.months), count=num(total))
    quiet = 0
    for figure in reversed(found):
        if figure.complaints != 0:
            break
        quiet += 1
    calm = ngettext("零投诉 %(num)s 个月", "零投诉 %(num)s 个月", quiet) if quiet else ""
    latest = "—" if drawing.latest is None else num(int(drawing.latest))
    return Picture(str(FIGURES["praises"]), "sun", latest, _joined(count, calm), _("次"), drawing)


def of_figures(newest_first: Sequence[Figure]) -> list[Picture]:
    """Pictures of the figures that the file itself does not show."""
    months = _filled(newest_first)
    if months is None:
        return []
    shown = (
        ("talk_seconds", "sky", 1, _("秒"), 60),
        ("quality_score", "leaf", 1, _("分"), 12),
        ("first_resolution_share", "leaf", 100, "%", 12),
    )
    found = []
    for key, tone, times, unit, span in shown:
        drawing = _line(months, key, times=times, span=span)
        if drawing.latest is None:
            continue
        latest = talk_words(drawing.latest) if key == "talk_seconds" else f"{drawing.latest:.1f}"
        latest += "%" if times == 100 else ""
        found.append(Picture(str(FIGURES[key]), tone, latest, "", unit, drawing))
    return found
