"""Run as a process of its own: unpacks an .xlsx under hard bounds and prints its cells.

Standard library and calamine only: it is started by its path, and never imports the portal. The
file comes on standard input; the first argument is the limits as JSON. Each line printed is JSON:
`{"sheet": …}` begins a sheet, `[row, value, …]` is a row, and the last line is `{"end": true}` or
`{"refused": code, …}`. A process that dies has refused too.

All parts are inflated once, their rows and cells counted, and thrown away, before calamine sees
the file. The memory and time left to calamine then grow with the bytes that were really there: a
small file that asks for a large table (a cell at XFD1048576, one long text used a million times)
runs into that wall at once.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import struct
import sys
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from xml.etree import ElementTree

import python_calamine

MEBIBYTE = 1024 * 1024
STEP = 1 << 16
BASE_MEMORY = 128 * MEBIBYTE
MOST_MEMORY = 1024 * MEBIBYTE
MEMORY_PER_BYTE = 6
"""What calamine needs for each unpacked byte was measured as 2 to 4."""
SECONDS_TO_SCAN = 4.0
SECONDS_TO_READ = 1.5
BYTES_PER_SECOND = 12 * MEBIBYTE
OUTPUT_BASE = 4 * MEBIBYTE
MOST_SHEETS = 200
MOST_ERRORS = 20_000
SMALL_PART = 4 * MEBIBYTE
NESTED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".docx", ".pptx", ".7z", ".rar", ".gz")
OVERLAP = 2000
"""A piece is looked at together with so many bytes before it."""
RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(rb'<(?:\w{1,20}:)?c [^<>]{0,200}?r="([A-Z]{1,3})([0-9]{1,7})"')
ERROR_VALUE = re.compile(rb">(#[A-Z0-9/_]{1,18}[!?]?)</")


class Refusal(Exception):
    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def allow(memory: int, seconds: float) -> None:
    """The most memory this process may have, and the processor time left to it from now on."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)


class _Look:
    """What is seen of one part while it streams by."""

    def __init__(self, name: str, limits: dict[str, Any]) -> None:
        self.name, self.limits = name, limits
        self.is_xml = name.lower().endswith((".xml", ".rels", ".vml"))
        self.is_sheet = name.lower().startswith("xl/worksheets/")
        self.errors: dict[str, str] = {}
        self.rows = self.cells = self.looks = 0
        self.last = b""

    def at(self, piece: bytes) -> None:
        """Raises Refusal as soon as there is too much, or something that has no place here."""
        text = self.last + piece
        if self.is_xml and (b"<!DOCTYPE" in text or b"<!ENTITY" in text):
            raise Refusal("damaged")
        if self.name == "[Content_Types].xml" and b"macroEnabled" in text:
            raise Refusal("macros")
        if self.is_sheet:
            self._sheet(piece, text)
        elif self.name == "xl/sharedStrings.xml":
            self.cells += piece.count(b"<si")
        if self.cells > self.limits["cells"]:
            raise Refusal("cells")
        self.last = piece[-OVERLAP:]

    def _sheet(self, piece: bytes, text: bytes) -> None:
        if self.rows == 0:
            self._width(text)
        self.rows += piece.count(b"</row>")
        self.cells += piece.count(b"</v>") + piece.count(b"</is>")
        if self.rows > self.limits["rows"]:
            raise Refusal("rows", most=self.limits["rows"])
        at = text.find(b't="e"')
        while at >= 0 and self.looks < MOST_ERRORS:
            self.looks += 1
            self._note_error(text, at)
            at = text.find(b't="e"', at + 5)

    def _width(self, text: bytes) -> None:
        """The last filled cell of the first row: wide tables are told before they are read."""
        end = text.find(b"</row>")
        start = text.rfind(b"<c ", 0, text.rfind(b"</v>", 0, end)) if end > 0 else -1
        cell = CELL.match(text, start) if start >= 0 else None
        if cell and column_number(cell[1]) >= self.limits["columns"]:
            raise Refusal("columns", most=self.limits["columns"])

    def _note_error(self, text: bytes, at: int) -> None:
        """#N/A and its like: calamine gives an empty cell for them."""
        cell = CELL.match(text, max(0, text.rfind(b"<", max(0, at - 250), at)))
        value = ERROR_VALUE.search(text, at, at + 1500)
        if cell and value:
            spot = f"{int(cell[2])},{column_number(cell[1])}"
            self.errors[spot] = value[1].decode("ascii")


class Scan:
    """Every part of the archive, really inflated, none of it kept."""

    def __init__(self, file: BinaryIO, limits: dict[str, Any]) -> None:
        self.file, self.limits = file, limits
        self.inflated = self.rows = self.cells = 0
        self.errors: dict[str, dict[str, str]] = {}
        self.size = file.seek(0, 2)
        self._count_entries()
        file.seek(0)
        self.archive = zipfile.ZipFile(file)
        self.parts = self.archive.infolist()

    def _count_entries(self) -> None:
        """Before the list of entries is made: the end record says how long it is."""
        self.file.seek(max(0, self.size - 66_000))
        tail = self.file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < 22:
            raise Refusal("damaged")
        entries, length = struct.unpack("<HI", tail[at + 10 : at + 16])
        if entries > self.limits["entries"] or length > self.limits["entries"] * 1024:
            raise Refusal("bomb")

    def check(self) -> None:
        """Raises Refusal. Afterwards `inflated` is how much there really is."""
        self._check_names()
        if sum(part.file_size for part in self.parts) > self.limits["inflated_bytes"]:
            raise Refusal("bomb")
        if sum(part.compress_size for part in self.parts) > self.size:
            raise Refusal("bomb")
        for part in self.parts:
            self._check_part(part)

    def _check_names(self) -> None:
        names = [part.filename for part in self.parts]
        plain = [name.lower() for name in names]
        if len(set(plain)) != len(plain) or any(
            name.startswith("/") or ".." in name.split("/") or "\\" in name for name in names
        ):
            raise Refusal("damaged")
        if "xl/workbook.bin" in plain or any(
            "vbaproject" in name or "/macrosheets/" in name for name in plain
        ):
            raise Refusal("macros")
        if any(name.startswith("xl/externallinks/") for name in plain):
            raise Refusal("links")
        if "[content_types].xml" not in plain or "xl/workbook.xml" not in plain:
            raise Refusal("disguised")
        if any(name.endswith(NESTED) for name in plain):
            raise Refusal("nested")

    def _check_part(self, part: zipfile.ZipInfo) -> None:
        if part.flag_bits & 1:
            raise Refusal("encrypted")
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Refusal("damaged")
        look = _Look(part.filename, self.limits)
        actual = 0
        for piece in self._pieces(part):
            if actual == 0 and piece.startswith(b"PK\x03\x04"):
                raise Refusal("nested")
            actual += len(piece)
            self._count(part, actual, len(piece))
            look.at(piece)
        if actual != part.file_size:
            raise Refusal("damaged")
        if look.errors:
            self.errors[part.filename] = look.errors
        self.rows += look.rows
        self.cells += look.cells if look.is_sheet else 0
        if self.rows > self.limits["rows"]:
            raise Refusal("rows", most=self.limits["rows"])
        if self.cells > self.limits["cells"]:
            raise Refusal("cells")

    def _count(self, part: zipfile.ZipInfo, actual: int, step: int) -> None:
        self.inflated += step
        if self.inflated > self.limits["inflated_bytes"]:
            raise Refusal("bomb")
        if actual > self.limits["ratio_from"]:
            packed = max(1, part.compress_size)
            if actual > packed * self.limits["ratio"]:
                raise Refusal("bomb")

    def _pieces(self, part: zipfile.ZipInfo) -> Any:
        """The part's bytes as they really are, whatever its header claims."""
        self.file.seek(part.header_offset)
        head = self.file.read(30)
        if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
            raise Refusal("damaged")
        name, extra = struct.unpack("<HH", head[26:30])
        self.file.seek(part.header_offset + 30 + name + extra)
        left = part.compress_size
        inflater = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
        while left > 0:
            packed = self.file.read(min(left, STEP))
            if not packed:
                raise Refusal("damaged")
            left -= len(packed)
            if inflater is None:
                yield packed
                continue
            while packed and not inflater.eof:
                piece = inflater.decompress(packed, STEP * 4)
                packed = inflater.unconsumed_tail
                if piece:
                    yield piece
            if inflater.eof and (left or inflater.unused_data):
                raise Refusal("damaged")
        if inflater is not None:
            yield from self._rest(inflater)

    def _rest(self, inflater: Any) -> Any:
        while not inflater.eof:
            piece = inflater.decompress(inflater.unconsumed_tail, STEP * 4)
            if not piece:
                raise Refusal("damaged")
            yield piece

    def small_part(self, name: str) -> bytes:
        part = self.archive.getinfo(name)
        if part.file_size > SMALL_PART:
            raise Refusal("bomb")
        return self.archive.read(part)


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def sheets_of(scan: Scan) -> tuple[dict[str, str], bool]:
    """The part that holds each sheet, by the sheet's name; and whether days count from 1904."""
    # No entities can be here: parts with a DOCTYPE were refused.
    book = ElementTree.fromstring(scan.small_part("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(scan.small_part("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {
        link.get("Id", ""): "xl/" + link.get("Target", "").removeprefix("/xl/") for link in links
    }
    parts: dict[str, str] = {}
    epoch_1904 = False
    for node in book.iter():
        tag = node.tag.rpartition("}")[2]
        if tag == "sheet":
            parts[node.get("name", "")] = targets.get(node.get(RELATIONSHIP, ""), "")
        elif tag == "workbookPr":
            epoch_1904 = node.get("date1904", "0") in {"1", "true"}
    if len(parts) > MOST_SHEETS or len(set(parts.values())) < len(parts):
        raise Refusal("bomb")
    return parts, epoch_1904


def plain(value: Any) -> Any:
    """A cell's value as JSON has it; `[kind, value]` where JSON has no such kind."""
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, bool | float | int):
        return value
    if isinstance(value, datetime):
        return ["m", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, time):
        span = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second,
                         microseconds=value.microsecond)  # fmt: skip
        return ["t", span.total_seconds()]
    return ["t", value.total_seconds()]


class Printer:
    def __init__(self, limits: dict[str, Any], most_output: int) -> None:
        self.limits, self.left = limits, most_output
        self.rows = self.cells = 0

    def line(self, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
        self.left -= len(text)
        if self.left < 0:
            raise Refusal("cells")
        sys.stdout.write(text + "\n")

    def sheet(self, sheet: Any, facts: dict[str, Any], errors: dict[str, str]) -> None:
        top, left = sheet.start or (0, 0)
        bottom, right = sheet.end or (0, 0)
        if right >= self.limits["columns"]:
            raise Refusal("columns", most=self.limits["columns"])
        if bottom - top + 1 > 4 * self.limits["rows"]:
            raise Refusal("rows", most=self.limits["rows"])
        merges = sheet.merged_cell_ranges or []
        self.line(
            facts
            | {
                "sheet": sheet.name,
                "merges": [(a[0] + 1, a[1], b[0] + 1, b[1]) for a, b in sorted(merges)[:20_000]],
            }
        )
        by_row: dict[int, dict[int, str]] = {}
        for spot, code in errors.items():
            row, column = spot.split(",")
            by_row.setdefault(int(row), {})[int(column)] = code
        for number, values in enumerate(sheet.iter_rows(), start=1):
            # calamine begins at the first filled column, though at row 1
            self._row(number, [None] * left + values, by_row.pop(number, {}))
        for number in sorted(by_row):
            self._row(number, [], by_row[number])

    def _row(self, number: int, values: list[Any], errors: dict[int, str]) -> None:
        row = [plain(value) for value in values]
        for column, code in errors.items():
            if column < self.limits["columns"]:
                row += [None] * (column + 1 - len(row))
                row[column] = ["e", code]
        while row and (row[-1] is None or (isinstance(row[-1], str) and not row[-1].strip())):
            row.pop()
        if not row:
            return
        self.rows += 1
        self.cells += len(row)
        if self.rows > self.limits["rows"]:
            raise Refusal("rows", most=self.limits["rows"])
        if self.cells > self.limits["cells"]:
            raise Refusal("cells")
        for column, value in enumerate(row):
            if isinstance(value, str) and len(value) > self.limits["cell_length"]:
                raise Refusal("long_cell", row=number, column=column,
                              most=self.limits["cell_length"])  # fmt: skip
        self.line([number, *row])


def unpack(limits: dict[str, Any]) -> None:
    allow(BASE_MEMORY, SECONDS_TO_SCAN)
    file = open(0, "rb", closefd=False)  # noqa: SIM115
    scan = Scan(file, limits)
    scan.check()
    parts, epoch_1904 = sheets_of(scan)
    allow(
        min(MOST_MEMORY, BASE_MEMORY + scan.size + MEMORY_PER_BYTE * scan.inflated),
        SECONDS_TO_READ + scan.inflated / BYTES_PER_SECOND,
    )
    printer = Printer(limits, OUTPUT_BASE + 3 * scan.inflated)
    file.seek(0)
    book = python_calamine.CalamineWorkbook.from_filelike(file)
    for about in book.sheets_metadata:
        if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
        facts = {"hidden": hidden, "epoch_1904": epoch_1904}
        errors = scan.errors.get(parts.get(about.name, ""), {})
        printer.sheet(book.get_sheet_by_name(about.name), facts, errors)
    printer.line({"end": True})


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.reconfigure(encoding="ascii", newline="\n")  # type: ignore[union-attr]
    try:
        unpack(json.loads(sys.argv[1]))
    except Refusal as refusal:
        found = {"refused": refusal.code, **refusal.facts}
    except python_calamine.PasswordError:
        found = {"refused": "encrypted"}
    except MemoryError:
        found = {"refused": "bomb"}
    except Exception:  # whatever a hostile file makes a parser say
        found = {"refused": "damaged"}
    else:
        return 0
    sys.stdout.write("\n" + json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
