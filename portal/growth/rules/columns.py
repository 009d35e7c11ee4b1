"""What a column of a performance sheet is: told by its name, or as HR once said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.sheets import (
    Cell,
    Doubt,
    Header,
    ShareRule,
    Table,
    as_number,
    as_seconds,
    as_share,
    as_whole,
    find_header,
    header,
)
from portal.growth.models import SheetMapping


class Total(StrEnum):
    """How the row of totals holds a column."""

    SUM = "sum"
    BY_CALLS = "by_calls"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Field:
    """A figure: its column's usual names, how a cell is read, how its total is made.

    slack: how far the total may be off, by rounding in the sheet.
    """

    key: str
    names: tuple[str, ...]
    total: Total
    slack: float
    read: Callable[[Cell, ShareRule], Any]
    is_share: bool = False


def _count(most: int) -> Callable[[Cell, ShareRule], Any]:
    return lambda cell, _rule: as_whole(cell, 0, most)


def _score(most: float) -> Callable[[Cell, ShareRule], Any]:
    def read(cell: Cell, _rule: ShareRule) -> Any:
        number = as_number(cell)
        if isinstance(number, Doubt):
            return number
        return float(number) if 0 <= number <= most else Doubt("out_of_range", "")

    return read


def _seconds(cell: Cell, _rule: ShareRule) -> Any:
    seconds = as_seconds(cell)
    if isinstance(seconds, int) and seconds > 36_000:
        return Doubt("out_of_range", "")
    return seconds


def _share(cell: Cell, rule: ShareRule) -> Any:
    share = as_share(cell, rule)
    if isinstance(share, Doubt):
        offer = None if share.offer is None else float(share.offer)
        return Doubt(share.reason_code, share.text, share.fatal, offer)
    return float(share)


STAFF_NO = ("工号", "员工工号", "员工编号", "人员编号", "Staff number", "Staff no", "Employee ID")
NAME = ("姓名", "员工姓名", "Name")
KNOWN_OTHERS = ("班组", "部门", "站点", "序号", "备注", "Team", "Site")
FIELDS = (
    Field("calls", ("接通量", "人工接通量", "接听量", "Calls"),
          Total.SUM, 0.5, _count(10**6)),
    Field("talk_seconds", ("平均通话时长", "平均处理时长", "AHT", "Talk time"),
          Total.BY_CALLS, 1.01, _seconds),
    Field("satisfaction_share", ("满意度%", "满意度", "客户满意度", "Satisfaction"),
          Total.MEAN, 0.0002, _share, is_share=True),
    Field("quality_score", ("质检分", "质检得分", "质检成绩", "Quality"),
          Total.MEAN, 0.06, _score(100)),
    Field("first_resolution_share",
          ("一次解决率", "首次解决率", "一次性解决率", "First resolution"),
          Total.MEAN, 0.0002, _share, is_share=True),
    Field("complaints", ("投诉数", "投诉量", "投诉", "Complaints"),
          Total.SUM, 0.5, _count(10**4)),
    Field("praises", ("表扬数", "表扬量", "客户表扬", "Praise"),
          Total.SUM, 0.5, _count(10**4)),
    Field("attendance_days", ("出勤天数", "出勤", "Attendance"),
          Total.SUM, 0.5, _score(31)),
    Field("late_times", ("迟到次数", "迟到", "Late"),
          Total.SUM, 0.5, _count(1000)),
)  # fmt: skip
BY_KEY = {field.key: field for field in FIELDS}
ALL_NAMES = tuple(
    name for names in (STAFF_NO, NAME, KNOWN_OTHERS, *(f.names for f in FIELDS)) for name in names
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a sheet are. places: by key of FIELDS, and `staff_no`, `name`."""

    table: Table
    header: Header
    signature: str
    places: dict[str, int]

    @property
    def missing(self) -> list[Field]:
        """The figures for which no column was found."""
        return [field for field in FIELDS if field.key not in self.places]

    @property
    def unused(self) -> list[int]:
        """Columns with a name that nobody understands."""
        known = {name.casefold() for name in KNOWN_OTHERS}
        return [
            index
            for index, name in enumerate(self.header.names)
            if name
            and index not in self.places.values()
            and self.header.leaves[index].casefold() not in known
        ]


def signature_of(found: Header) -> str:
    """The header's own mark: the same names in the same order are the same kind of sheet."""
    return hashlib.sha256("\0".join(found.names).encode("utf-8", "surrogatepass")).hexdigest()


def columns_of(table: Table) -> Columns | None:
    """The columns of a table; None when it has no header with a name that we know."""
    index = find_header(table, ALL_NAMES)
    if index is None:
        return None
    found = header(table, index)
    signature = signature_of(found)
    places: dict[str, int] = {}
    for key, names in (("staff_no", STAFF_NO), ("name", NAME), *((f.key, f.names) for f in FIELDS)):
        column = found.column(*names)
        if column is not None and column not in places.values():
            places[key] = column
    remembered = session().scalar(
        select(SheetMapping.columns).where(SheetMapping.signature == signature)
    )
    for key, name in (remembered or {}).items():
        column = found.column(name) if name else None
        places.pop(key, None)
        if column is not None:
            places = {k: c for k, c in places.items() if c != column} | {key: column}
    return Columns(table, found, signature, places)


def remember_columns(by: Viewer | None, found: Columns, chosen: dict[str, str]) -> None:
    """Keep what HR said about this header's columns. chosen: key → column name, "" for none."""
    row = session().scalar(select(SheetMapping).where(SheetMapping.signature == found.signature))
    if row is None:
        row = SheetMapping(signature=found.signature)
        session().add(row)
    row.columns = dict(chosen)
    row.saved_by_id, row.saved_at = by.id if by else None, clock.now()
    session().flush()
