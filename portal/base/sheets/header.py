"""Where the columns' names stand, and which rows under them are data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.base.forms import clean
from portal.base.sheets.tables import Cell, Kind, Row, Table, column_letters

JOINED = " / "
DEEPEST = 40
"""The header is looked for in so many first rows."""
TOTALS = {"合计", "总计", "小计", "共计", "总和", "汇总",
          "total", "totals", "subtotal", "grandtotal", "sum"}  # fmt: skip
UNIT = re.compile(r"[((（\[【][^))）\]】]*[))）\]】]$")


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns.

    names: one a column; the levels of a double header joined, `通话 / 接通量`; empty where there is
    no name. leaves: the lowest level alone. data: index in `table.rows` of the first row below.
    """

    names: tuple[str, ...]
    leaves: tuple[str, ...]
    top: int | None
    data: int

    def column(self, *names: str) -> int | None:
        """The column called by one of these names: whole, lowest level, or without its unit."""
        wanted = [_plain(name) for name in names]
        for read in (_plain, _without_unit):
            for labels in (self.names, self.leaves):
                found = [read(label) for label in labels]
                for name in wanted:
                    if name and name in found:
                        return found.index(name)
        return None


@dataclass(frozen=True, slots=True)
class Record:
    """A row of data under its header."""

    header: Header
    cells: Row

    @property
    def row(self) -> int:
        """The row's number in the file."""
        return self.cells[0].row

    def cell(self, column: int) -> Cell:
        return self.cells[column]

    def get(self, *names: str) -> Cell | None:
        """The cell of the column called by one of `names`; None where there is no such column."""
        column = self.header.column(*names)
        return None if column is None else self.cells[column]


def _plain(name: str) -> str:
    return re.sub(r"\s+", "", clean(name)).casefold()


def _without_unit(name: str) -> str:
    return _plain(UNIT.sub("", clean(name)))


def find_header(table: Table, known_names: Iterable[str]) -> int | None:
    """The index in `table.rows` of the (upper) header row: the one with the most known names.

    None where no row has two of them (one, if only one is known): a file without a header.
    """
    known = {_plain(name) for name in known_names} - {""}
    best, most = None, min(2, len(known)) - 1
    for index in range(min(DEEPEST, len(table.rows))):
        found = header(table, index)
        labels = zip(found.names, found.leaves, strict=True)
        score = sum(
            bool(known & {_plain(name), _plain(leaf), _without_unit(leaf)}) for name, leaf in labels
        )
        if score > max(most, 0):
            best, most = index, score
    return best


def header(table: Table, index: int | None) -> Header:
    """The header whose upper row is `table.rows[index]`. None: columns are named by letters."""
    if index is None:
        letters = tuple(column_letters(column) for column in range(table.width))
        return Header(letters, letters, None, 0)
    levels = [table.rows[index + step] for step in range(_depth(table, index))]
    upper = [_spread(table, row, levels[-1]) for row in levels[:-1]]
    names: list[str] = []
    leaves: list[str] = []
    for column, cell in enumerate(levels[-1]):
        parts: list[str] = []
        for text in [*(level[column] for level in upper), _one_line(cell.text)]:
            if text and text not in parts:
                parts.append(text)
        names.append(JOINED.join(parts))
        leaves.append(parts[-1] if parts else "")
    return Header(tuple(names), tuple(leaves), index, index + len(levels))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", clean(text))


def _depth(table: Table, index: int) -> int:
    """How many rows the header has: by its merged cells, else by how two rows fill each other."""
    row = table.rows[index]
    if not row:
        return 1
    number = row[0].row
    tall = [merge[2] for merge in table.merges if merge[0] == number and merge[2] > number]
    if tall:
        bottom = max(tall)
        below = [r for r in table.rows[index + 1 : index + 4] if r[0].row <= bottom]
        return 1 + len(below)
    if index + 1 >= len(table.rows):
        return 1
    return 2 if _is_double(row, table.rows[index + 1]) else 1


def _is_double(upper: Row, lower: Row) -> bool:
    """Two levels without merged cells: the lower row fills the gaps of the upper one's groups."""
    above = [not cell.is_empty for cell in upper]
    below = [not cell.is_empty for cell in lower]
    if sum(above) < 2 or not all(a or b for a, b in zip(above, below, strict=True)):
        return False
    alone = sum(a and not b for a, b in zip(above, below, strict=True))
    gaps = sum(b and not a for a, b in zip(above, below, strict=True))
    words = all(
        cell.kind is Kind.TEXT and not any(sign.isdigit() for sign in cell.text)
        for cell in lower
        if not cell.is_empty
    )
    return bool(alone and gaps and words)


def _spread(table: Table, row: Row, lowest: Row) -> list[str]:
    """An upper level's texts, each over all the columns of its group."""
    texts = [_one_line(cell.text) for cell in row]
    number = row[0].row
    wide = [m for m in table.merges if m[0] <= number <= m[2]]
    for first_row, first, _last_row, last in wide:
        if first_row == number:
            for column in range(first + 1, min(last, len(texts) - 1) + 1):
                texts[column] = texts[column] or texts[first]
    if not wide:
        group = ""
        for column, text in enumerate(texts):
            group = text if text else group
            if not text and not lowest[column].is_empty:
                texts[column] = group
    return texts


def is_totals(row: Row) -> bool:
    """A row of sums: its first text is 合计 or a word like it."""
    first = next((cell.text for cell in row if not cell.is_empty), "")
    return _plain(first).rstrip(":：") in TOTALS


def records(table: Table, found: Header) -> Iterator[Record]:
    """The rows of data: below the header, without totals and without the header said again."""
    for row in _below(table, found):
        if not is_totals(row) and not _is_header_again(row, found):
            yield Record(found, row)


def totals(table: Table, found: Header) -> list[Record]:
    """The rows of sums below the header, to be compared with what was read."""
    return [Record(found, row) for row in _below(table, found) if is_totals(row)]


def _below(table: Table, found: Header) -> Iterator[Row]:
    for index in range(found.data, len(table.rows)):
        yield table.rows[index]


def _is_header_again(row: Row, found: Header) -> bool:
    if found.top is None:
        return False
    texts = [_one_line(cell.text) for cell in row]
    return texts == list(found.leaves) or texts == list(found.names)
