"""A performance sheet read: its month, its rows, and every doubtful cell by its address.

Pure reading: nothing is written. Whose rows they are is looked up for all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.base import clock
from portal.base.sheets import (
    Book,
    Cell,
    Doubt,
    Record,
    ShareRule,
    as_staff_no,
    records,
    share_rule,
    totals,
)
from portal.growth.models import Severity
from portal.growth.rules.columns import FIELDS, Columns, Field, Total, columns_of

EARLIEST = date(2000, 1, 1)
MONTH = re.compile(
    r"(20[0-9]{2})(?:\s*年\s*(1[0-2]|0?[1-9])\s*月|[-_./ ]?(1[0-2]|0[1-9])(?![0-9]))"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubt, at a cell or about the whole sheet."""

    severity: Severity
    code: str
    cell: Cell | None = None
    column: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class SheetRow:
    """One person's row. cells: by key of FIELDS, for the addresses of later doubts."""

    record: Record
    staff_no: str
    name: str
    figures: dict[str, Any]


@dataclass(slots=True)
class Reading:
    """All that the file itself says."""

    columns: Columns | None = None
    month: date | None = None
    rows: list[SheetRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def doubt(
        self, severity: Severity, code: str, cell: Cell | None = None, /, **facts: Any
    ) -> None:
        name = ""
        if cell is not None and self.columns is not None:
            name = self.columns.header.names[cell.column]
        self.findings.append(Finding(severity, code, cell, name, facts))


def read_sheet(book: Book, *, month: date | None = None, width: int | None = None) -> Reading:
    """Read the one table of `book` that has staff numbers. month: as typed, where the file does not
    say. width: the digits of a staff number in this house, if all have the same."""
    reading = Reading()
    reading.columns = _table(book)
    if reading.columns is None:
        reading.doubt(Severity.STOP, "no_header")
        return reading
    _find_month(reading, book, month)
    if "staff_no" not in reading.columns.places:
        reading.doubt(Severity.STOP, "no_staff_no")
        return reading
    for missing in reading.columns.missing:
        reading.doubt(Severity.ASK, "no_column", field=missing.key)
    for index in reading.columns.unused:
        reading.doubt(Severity.NOTE, "unused", name=reading.columns.header.names[index])
    _read_rows(reading, width)
    if not reading.rows and not reading.findings:
        reading.doubt(Severity.STOP, "no_rows")
    _check_totals(reading)
    return reading


def _table(book: Book) -> Columns | None:
    found = [columns for table in book.sheets if (columns := columns_of(table)) is not None]
    with_people = [columns for columns in found if "staff_no" in columns.places]
    candidates = with_people or found
    return max(candidates, key=lambda columns: len(columns.places), default=None)


def months_in(text: str) -> set[date]:
    """The months that a text names: 2025年7月, 2025-07, 202507."""
    return {date(int(match[1]), int(match[2] or match[3]), 1) for match in MONTH.finditer(text)}


def _find_month(reading: Reading, book: Book, typed: date | None) -> None:
    """The month stands in the title or in the file's name; if both say one, it is the same."""
    assert reading.columns is not None  # noqa: S101
    rows = reading.columns.table.rows
    above = [cell for row in rows[: reading.columns.header.top or 0] for cell in row]
    titled = [(cell, months_in(cell.text)) for cell in above if months_in(cell.text)]
    named = months_in(book.name)
    said = {month for _cell, months in titled for month in months} | named
    place = titled[0][0] if titled else None
    if typed is not None:
        said |= {typed}
    if not said:
        reading.doubt(Severity.STOP, "no_month")
    elif len(said) > 1:
        months = "、".join(f"{month:%Y-%m}" for month in sorted(said))
        reading.findings.append(
            Finding(Severity.STOP, "months_differ", place, facts={"months": months})
        )
    else:
        reading.month = said.pop()
        if not EARLIEST <= reading.month <= clock.today():
            shown = f"{reading.month:%Y-%m}"
            reading.findings.append(
                Finding(Severity.STOP, "month_range", place, facts={"month": shown})
            )


def _read_rows(reading: Reading, width: int | None) -> None:
    columns = reading.columns
    assert columns is not None  # noqa: S101
    found = list(records(columns.table, columns.header))
    shares = {
        f.key: share_rule(record.cell(columns.places[f.key]) for record in found)
        for f in FIELDS
        if f.is_share and f.key in columns.places
    }
    seen: dict[str, int] = {}
    for record in found:
        cell = record.cell(columns.places["staff_no"])
        number = _value(reading, cell, as_staff_no(cell, width))
        figures = {
            f.key: _figure(reading, record.cell(columns.places[f.key]), f, shares.get(f.key))
            for f in FIELDS
            if f.key in columns.places
        }
        if number is None:
            continue
        if number in seen:
            reading.doubt(Severity.STOP, "twice", cell, row=seen[number])
            continue
        seen[number] = record.row
        name = columns.places.get("name")
        text = record.cell(name).text.strip() if name is not None else ""
        reading.rows.append(SheetRow(record, number, text, figures))


def _figure(reading: Reading, cell: Cell, read: Field, rule: ShareRule | None) -> Any:
    if cell.is_empty or not cell.text.strip():
        return None
    return _value(reading, cell, read.read(cell, rule or ShareRule.FRACTION))


def _value(reading: Reading, cell: Cell, value: Any) -> Any:
    """The value of a cell; a doubt is noted, and what it offers is taken (if HR says yes)."""
    if not isinstance(value, Doubt):
        return value
    severity = Severity.STOP if value.fatal else Severity.ASK
    facts = {} if value.offer is None else {"offer": _shown(value.offer)}
    reading.doubt(severity, value.reason_code, cell, **facts)
    return None if value.fatal else value.offer


def _shown(offer: Any) -> str:
    return f"{offer:.2%}" if isinstance(offer, float) else str(offer)


def _check_totals(reading: Reading) -> None:
    """The sheet's own last row against what was read: a cut or edited sheet shows here."""
    columns = reading.columns
    assert columns is not None  # noqa: S101
    if any(finding.severity is Severity.STOP for finding in reading.findings):
        return
    rows = totals(columns.table, columns.header)
    if not rows:
        reading.doubt(Severity.NOTE, "no_totals")
    for record in rows[:1]:
        for each in FIELDS:
            if each.key not in columns.places:
                continue
            cell = record.cell(columns.places[each.key])
            stated, made = _stated(cell, each), total_of(reading.rows, each)
            if stated is not None and made is not None and abs(stated - made) > each.slack:
                reading.doubt(Severity.ASK, "total", cell, made=_round(made, each))


def _stated(cell: Cell, each: Field) -> float | None:
    """What the row of totals says; None where it says nothing that can be compared."""
    if cell.is_empty:
        return None
    number = _plain_number(cell)
    if number is not None and not each.is_share:
        return number
    is_percent = number is not None and number > 1
    value = each.read(cell, ShareRule.PERCENT if is_percent else ShareRule.FRACTION)
    return None if isinstance(value, Doubt) or value is None else float(value)


def _plain_number(cell: Cell) -> float | None:
    try:
        return float(cell.text.replace(",", ""))
    except ValueError:
        return None


def _round(value: float, each: Field) -> str:
    if each.is_share:
        return f"{value:.2%}"
    return f"{value:,.0f}" if each.total is not Total.MEAN else f"{value:,.1f}"


def total_of(rows: Iterable[SheetRow], each: Field) -> float | None:
    """What the row of totals should say: sums; talk time weighted by calls; means of the rest."""
    known = [row.figures for row in rows if row.figures.get(each.key) is not None]
    values: Sequence[float] = [figures[each.key] for figures in known]
    if each.total is Total.SUM:
        return float(sum(values))
    if not values:
        return None
    if each.total is Total.MEAN:
        return sum(values) / len(values)
    weights = [figures.get("calls") or 0 for figures in known]
    if not sum(weights):
        return None
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
