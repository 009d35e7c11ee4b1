"""Text tables: .csv, .tsv, .txt. The encoding by rule, the separator by counting.

Runs in the process itself. Its bound: the file is at most `file_bytes`; it is decoded line by line
and never held as one text; rows, columns and cells are counted as they come.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from flask_babel import gettext as _

from portal.base.sheets.refusals import refusal
from portal.base.sheets.tables import Book, Limits, Place, Raw, column_letters, table_of

SEPARATORS = (",", "\t", ";", "|")
SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 200_000
BLANKS = 3
"""So many times the most rows may be there when most of them are blank."""
LINE = 4_000_000
"""The longest line that is looked at, in characters: 500 cells of 8,000."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class _LongLineError(csv.Error):
    """A line that no table has."""


def read_separated(data: bytes, name: str, limits: Limits, field: str | None) -> Book:
    """Read a text table. Raises Refused."""
    encoding = encoding_of(data)
    if encoding is None:
        raise refusal("encoding", field)
    if b"\0" in data and encoding != "utf-16":
        raise refusal("not_text", field)
    separator, quoted = separator_of(data, encoding, name)
    reader = _Reader(data, encoding, limits, field)
    rows = reader.rows(separator, quoted)
    if not rows:
        raise refusal("empty", field)
    table = table_of(Place(name), rows)
    return Book(name, [table], encoding=encoding.removesuffix("-sig"), separator=separator)


def encoding_of(data: bytes) -> str | None:
    """The byte-order mark's encoding, else UTF-8 if it is that strictly, else GB18030; or None."""
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return encoding if _decodes(data, encoding) else None
    return next((e for e in ("utf-8", "gb18030") if _decodes(data, e)), None)


def _decodes(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for start in range(0, len(data), 1 << 16):
            text = decoder.decode(data[start : start + (1 << 16)])
            if encoding == "utf-16" and "\0" in text:
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    stream = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")
    while line := stream.readline(LINE):
        if len(line) == LINE and not line.endswith(("\r", "\n")):
            raise _LongLineError
        yield line


def separator_of(data: bytes, encoding: str, name: str) -> tuple[str, bool]:
    """The separator, and whether quotes quote.

    The one that cuts most rows of the first 200 into the same, largest number of columns.
    """
    sample: list[str] = []
    size = 0
    stream = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")
    while len(sample) < SAMPLE_ROWS and size < SAMPLE_CHARACTERS:
        line = stream.readline(SAMPLE_CHARACTERS)
        if not line:
            break
        sample.append(line)
        size += len(line)
    if sample and sample[0].rstrip("\r\n").lower() in {f"sep={mark}" for mark in SEPARATORS}:
        return sample[0][4], True
    best, best_score = ("\t" if name.lower().endswith(".tsv") else ","), (False, 0.0, 0)
    for mark in SEPARATORS:
        pairs, counts = _widths(sample, mark)
        widths = Counter(width for width in counts if width)
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda item: (item[1], item[0]))
        score = (pairs, round(times / sum(widths.values()), 1), width)
        if width > 1 and score > best_score:
            best, best_score = mark, score
    return best, best != "\t" or _quotes_pair(data, encoding, best)


def _widths(sample: list[str], mark: str) -> tuple[bool, list[int]]:
    """Whether the quotes pair off with this separator, and how wide it makes each row."""
    strict: list[int] = []
    try:
        for row in csv.reader(sample, delimiter=mark, strict=True):
            strict.append(len(row) if any(row) else 0)
    except csv.Error as error:
        if "unexpected end" in str(error) and len(strict) > 1:
            return True, strict  # the sample ends inside a cell
        with suppress(csv.Error):
            bare = csv.reader(sample, delimiter=mark, quoting=csv.QUOTE_NONE)
            return mark == "\t", [len(row) if any(row) else 0 for row in bare]
    return True, strict


def _quotes_pair(data: bytes, encoding: str, mark: str) -> bool:
    """Tab-separated files often hold bare quotes: then they are signs like others."""
    try:
        for _row in csv.reader(_lines(data, encoding), delimiter=mark, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _reason(error: csv.Error) -> str:
    if isinstance(error, _LongLineError):
        return "columns"
    return "long_cell" if "field limit" in str(error) else "quotes"


class _Reader:
    def __init__(self, data: bytes, encoding: str, limits: Limits, field: str | None) -> None:
        self.data, self.encoding, self.limits, self.field = data, encoding, limits, field

    def rows(self, separator: str, quoted: bool) -> list[tuple[int, list[Raw]]]:
        """The filled rows with their numbers. Raises Refused."""
        reader = csv.reader(
            _lines(self.data, self.encoding),
            delimiter=separator,
            strict=True,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        )
        kept: list[tuple[int, list[Raw]]] = []
        seen: dict[str, str] = {}
        cells = 0
        number = 0
        try:
            for number, values in enumerate(reader, start=1):
                while values and not values[-1].strip():
                    values.pop()
                if not values or (number == 1 and values == ["sep="]):
                    if number > BLANKS * self.limits.rows:
                        raise refusal("rows", self.field, most=self.limits.rows)
                    continue
                cells += len(values)
                self._refuse_excess(number, values, len(kept) + 1, cells)
                kept.append((number, [seen.setdefault(v, v) if len(v) < 24 else v for v in values]))
                if len(seen) > 100_000:
                    seen.clear()
        except csv.Error as error:
            code = _reason(error)
            place = _("第 %(row)s 行", row=number + 1)
            most = self.limits.cell_length
            if code == "columns":
                most = self.limits.columns
            raise refusal(code, self.field, row=number + 1, place=place, most=most) from error
        return kept

    def _refuse_excess(self, number: int, values: list[str], rows: int, cells: int) -> None:
        limits = self.limits
        if rows > limits.rows:
            raise refusal("rows", self.field, most=limits.rows)
        if len(values) > limits.columns:
            raise refusal("columns", self.field, most=limits.columns)
        if cells > limits.cells:
            raise refusal("cells", self.field)
        for column, value in enumerate(values):
            if len(value) > limits.cell_length:
                place = _(
                    "第 %(row)s 行 · %(column)s 列", row=number, column=column_letters(column)
                )
                raise refusal("long_cell", self.field, place=place, most=limits.cell_length)
