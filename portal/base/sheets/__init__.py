"""Reading and writing other people's spreadsheets. Knows no noun of the house.

Reading: `read` gives a `Book` of `Table`s, or raises `Refused` with a sentence. Then `find_header`,
`header`, `records` find the columns, and the `as_…` parsers turn one cell into one value, or into a
`Doubt` that says in words what is unclear. Nothing is guessed. Writing: `write_csv`, `write_xlsx`.
"""

from __future__ import annotations

from portal.base.sheets.days import FOREVER, as_day, as_month
from portal.base.sheets.doubts import Doubt, as_text
from portal.base.sheets.export import Column, write_csv, write_xlsx
from portal.base.sheets.header import (
    Header,
    Record,
    find_header,
    header,
    is_totals,
    records,
    totals,
)
from portal.base.sheets.identity import as_national_id, as_staff_no, birth_of, national_id_check
from portal.base.sheets.numbers import (
    ShareRule,
    as_number,
    as_seconds,
    as_share,
    as_whole,
    share_rule,
)
from portal.base.sheets.reading import read
from portal.base.sheets.refusals import refusal
from portal.base.sheets.tables import Book, Cell, Kind, Limits, Place, Table, column_letters

__all__ = [
    "FOREVER", "Book", "Cell", "Column", "Doubt", "Header", "Kind", "Limits", "Place", "Record",
    "ShareRule", "Table", "as_day", "as_month", "as_national_id", "as_number", "as_seconds",
    "as_share", "as_staff_no", "as_text", "as_whole", "birth_of", "column_letters", "find_header",
    "header", "is_totals", "national_id_check", "read", "records", "refusal", "share_rule",
    "totals", "write_csv", "write_xlsx",
]  # fmt: skip
