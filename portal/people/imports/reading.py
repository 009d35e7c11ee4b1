"""From cells to facts: each row of the file as typed values, every doubtful cell named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

from flask_babel import gettext as _

from portal.base.errors import Refused
from portal.base.sheets import (
    FOREVER,
    Book,
    Cell,
    Doubt,
    Header,
    Place,
    Record,
    Table,
    as_day,
    as_national_id,
    as_staff_no,
    as_text,
    birth_of,
    find_header,
    header,
    records,
)
from portal.base.sheets import Kind as CellKind
from portal.people.imports.findings import Findings
from portal.people.imports.mapping import NEEDED, Kind, Mapping, Source
from portal.people.models import Severity

NUMBERS = {"staff_no", "superior"}
LENGTHS = {
    "name": 80, "gender": 10, "ethnicity": 40, "phone": 40, "email": 200, "education": 40,
    "contract": 40, "site": 80, "department": 80, "team": 80, "title": 80, "grade": 20,
    "shift": 40, "unit": 80, "code": 60, "status": 20, "birth_calendar": 20, "national_id": 40,
}  # fmt: skip
MEANINGS = {
    "status": {"active", "on_leave", "left"},
    "birth_calendar": {"solar", "lunar"},
}
"""Fields with a closed list of meanings: a mapping's `values` lead there."""
DECISIVE = {
    "staff_no", "name", "national_id", "since", "last_day", "status", "unit", "from", "to",
    "code", "starts", "ends",
}  # fmt: skip
"""Without these the row cannot be used; other doubtful cells are named and left as they were."""
MOST_CACHED = 50_000
ERROR_VALUE = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)")
"""A CSV file holds Excel's error values as text."""


@dataclass(slots=True)
class Line:
    """A row of the file. values: what was read; a field that is not there says nothing.

    texts: what its cells say, a field each; the cells themselves are made again when named.
    """

    row: int
    texts: tuple[str, ...]
    reader: Reader
    values: dict[str, Any] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """The file has a column for this field."""
        return name in self.reader.places

    def cell(self, name: str) -> Cell | None:
        """The cell of this field, for its address and what it says."""
        return self.reader.cell(self, name)

    def get(self, name: str) -> Any:
        return self.values.get(name)

    @property
    def label(self) -> str:
        """Whom the row is about, for people."""
        return " ".join(str(self.values[k]) for k in ("staff_no", "name") if self.values.get(k))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The table of a book that a mapping reads, with its header."""

    table: Table
    header: Header

    @property
    def names(self) -> tuple[str, ...]:
        return self.header.names


def sheet_of(book: Book, mapping: Mapping | None) -> Sheet:
    """The sheet to read: the first that has the mapping's header."""
    filled = [table for table in book.sheets if table.rows]
    tables = [table for table in filled if not table.hidden] or filled
    if not tables:
        raise Refused(_("文件是空的，里面没有一行内容。"), "file")
    if mapping is not None and not mapping.has_header:
        return Sheet(tables[0], header(tables[0], None))
    for table in tables:
        known = mapping.known_names() if mapping is not None else _first_row(table)
        top = find_header(table, known)
        if top is not None:
            return Sheet(table, header(table, top))
    raise Refused(_("没有找到表头：里面没有这份对应关系认得的列名。"), "file")


def _first_row(table: Table) -> list[str]:
    """The names of the first row that looks like a header: the widest of the first few."""
    rows = table.rows[: min(10, len(table.rows))]
    widest = max(rows, key=lambda row: sum(not cell.is_empty for cell in row))
    return [cell.text for cell in widest if not cell.is_empty]


class Reader:
    """Reads the rows of one sheet by one mapping."""

    def __init__(self, sheet: Sheet, mapping: Mapping, findings: Findings) -> None:
        self.sheet, self.mapping, self.findings = sheet, mapping, findings
        self.places: dict[str, list[int]] = {}
        for name, source in mapping.columns.items():
            found = source.columns(sheet.header, sheet.table.width)
            if None not in found:
                self.places[name] = [column for column in found if column is not None]
            elif name in NEEDED[mapping.kind]:
                raise Refused(_("文件里没有“%(name)s”这一列。", name=_shown(source)), "file")
        self._known: dict[tuple[str, str], Any] = {}
        self.place: Place = sheet.table.rows[0][0].place

    def lines(self) -> Iterator[Line]:
        """The rows, those that cannot be used among them (their numbers are in `fatal_rows`)."""
        for record in records(self.sheet.table, self.sheet.header):
            cells = self._cells(record)
            line = Line(record.row, tuple(cell.text for cell in cells.values()), self)
            for name, cell in cells.items():
                self._read(line, name, cell)
            if self.mapping.kind is Kind.PEOPLE:
                self._compare(line)
            yield line

    def cell(self, line: Line, name: str) -> Cell | None:
        """A cell of a line, made again from what it said."""
        if name not in self.places:
            return None
        text = line.texts[list(self.places).index(name)]
        kind = CellKind.TEXT if text.strip() else CellKind.EMPTY
        return Cell(text, kind, text, line.row, self.places[name][0], self.place)

    def _cells(self, record: Record) -> dict[str, Cell]:
        cells = {}
        for name, columns in self.places.items():
            cell = record.cell(columns[0])
            source = self.mapping.columns[name]
            if len(columns) > 1:
                texts = [record.cell(column).text.strip() for column in columns]
                text = source.glue.join(part for part in texts if part)
                cell = cell._replace(text=text, raw=text)
            if source.after:
                cell = cell._replace(text=cell.text.rpartition(source.after)[2])
            cells[name] = cell
        return cells

    def _read(self, line: Line, name: str, cell: Cell) -> None:
        if cell.is_empty:
            if name in NEEDED[self.mapping.kind]:
                self._doubt(line, name, cell, lambda: Doubt("empty", _("这一格是空的。")))
            else:
                line.values[name] = None
            return
        key = (name, cell.text)
        if isinstance(cell.raw, str) and key in self._known:
            line.values[name] = self._known[key]
            return
        value = self._parse(name, cell)
        if isinstance(value, Doubt):
            self._doubt(line, name, cell, lambda: self._parse(name, cell))
            return
        line.values[name] = value
        if isinstance(cell.raw, str) and len(self._known) < MOST_CACHED:
            self._known[key] = value

    def _doubt(self, line: Line, name: str, cell: Cell, again: Callable[[], Any]) -> None:
        severity = Severity.FATAL if name in DECISIVE else Severity.DOUBT
        self.findings.cell(
            severity, again().reason_code, lambda: again().text,
            cell=cell, field=name, label=line.label,
        )  # fmt: skip

    def _parse(self, name: str, cell: Cell) -> Any:
        parse = PARSERS.get(name)
        if parse is not None:
            return parse(cell)
        if name in NUMBERS:
            return as_staff_no(cell, self.mapping.staff_no_width)
        if name == "national_id" and self.mapping.is_cn_id:
            return as_national_id(cell)
        text = _text(cell, LENGTHS[name])
        if isinstance(text, Doubt):
            return text
        if not text and name in NEEDED[self.mapping.kind]:
            return Doubt("empty", _("这一格是空的。"))
        return self._meaning(name, text) if text else None

    def _meaning(self, name: str, text: str) -> str | Doubt:
        known = self.mapping.values.get(name)
        meant = text if known is None else known.get(text)
        if meant is None or meant not in MEANINGS.get(name, {meant}):
            options = "、".join(known or sorted(MEANINGS.get(name, ())))
            says = _("不认得“%(value)s”；认得的是：%(options)s。", value=text, options=options)
            return Doubt("unknown_value", says)
        return meant

    def _compare(self, line: Line) -> None:
        """Cells of one row that contradict one another."""
        values = line.values
        born, national_id = values.get("birth_date"), values.get("national_id")
        if self.mapping.is_cn_id and born and national_id and birth_of(national_id) != born:
            inside = birth_of(national_id)
            self.findings.cell(
                Severity.FATAL, "birth_against_id",
                lambda: _("出生日期和身份证号里的 %(day)s 不一致。", day=inside),
                cell=line.cell("birth_date"), field="birth_date", label=line.label,
            )  # fmt: skip
        since, last_day = values.get("since"), values.get("last_day")
        if since and last_day and last_day < since:
            self.findings.cell(
                Severity.FATAL, "leaves_before_coming", lambda: _("离职日期早于入职日期。"),
                cell=line.cell("last_day"), field="last_day", label=line.label,
            )  # fmt: skip
        if values.get("status") == "left" and not last_day and "last_day" in values:
            self.findings.cell(
                Severity.FATAL, "left_without_day", lambda: _("写着已离职，却没有离职日期。"),
                cell=line.cell("last_day"), field="last_day", label=line.label,
            )  # fmt: skip


def _shown(source: Source) -> str:
    if source.number is not None:
        return str(source.number)
    return " / ".join(source.names) or " + ".join(_shown(part) for part in source.parts)


def _day(cell: Cell) -> Any:
    day = as_day(cell)
    return None if day in FOREVER else day


def _text(cell: Cell, most: int) -> str | Doubt:
    if ERROR_VALUE.fullmatch(cell.text):
        return Doubt("error_value", _("这一格是公式的错误值 %(value)s。", value=cell.text))
    return as_text(cell, most)


def _time(cell: Cell) -> time | Doubt:
    if isinstance(cell.raw, timedelta):
        seconds = round(cell.raw.total_seconds()) % 86_400
        return time(seconds // 3600, seconds % 3600 // 60)
    match = re.fullmatch(TIME, cell.text.strip())
    if match:
        return time(int(match[1]), int(match[2]))
    return Doubt(
        "not_a_time", _("“%(value)s”不是时刻。请写成 07:30 的样子。", value=cell.text[:40])
    )


TIME = r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]+)?)?"
PARSERS: dict[str, Callable[[Cell], Any]] = {
    **dict.fromkeys(("birth_date", "since", "last_day", "from", "to"), _day),
    **dict.fromkeys(("starts", "ends"), _time),
}
