"""What a spreadsheet is once it has been read: a book of tables of cells, each with its address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, overload

from flask_babel import gettext as _

MEBIBYTE = 1024 * 1024


class Kind(StrEnum):
    """How the file holds a cell. Cells of a CSV file are text or empty, nothing else."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DURATION = "duration"
    BOOL = "bool"
    EMPTY = "empty"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be at most.

    file_bytes: as sent. inflated_bytes: all parts of an .xlsx unpacked. ratio: unpacked to packed,
    judged for parts over `ratio_from` bytes. cells: filled cells of all sheets. cell_length: in
    characters (Excel's own limit). seconds: of the clock, for the process that unpacks.
    """

    file_bytes: int = 20 * MEBIBYTE
    inflated_bytes: int = 192 * MEBIBYTE
    ratio: int = 100
    ratio_from: int = 8 * MEBIBYTE
    entries: int = 1000
    rows: int = 200_000
    columns: int = 500
    cells: int = 4_000_000
    cell_length: int = 32_767
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """An error value such as #N/A standing in a cell."""

    code: str


Raw = str | float | int | bool | date | datetime | timedelta | Fault | None
Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column: row numbers as in the file, columns from 0."""


@dataclass(frozen=True, slots=True)
class Place:
    """The sheet a cell is in. `sheet` is empty for CSV. epoch_1904: days are counted from 1904."""

    file: str
    sheet: str = ""
    epoch_1904: bool = False


class Cell(NamedTuple):
    """One cell. `text` is what a person sees, `raw` what the file holds.

    row: its number as Excel shows it, from 1. column: from 0; `letters` is its name.
    """

    text: str
    kind: Kind
    raw: Raw
    row: int
    column: int
    place: Place

    @property
    def letters(self) -> str:
        return column_letters(self.column)

    @property
    def was_number(self) -> bool:
        """Held as a number: zeros in front and digits after the fifteenth are lost."""
        return self.kind is Kind.NUMBER

    @property
    def is_empty(self) -> bool:
        return self.kind is Kind.EMPTY

    @property
    def address(self) -> str:
        """Where to find it: `花名册.csv · 第 5 行 · D 列`, in the reader's language."""
        spot = _("第 %(row)s 行 · %(column)s 列", row=self.row, column=self.letters)
        return " · ".join(part for part in (self.place.file, self.place.sheet, spot) if part)


Row = list[Cell]


def column_letters(column: int) -> str:
    """The name of a column counted from 0: A, B, … Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _number_text(value: float) -> str:
    """A number as Excel's General format holds it: fifteen digits, no `.0`."""
    if isinstance(value, int) and abs(value) < 10**15:
        return str(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.15g}"
    return text.replace("e", "E")


def _span_text(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"


def _seen(raw: Raw) -> tuple[str, Kind]:  # noqa: PLR0911 (a list of cases)
    """The text and the kind of a raw value."""
    if raw is None:
        return "", Kind.EMPTY
    if isinstance(raw, str):
        return raw, Kind.TEXT if raw.strip() else Kind.EMPTY
    if isinstance(raw, bool):
        return ("TRUE" if raw else "FALSE"), Kind.BOOL
    if isinstance(raw, int | float):
        return _number_text(raw), Kind.NUMBER
    if isinstance(raw, datetime):
        return raw.isoformat(" ", "seconds"), Kind.DATE
    if isinstance(raw, date):
        return raw.isoformat(), Kind.DATE
    if isinstance(raw, timedelta):
        return _span_text(raw), Kind.DURATION
    return raw.code, Kind.ERROR


class Rows(Sequence[Row]):
    """The filled rows of a table, made into cells when looked at: the file itself stays compact."""

    def __init__(self, place: Place, numbers: Sequence[int], raw: Sequence[Sequence[Raw]]) -> None:
        self._place = place
        self._numbers = numbers
        self._raw = raw
        self.width = max(map(len, raw), default=0)

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self._row(i) for i in range(*index.indices(len(self)))]
        return self._row(index)

    def __iter__(self) -> Iterator[Row]:
        return (self._row(index) for index in range(len(self._raw)))

    def _row(self, index: int) -> Row:
        values, number, place = self._raw[index], self._numbers[index], self._place
        row = [Cell(*_seen(raw), raw, number, column, place) for column, raw in enumerate(values)]
        row += [
            Cell("", Kind.EMPTY, None, number, column, place)
            for column in range(len(values), self.width)
        ]
        return row


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet. `rows` leaves out rows without any text, and each cell keeps its row's own number;
    all rows are equally wide. `name` is the sheet's, empty for CSV.
    """

    name: str
    rows: Sequence[Row]
    merges: Sequence[Merge] = ()
    hidden: bool = False

    @property
    def width(self) -> int:
        if isinstance(self.rows, Rows):
            return self.rows.width
        return max(map(len, self.rows), default=0)


@dataclass(frozen=True, slots=True)
class Book:
    """A file that was read. encoding and separator: how a CSV file was understood (else empty),
    to be shown with the preview, because some encodings cannot be told apart for certain.
    """

    name: str
    sheets: list[Table] = field(default_factory=list)
    encoding: str = ""
    separator: str = ""


def table_of(
    place: Place,
    numbered: Mapping[int, Sequence[Raw]] | Sequence[tuple[int, Sequence[Raw]]],
    merges: Sequence[Merge] = (),
    hidden: bool = False,
) -> Table:
    """A table from (row number, values) pairs."""
    pairs = list(numbered.items()) if isinstance(numbered, Mapping) else numbered
    rows = Rows(place, [number for number, _values in pairs], [values for _n, values in pairs])
    return Table(place.sheet, rows, merges, hidden)
