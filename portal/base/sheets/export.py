"""Tables for other people's programs. What a person typed never becomes a formula or a link."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from portal.base import clock

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST = 32_767
MOST_ROWS = 1_048_576
BATCH = 500
Value = str | int | float | bool | Decimal | date | datetime | None


def defused(text: str) -> str:
    """`text` as no spreadsheet takes for a formula: with an apostrophe before a telling start."""
    return "'" + text if text.startswith(FORMULA_STARTS) and text.strip() else text


def _as_text(value: object) -> str:  # noqa: PLR0911 (a list of cases)
    if value is None:
        return ""
    if isinstance(value, str):
        return defused(value.replace("\0", ""))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        local = clock.local(value) if value.tzinfo else value
        return local.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    return defused(str(value).replace("\0", ""))


def write_csv(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The rows as CSV that Excel opens rightly: UTF-8 with BOM, CRLF, formulas defused.

    Numbers given as numbers stay so, also negative ones.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    for number, row in enumerate(rows, start=1):
        writer.writerow([_as_text(value) for value in row])
        if number % BATCH == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an .xlsx: its title, its width in characters, and how numbers in it look.

    number_format: Excel's, such as `0.0%`; None leaves it to Excel.
    """

    title: str
    width: float = 14
    number_format: str | None = None


def write_xlsx(
    path: Path,
    columns: Sequence[Column | str],
    rows: Iterable[Sequence[object]],
    *,
    sheet: str = "Sheet1",
) -> int:
    """Write a workbook of one sheet, row by row in constant memory; answers how many rows of data.

    Texts stay texts: never formulas, links or numbers. Raises ValueError past Excel's last row.
    """
    from xlsxwriter import Workbook

    options = {
        "constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False,
        "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": True,
    }  # fmt: skip
    count = 0
    with Workbook(str(path), options) as book:
        book.set_properties({"created": clock.now().replace(tzinfo=None)})
        page = _Page(book, sheet, [Column(c) if isinstance(c, str) else c for c in columns])
        for count, row in enumerate(rows, start=1):
            page.write(count, row)
    return count


class _Page:
    def __init__(self, book: object, name: str, columns: Sequence[Column]) -> None:
        from xlsxwriter import Workbook

        assert isinstance(book, Workbook)  # noqa: S101
        self.sheet = book.add_worksheet(_sheet_name(name))
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.formats = [
            book.add_format({"num_format": c.number_format}) if c.number_format else None
            for c in columns
        ]
        bold = book.add_format({"bold": True, "bottom": 1})
        for index, column in enumerate(columns):
            self.sheet.set_column(index, index, column.width)
            self.sheet.write_string(0, index, column.title, bold)
        self.sheet.freeze_panes(1, 0)

    def write(self, number: int, row: Sequence[object]) -> None:
        if number >= MOST_ROWS:
            raise ValueError("a sheet of Excel has 1,048,576 rows and no more")
        for index, value in enumerate(row):
            self._cell(number, index, value)

    def _cell(self, row: int, column: int, value: object) -> None:
        sheet = self.sheet
        form = self.formats[column] if column < len(self.formats) else None
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, datetime):
            local = clock.local(value).replace(tzinfo=None) if value.tzinfo else value
            sheet.write_datetime(row, column, local, form or self.moment)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, form or self.day)
        elif isinstance(value, int | float | Decimal) and -(10**15) < value < 10**15:
            sheet.write_number(row, column, value, form)
        else:
            text = str(value).replace("\0", "")
            text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
            sheet.write_string(row, column, text)


def _sheet_name(name: str) -> str:
    kept = "".join("_" if sign in "[]:*?/\\" or ord(sign) < 32 else sign for sign in name)
    return kept.strip("'")[:31] or "Sheet1"
