"""Workbooks: an .xlsx is unpacked by a process of its own (`unpack.py`), under hard bounds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from flask_babel import gettext as _

from portal.base.sheets.refusals import refusal
from portal.base.sheets.tables import Book, Fault, Limits, Place, Raw, column_letters, table_of

UNPACK = Path(__file__).with_name("unpack.py")


def read_workbook(content: bytes | Path, name: str, limits: Limits, field: str | None) -> Book:
    """Read an .xlsx. Raises Refused."""
    builder = _Builder(name)
    with _unpacking(content, limits) as lines, suppress(ValueError):  # a line cut off in the middle
        for line in lines:
            if line.strip():
                builder.take(json.loads(line))
    if builder.refused is not None:
        raise _refused(builder.refused, field)
    if not builder.complete:
        raise refusal("bomb", field)  # stopped by one of its bounds
    if not any(sheet.rows for sheet in builder.book.sheets):
        raise refusal("empty", field)
    return builder.book


def _refused(found: dict[str, Any], field: str | None) -> Exception:
    code = found.pop("refused")
    if code == "long_cell":
        letters = column_letters(found.pop("column"))
        found["place"] = _("第 %(row)s 行 · %(column)s 列", row=found.pop("row"), column=letters)
    return refusal(code, field, **found)


@contextmanager
def _unpacking(content: bytes | Path, limits: Limits) -> Iterator[IO[str]]:
    """The lines that the unpacking process prints; it is ended at the latest after `seconds`."""
    with _opened(content) as file:
        process = subprocess.Popen(  # noqa: S603 (our own file, no shell, no name from outside)
            [sys.executable, "-I", str(UNPACK), json.dumps(asdict(limits))],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            env={},
            close_fds=True,
        )
    guard = threading.Timer(limits.seconds, process.kill)
    guard.daemon = True
    guard.start()
    try:
        with process:
            assert process.stdout is not None  # noqa: S101
            try:
                yield process.stdout
            finally:
                process.kill()
    finally:
        guard.cancel()


@contextmanager
def _opened(content: bytes | Path) -> Iterator[IO[bytes]]:
    if isinstance(content, Path):
        with content.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as aside:
        aside.write(content)
        aside.seek(0)
        yield aside


class _Builder:
    """Puts the lines together. The last line alone says that all of it came."""

    def __init__(self, name: str) -> None:
        self.book = Book(name)
        self.complete = False
        self.refused: dict[str, Any] | None = None
        self._head: dict[str, Any] | None = None
        self._rows: list[tuple[int, list[Raw]]] = []
        self._seen: dict[str, str] = {}

    def take(self, line: Any) -> None:
        if isinstance(line, list):
            self._rows.append((line[0], [self._value(value) for value in line[1:]]))
            return
        if "refused" in line:
            self.refused = line
        self._close_sheet()
        self._head = line if "sheet" in line else None
        self.complete = line.get("end", False)

    def _value(self, value: Any) -> Raw:
        if isinstance(value, str):
            if len(self._seen) > 100_000:
                self._seen.clear()
            return self._seen.setdefault(value, value)
        if not isinstance(value, list):
            return value  # type: ignore[no-any-return]
        kind, inner = value
        if kind == "m":
            return datetime.fromisoformat(inner)
        if kind == "d":
            return date.fromisoformat(inner)
        return timedelta(seconds=inner) if kind == "t" else Fault(inner)

    def _close_sheet(self) -> None:
        if self._head is None:
            return
        place = Place(self.book.name, self._head["sheet"], self._head["epoch_1904"])
        merges = [(a, b, c, d) for a, b, c, d in self._head["merges"]]
        self.book.sheets.append(table_of(place, self._rows, merges, self._head["hidden"]))
        self._rows = []
